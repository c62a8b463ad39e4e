//! Random claims beside a model that adds everything up anew.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;

use super::steps::Bench;
use super::steps::NOW;
use super::steps::claim;
use super::steps::host;
use super::steps::inventories;
use crate::inventory::CandidateSearch;
use crate::inventory::Inventory;
use crate::inventory::Wish;

const HOSTS: u64 = 4;
const CLASSES: [&str; 2] = ["VCPU", "MEMORY_MB"];

#[derive(Clone, Debug)]
enum Step {
    Claim(u64, Vec<(u64, usize, u64)>),
    Release(u64),
    Shrink(u64, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wanted = vec((0..HOSTS, 0..CLASSES.len(), 1_u64..7), 0..4);
    vec(
        prop_oneof![
            6 => (0_u64..8, wanted).prop_map(|(consumer, wanted)| Step::Claim(consumer, wanted)),
            1 => (0_u64..8).prop_map(Step::Release),
            1 => (0..HOSTS, 1_u32..20).prop_map(|(host, total)| Step::Shrink(host, total)),
            1 => Just(Step::Release(0)),
        ],
        1..60,
    )
}

/// How much each consumer has of what, by host.
type Model = BTreeMap<u64, BTreeMap<(u64, usize), u64>>;

fn used(model: &Model, host: u64, class: usize) -> u64 {
    model.values().filter_map(|taken| taken.get(&(host, class))).sum()
}

struct Beside {
    bench: Bench,
    model: Model,
    rules: BTreeMap<u64, Inventory>,
}

impl Beside {
    fn new() -> Self {
        let rules = Inventory {
            reserved: 2,
            allocation_ratio: 1.5,
            ..Inventory::of(10)
        };
        let mut bench = Bench::default();
        for number in 0..HOSTS {
            bench.with_host(number, &CLASSES.map(|class| (class, rules)));
        }
        Self {
            bench,
            model: Model::new(),
            rules: (0..HOSTS).map(|number| (number, rules)).collect(),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Claim(consumer, wanted) => self.claim(*consumer, wanted),
            Step::Release(consumer) => {
                let plan = self.bench.ledger.plan_release(&consumer.to_string(), NOW);
                let released = self.bench.make(plan).is_ok();
                assert_eq!(
                    released,
                    self.model.remove(consumer).is_some_and(|taken| !taken.is_empty())
                );
            }
            Step::Shrink(number, total) => {
                let rules = Inventory::of(*total);
                self.rules.insert(*number, rules);
                let stock = inventories(&CLASSES.map(|class| (class, rules)));
                let plan =
                    self.bench
                        .ledger
                        .plan_set_inventories(&host(*number).to_string(), None, stock, NOW);
                self.bench.make(plan).unwrap();
            }
        }
    }

    /// Taken if, with everything in its place, nothing is over that was not more over before.
    fn claim(&mut self, consumer: u64, wanted: &[(u64, usize, u64)]) {
        let taken: BTreeMap<_, _> = wanted
            .iter()
            .map(|(host, class, amount)| ((*host, *class), *amount))
            .collect();
        let mut after = self.model.clone();
        after.insert(consumer, taken.clone());
        let fits = taken.keys().all(|(host, class)| {
            let (before, now) = (used(&self.model, *host, *class), used(&after, *host, *class));
            now <= before || self.rules[host].holds(now)
        });
        let list: Vec<_> = taken
            .iter()
            .map(|((number, class), amount)| (host(*number), CLASSES[*class], *amount))
            .collect();
        let made = self.bench.claim(&[claim(&consumer.to_string(), &list)]);
        assert_eq!(made.is_ok(), fits, "{consumer} {wanted:?}: {made:?}");
        if fits {
            self.model = after;
        }
    }

    fn candidates(&self, class: usize, amount: u64) -> Vec<u64> {
        let wish = Wish {
            resources: vec![(CLASSES[class].to_owned(), amount)],
            ..Wish::default()
        };
        let search = CandidateSearch {
            groups: vec![(String::new(), wish)],
            ..CandidateSearch::default()
        };
        let found = self.bench.ledger.candidates(&search).unwrap();
        let number = |name: &str| name.strip_prefix("host ").unwrap().parse().unwrap();
        found
            .providers
            .iter()
            .map(|provider| number(provider.name()))
            .collect()
    }
}

proptest! {
    #[test]
    fn sums_refusals_and_candidates_are_those_of_the_model(steps in steps()) {
        let mut beside = Beside::new();
        for step in &steps {
            beside.step(step);
            for number in 0..HOSTS {
                for (index, class) in CLASSES.iter().enumerate() {
                    prop_assert_eq!(beside.bench.used(host(number), class), used(&beside.model, number, index));
                }
            }
            let rules = &beside.rules;
            let fits = |number: &u64| rules[number].holds(used(&beside.model, *number, 0) + 3);
            prop_assert_eq!(beside.candidates(0, 3), (0..HOSTS).filter(fits).collect::<Vec<_>>());
        }
        let all: u64 = beside.bench.ledger.usage("p", None, &crate::inventory::Kinds::Together)
            .values().flat_map(|usage| usage.resources.values()).sum();
        prop_assert_eq!(all, beside.model.values().flat_map(BTreeMap::values).sum::<u64>());
    }

    #[test]
    fn generations_only_rise_and_a_refusal_leaves_them(steps in steps()) {
        let mut beside = Beside::new();
        let generations = |beside: &Beside| -> Vec<u64> {
            (0..HOSTS).map(|number| beside.bench.ledger.provider(&host(number).to_string()).unwrap().generation()).collect()
        };
        for step in &steps {
            let (before, commits) = (generations(&beside), beside.bench.history.len());
            beside.step(step);
            let after = generations(&beside);
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after));
            if beside.bench.history.len() == commits {
                prop_assert_eq!(before, after);
            }
        }
    }
}

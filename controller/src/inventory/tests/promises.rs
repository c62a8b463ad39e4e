//! Promises live and die with their claims, and groups know who is in them and where.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::prop_assert_eq;
use proptest::prop_oneof;
use proptest::proptest;

use super::steps::Bench;
use super::steps::NOW;
use super::steps::claim;
use super::steps::host;
use crate::inventory::Affinity;
use crate::inventory::Claim;
use crate::inventory::GroupPromise;
use crate::inventory::Inventory;
use crate::inventory::LimitsPromise;
use crate::inventory::NearPromise;
use crate::inventory::Promises;
use crate::inventory::Refusal;
use crate::inventory::Uuid;
use crate::store::Change;
use crate::store::Outcome;

const HOSTS: u64 = 3;

fn member(name: &str, affinity: Affinity) -> GroupPromise {
    GroupPromise {
        name: name.to_owned(),
        affinity,
        hard: true,
    }
}

fn near(group: Option<&str>, machine: Option<&str>) -> NearPromise {
    NearPromise {
        group: group.map(str::to_owned),
        machine: machine.map(str::to_owned),
        ..NearPromise::default()
    }
}

fn promises(groups: Vec<GroupPromise>, near: Vec<NearPromise>) -> Promises {
    Promises {
        project: "p".to_owned(),
        groups,
        near,
        policy: "balanced".to_owned(),
        ..Promises::default()
    }
}

/// A claim of one VCPU on one host.
fn promised(consumer: &str, at: Uuid, promises: Promises) -> Claim {
    Claim {
        promises: Some(promises),
        ..claim(consumer, &[(at, "VCPU", 1)])
    }
}

fn bench() -> Bench {
    let mut bench = Bench::default();
    for number in 0..HOSTS {
        bench.with_host(number, &[("VCPU", Inventory::of(5000))]);
    }
    bench
}

fn members(bench: &Bench, name: &str) -> Vec<(String, Vec<Uuid>)> {
    let known = bench.ledger.group("p", name).into_iter();
    let members = known.flat_map(crate::inventory::KnownGroup::members);
    members
        .map(|(id, providers)| (id.to_owned(), providers.to_vec()))
        .collect()
}

#[test]
fn a_claim_and_what_was_promised_with_it_are_one_transaction() {
    let bench = bench();
    let wanted = promised(
        "c",
        host(1),
        promises(
            vec![member("g", Affinity::Apart)],
            vec![near(Some("n"), Some("other"))],
        ),
    );
    let plan = bench.ledger.plan_allocate(&[wanted], NOW).unwrap();
    let changes = plan.transaction.changes.iter();
    let changed: Vec<_> = changes.map(|change| change.key.as_str()).collect();
    let provider = format!("providers/{}", host(1));
    assert_eq!(changed, ["consumers/c", "groups/p/g", "groups/p/n", &provider]);
    // That the other machine is where it is, or not there, was built on as well.
    let expected: Vec<_> = plan
        .transaction
        .expect
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    assert_eq!(
        expected,
        [
            "consumers/c",
            "consumers/other",
            "groups/p/g",
            "groups/p/n",
            &provider
        ]
    );
}

#[test]
fn whichever_way_the_last_allocation_goes_the_promises_go_in_the_same_transaction() {
    type Way = fn(&Bench) -> Result<crate::inventory::Plan<()>, Refusal>;
    let ways: [(&str, Way); 3] = [
        ("release", |bench| bench.ledger.plan_release("c", NOW)),
        ("empty claim", |bench| {
            bench.ledger.plan_allocate(&[claim("c", &[])], NOW)
        }),
        ("reshaper", |bench| {
            bench
                .ledger
                .plan_reshape(&BTreeMap::new(), &[claim("c", &[])], NOW)
        }),
    ];
    for (name, way) in ways {
        let mut bench = bench();
        let group = || vec![member("g", Affinity::Apart)];
        let watching = promises(group(), vec![near(Some("n"), Some("x"))]);
        bench.claim(&[promised("c", host(1), watching)]).unwrap();
        bench
            .claim(&[promised("d", host(2), promises(group(), Vec::new()))])
            .unwrap();
        bench.make(way(&bench)).unwrap();
        assert_eq!(members(&bench, "g"), [("d".to_owned(), vec![host(2)])], "{name}");
        assert!(bench.ledger.group("p", "n").is_none(), "{name}");
        assert!(bench.ledger.consumer("c").is_none(), "{name}");
        assert_eq!(bench.ledger.near_machine("x").count(), 0, "{name}");
        let (_, last) = bench.history.last().unwrap();
        let of = |key: &str| last.iter().find(|change| change.key == key);
        assert_eq!(
            of("groups/p/n").map(|change| change.value.is_none()),
            Some(true),
            "{name}"
        );
        assert_eq!(
            of("groups/p/g").map(|change| change.value.is_some()),
            Some(true),
            "{name}"
        );
        bench.make(bench.ledger.plan_release("d", NOW)).unwrap();
        assert!(bench.ledger.group("p", "g").is_none(), "{name}");
    }
}

#[test]
fn promises_stay_as_they_were_made_while_allocations_change() {
    let mut bench = bench();
    let made = promises(vec![member("g", Affinity::Apart)], Vec::new());
    bench.claim(&[promised("c", host(1), made.clone())]).unwrap();
    let other = promises(vec![member("h", Affinity::Together)], Vec::new());
    let moved = Claim {
        project: "q".to_owned(),
        promises: Some(other),
        ..claim("c", &[(host(2), "VCPU", 2)])
    };
    bench.claim(&[moved]).unwrap();
    assert_eq!(bench.ledger.consumer("c").unwrap().promises(), Some(&made));
    assert_eq!(members(&bench, "g"), [("c".to_owned(), vec![host(2)])]);
    assert!(members(&bench, "h").is_empty() && bench.ledger.group("q", "g").is_none());
    // More on the same host concerns nobody else.
    let plan = bench
        .ledger
        .plan_allocate(&[claim("c", &[(host(2), "VCPU", 3)])], NOW)
        .unwrap();
    assert!(
        plan.transaction
            .changes
            .iter()
            .all(|change| !change.key.starts_with("groups/"))
    );
}

#[test]
fn a_group_is_what_its_first_member_made_it_as_long_as_anybody_is_in_it() {
    let mut bench = bench();
    let with = |affinity| promises(vec![member("g", affinity)], Vec::new());
    let watching = promises(Vec::new(), vec![near(Some("g"), None)]);
    bench.claim(&[promised("w", host(0), watching)]).unwrap();
    bench
        .claim(&[promised("c", host(1), with(Affinity::Together))])
        .unwrap();
    let refused = bench.claim(&[promised("d", host(1), with(Affinity::Apart))]);
    let sentence = refused.unwrap_err().to_string();
    assert!(
        sentence.contains("group g is there already in project p, as together, as a rule"),
        "{sentence}"
    );
    bench.make(bench.ledger.plan_release("c", NOW)).unwrap();
    bench
        .claim(&[promised("d", host(1), with(Affinity::Apart))])
        .unwrap();
    assert_eq!(bench.ledger.group("p", "g").unwrap().affinity(), Affinity::Apart);
}

#[test]
fn a_group_has_at_most_a_thousand_members_which_fit_into_a_value() {
    let mut bench = bench();
    let id = |number: u128| Uuid::from_bits(number).to_string();
    let joining = |number| {
        promised(
            &id(number),
            host(1),
            promises(vec![member("g", Affinity::Together)], Vec::new()),
        )
    };
    for number in 0..1000 {
        bench.claim(&[joining(number)]).unwrap();
    }
    let (_, last) = bench.history.last().unwrap();
    let record = last.iter().find(|change| change.key == "groups/p/g").unwrap();
    assert!(record.value.as_ref().unwrap().len() < crate::store::MAX_VALUE_BYTES / 2);
    let full = bench.claim(&[joining(1000)]);
    assert!(
        matches!(full, Err(Refusal::GroupFull { most: 1000, .. })),
        "{full:?}"
    );
}

#[test]
fn a_member_that_the_ledger_does_not_know_is_looked_for_and_forgotten_only_if_it_is_not_there() {
    let mut bench = bench();
    let with = || promises(vec![member("g", Affinity::Apart)], Vec::new());
    bench.claim(&[promised("c", host(1), with())]).unwrap();
    let behind = {
        let mut ledger = crate::inventory::Ledger::new();
        for (revision, changes) in &bench.history {
            let seen: Vec<Change> = changes
                .iter()
                .filter(|change| change.key != "consumers/c")
                .cloned()
                .collect();
            ledger.apply(*revision, &seen).unwrap();
        }
        ledger
    };
    let plan = behind
        .plan_allocate(&[promised("d", host(2), with())], NOW)
        .unwrap();
    assert_eq!(bench.store.commit_now(&plan.transaction), Outcome::Conflict);
    // A release that knows no groups took it away.
    let gone = Change {
        key: "consumers/c".to_owned(),
        value: None,
    };
    let removal = crate::store::Transaction {
        expect: Vec::new(),
        changes: vec![gone],
    };
    assert!(matches!(bench.store.commit_now(&removal), Outcome::Committed(_)));
    assert!(matches!(
        bench.store.commit_now(&plan.transaction),
        Outcome::Committed(_)
    ));
    let mut after = behind;
    after
        .apply(crate::store::Revision(99), &plan.transaction.changes)
        .unwrap();
    let known = after.group("p", "g").unwrap();
    assert_eq!(known.members().map(|(id, _)| id).collect::<Vec<_>>(), ["d"]);
}

#[derive(Clone, Debug)]
enum Step {
    Claim {
        consumer: u64,
        hosts: Vec<u64>,
        groups: Vec<usize>,
        near: Vec<usize>,
        watts: bool,
    },
    Release(u64),
}

const NAMES: [&str; 3] = ["g", "h", "a/b"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let claim = (
        0_u64..6,
        vec(0..HOSTS, 0..3),
        vec(0..NAMES.len(), 0..3),
        vec(0..NAMES.len(), 0..2),
        proptest::bool::ANY,
    );
    let claim = claim.prop_map(|(consumer, hosts, groups, near, watts)| Step::Claim {
        consumer,
        hosts,
        groups,
        near,
        watts,
    });
    vec(
        prop_oneof![5 => claim, 2 => (0_u64..6).prop_map(Step::Release)],
        1..40,
    )
}

fn do_step(bench: &mut Bench, step: &Step) {
    let Step::Claim {
        consumer,
        hosts,
        groups,
        near: watched,
        watts,
    } = step
    else {
        let Step::Release(consumer) = step else { return };
        let plan = bench.ledger.plan_release(&consumer.to_string(), NOW);
        // Who has nothing has nothing to give back.
        let _ = bench.make(plan);
        return;
    };
    let names: BTreeSet<_> = groups.iter().map(|group| NAMES[*group]).collect();
    let mut promises = promises(
        names
            .into_iter()
            .map(|name| member(name, Affinity::Apart))
            .collect(),
        watched
            .iter()
            .map(|name| near(Some(NAMES[*name]), Some(&name.to_string())))
            .collect(),
    );
    promises.limits = LimitsPromise {
        power_limit_watts: watts.then_some(100.0),
        ..LimitsPromise::default()
    };
    let list: Vec<_> = hosts.iter().map(|number| (host(*number), "VCPU", 1)).collect();
    let wanted = Claim {
        promises: Some(promises),
        ..claim(&consumer.to_string(), &list)
    };
    bench.claim(&[wanted]).unwrap();
}

type Groups = BTreeMap<String, (Vec<(String, Vec<Uuid>)>, BTreeSet<String>)>;

/// All groups, by what the consumers themselves were promised.
fn by_consumers(bench: &Bench) -> Groups {
    let mut groups = Groups::new();
    let consumers: BTreeMap<_, _> = bench.ledger.consumers().collect();
    for (id, consumer) in consumers {
        let Some(promises) = consumer.promises() else {
            continue;
        };
        for group in &promises.groups {
            let members = &mut groups.entry(group.name.clone()).or_default().0;
            members.push((id.to_owned(), consumer.providers().to_vec()));
        }
        for near in promises.near.iter().filter_map(|near| near.group.clone()) {
            groups.entry(near).or_default().1.insert(id.to_owned());
        }
    }
    groups
}

fn by_records(bench: &Bench) -> Groups {
    let known = NAMES
        .iter()
        .filter_map(|name| Some((*name, bench.ledger.group("p", name)?)));
    known
        .map(|(name, known)| {
            let watchers = known.watchers().map(str::to_owned).collect();
            (name.to_owned(), (members(bench, name), watchers))
        })
        .collect()
}

proptest! {
    #[test]
    fn groups_and_indices_say_what_the_consumers_records_say(steps in steps()) {
        let mut bench = bench();
        for step in &steps {
            do_step(&mut bench, step);
            prop_assert_eq!(by_records(&bench), by_consumers(&bench));
            let all: Vec<_> = bench.ledger.consumers().collect();
            let promised = |of: &dyn Fn(&Promises) -> bool| {
                let kept = all.iter().filter(|(_, consumer)| consumer.promises().is_some_and(of));
                kept.map(|(id, _)| *id).collect::<BTreeSet<_>>()
            };
            for number in 0..NAMES.len() {
                let name = number.to_string();
                let wants = |promises: &Promises| promises.near.iter().any(|near| near.machine.as_ref() == Some(&name));
                prop_assert_eq!(bench.ledger.near_machine(&name).collect::<BTreeSet<_>>(), promised(&wants));
            }
            let bound = |promises: &Promises| promises.limits.power_limit_watts.is_some();
            prop_assert_eq!(bench.ledger.power_bound().count(), promised(&bound).len());
        }
        let mut anew = crate::inventory::Ledger::new();
        for (revision, changes) in &bench.history {
            anew.apply(*revision, changes).unwrap();
        }
        bench.ledger = anew;
        prop_assert_eq!(by_records(&bench), by_consumers(&bench));
    }
}

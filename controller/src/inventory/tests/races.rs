//! Several ledgers over one store, each behind in its own way.

use proptest::collection::vec;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;

use super::steps::Bench;
use super::steps::NOW;
use super::steps::claim;
use crate::inventory::Inventory;
use crate::inventory::Ledger;
use crate::store::Outcome;

proptest! {
    /// Who plans with what is told late is refused by the store, never believed.
    #[test]
    fn ledgers_that_are_behind_never_promise_too_much(turns in vec((0_usize..3, 0_usize..5, 1_u64..4), 1..80)) {
        let mut bench = Bench::default();
        let host = bench.with_host(1, &[("VCPU", Inventory::of(12))]);
        let mut ledgers = vec![bench.ledger.clone(); 3];
        let mut seen = [bench.history.len(); 3];
        let (mut promised, mut conflicts) = (0, 0);
        for (number, (who, heard, amount)) in turns.into_iter().enumerate() {
            follow(&mut ledgers[who], &mut seen[who], heard, &bench);
            let Ok(plan) = ledgers[who].plan_allocate(&[claim(&number.to_string(), &[(host, "VCPU", amount)])], NOW) else {
                continue;
            };
            match bench.store.commit_now(&plan.transaction) {
                Outcome::Committed(revision) => {
                    promised += amount;
                    bench.ledger.apply(revision, &plan.transaction.changes).unwrap();
                    bench.history.push((revision, plan.transaction.changes));
                }
                Outcome::Conflict => conflicts += 1,
            }
            prop_assert!(promised <= 12, "{promised} promised, {conflicts} conflicts");
            prop_assert_eq!(bench.used(host, "VCPU"), promised);
        }
    }
}

/// Hears of the next few commits, in order.
fn follow(ledger: &mut Ledger, seen: &mut usize, count: usize, bench: &Bench) {
    for (revision, changes) in bench.history.iter().skip(*seen).take(count) {
        ledger.apply(*revision, changes).unwrap();
        *seen += 1;
    }
}

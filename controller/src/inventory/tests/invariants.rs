//! What always holds.

use super::steps::Bench;
use super::steps::NOW;
use super::steps::claim;
use super::steps::inventories;
use crate::inventory::CandidateSearch;
use crate::inventory::Inventory;
use crate::inventory::Ledger;
use crate::inventory::Refusal;
use crate::inventory::Wish;
use crate::store::Change;
use crate::store::Revision;

#[test]
fn a_claim_touches_its_host_and_its_consumer_and_nothing_else() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(4)), ("MEMORY_MB", Inventory::of(64))]);
    let wanted = claim("c", &[(host, "VCPU", 1), (host, "MEMORY_MB", 8)]);
    let plan = bench.ledger.plan_allocate(&[wanted], NOW).unwrap();
    let keys: Vec<_> = plan
        .transaction
        .changes
        .iter()
        .map(|change| change.key.as_str())
        .collect();
    assert_eq!(keys, ["consumers/c", &format!("providers/{host}")]);
    assert_eq!(plan.transaction.expect.len(), 2);
}

#[test]
fn what_is_over_may_only_become_less() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    bench.claim(&[claim("c", &[(host, "VCPU", 6)])]).unwrap();
    let smaller = inventories(&[("VCPU", Inventory::of(2))]);
    let plan = bench
        .ledger
        .plan_set_inventories(&host.to_string(), None, smaller, NOW);
    bench.make(plan).unwrap();
    assert!(matches!(
        bench.claim(&[claim("c", &[(host, "VCPU", 7)])]),
        Err(Refusal::NoRoom {
            used: 0,
            capacity: 2,
            ..
        })
    ));
    bench.claim(&[claim("c", &[(host, "VCPU", 5)])]).unwrap();
    assert_eq!(bench.used(host, "VCPU"), 5);
}

#[test]
fn claims_that_are_made_together_share_the_room() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    let both = |left, right| {
        [
            claim("a", &[(host, "VCPU", left)]),
            claim("b", &[(host, "VCPU", right)]),
        ]
    };
    assert!(matches!(bench.claim(&both(4, 5)), Err(Refusal::NoRoom { .. })));
    assert_eq!(bench.used(host, "VCPU"), 0);
    bench.claim(&both(6, 2)).unwrap();
    // They change places, which needs no room in between.
    bench.claim(&both(2, 6)).unwrap();
    assert_eq!(bench.used(host, "VCPU"), 8);
}

#[test]
fn a_class_cannot_go_while_somebody_begins_to_use_it() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    let plan = bench.ledger.plan_create_class("CUSTOM_A");
    bench.make(plan).unwrap();
    let elsewhere = bench.ledger.clone();
    let plan = bench
        .ledger
        .plan_add_inventory(&host.to_string(), "CUSTOM_A", Inventory::of(1), NOW);
    bench.make(plan).unwrap();
    let late = elsewhere.plan_delete_class("CUSTOM_A").unwrap();
    assert_eq!(
        bench.store.commit_now(&late.transaction),
        crate::store::Outcome::Conflict
    );
    assert!(matches!(
        bench.ledger.plan_delete_class("CUSTOM_A"),
        Err(Refusal::WordInUse(_))
    ));
}

#[test]
fn a_name_is_given_once_even_by_two_who_do_not_see_each_other() {
    let bench = Bench::default();
    let plan = |number| {
        bench
            .ledger
            .plan_create_provider(super::steps::host(number), "same", NOW)
            .unwrap()
    };
    assert!(matches!(
        bench.store.commit_now(&plan(1).transaction),
        crate::store::Outcome::Committed(_)
    ));
    assert_eq!(
        bench.store.commit_now(&plan(2).transaction),
        crate::store::Outcome::Conflict
    );
}

#[test]
fn a_record_that_cannot_be_read_changes_nothing_and_is_named() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    let good = Change {
        key: "classes/CUSTOM_A".into(),
        value: Some(b"{\"v\":1}".to_vec()),
    };
    for bytes in ["", "{}", "{\"v\":2}", "{\"v\":1}", "[1]", "\u{0}"] {
        let bad = Change {
            key: format!("providers/{host}"),
            value: Some(bytes.into()),
        };
        let error = bench
            .ledger
            .apply(Revision(99), &[good.clone(), bad])
            .unwrap_err();
        assert_eq!(error.key, format!("providers/{host}"));
        assert!(bench.ledger.class("CUSTOM_A").is_err());
    }
    bench
        .ledger
        .apply(
            Revision(99),
            &[
                Change {
                    key: "leases/1".into(),
                    value: Some(vec![0]),
                },
                good,
            ],
        )
        .unwrap();
    assert!(bench.ledger.class("CUSTOM_A").is_ok());
}

#[test]
fn what_is_told_twice_or_late_changes_nothing() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    bench.claim(&[claim("c", &[(host, "VCPU", 3)])]).unwrap();
    for (revision, changes) in bench.history.clone() {
        bench.ledger.apply(revision, &changes).unwrap();
    }
    assert_eq!(bench.used(host, "VCPU"), 3);
    assert_eq!(bench.ledger.provider(&host.to_string()).unwrap().generation(), 2);
}

#[test]
fn a_place_is_used_again_and_nothing_of_the_old_tenant_is_left() {
    let mut bench = Bench::default();
    let first = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    let traits = ["HW_CPU_X86_VMX".to_owned()];
    let plan = bench
        .ledger
        .plan_set_traits(&first.to_string(), None, &traits, NOW);
    bench.make(plan).unwrap();
    let plan = bench
        .ledger
        .plan_set_aggregates(&first.to_string(), None, vec!["a".into()], NOW);
    bench.make(plan).unwrap();
    let plan = bench.ledger.plan_delete_provider(&first.to_string());
    bench.make(plan).unwrap();
    let second = bench.with_host(2, &[("VCPU", Inventory::of(8))]);
    assert_eq!(bench.ledger.providers.len(), 1);
    let found = |wish: Wish| {
        let search = CandidateSearch {
            groups: vec![(String::new(), wish)],
            ..CandidateSearch::default()
        };
        let found = bench.ledger.candidates(&search).unwrap().providers;
        found.iter().map(|provider| provider.uuid()).collect::<Vec<_>>()
    };
    let wish = || Wish {
        resources: vec![("VCPU".into(), 1)],
        ..Wish::default()
    };
    assert_eq!(found(wish()), [second]);
    assert_eq!(
        found(Wish {
            required: vec![traits.to_vec()],
            ..wish()
        }),
        []
    );
    assert_eq!(
        found(Wish {
            member_of: vec![vec!["a".into()]],
            ..wish()
        }),
        []
    );
}

#[test]
fn a_ledger_is_the_same_whatever_the_order_in_which_it_reads_the_store() {
    let mut bench = Bench::default();
    let host = bench.with_host(1, &[("VCPU", Inventory::of(8))]);
    let plan = bench.ledger.plan_create_class("CUSTOM_A");
    bench.make(plan).unwrap();
    let plan = bench
        .ledger
        .plan_add_inventory(&host.to_string(), "CUSTOM_A", Inventory::of(3), NOW);
    bench.make(plan).unwrap();
    bench.claim(&[claim("c", &[(host, "CUSTOM_A", 2)])]).unwrap();
    let mut last: Vec<_> = bench.history.clone();
    last.reverse();
    let mut other = Ledger::new();
    for (revision, changes) in last {
        other.apply(revision, &changes).unwrap();
    }
    let class = other.class("CUSTOM_A").unwrap();
    let stock = *other.provider(&host.to_string()).unwrap().stock(class).unwrap();
    assert_eq!((stock.used, stock.inventory.total), (2, 3));
    assert_eq!(other.consumer("c").unwrap().generation(), 1);
}

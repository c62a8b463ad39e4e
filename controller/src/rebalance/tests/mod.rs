//! Tables and properties of proposals.

mod promises;

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::Strategy;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;
use proptest::sample::select;

use super::*;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::PowerModel;
use crate::inventory::Inventory;
use crate::inventory::Stock;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Policy;
use crate::placement::Standing;

fn stock(total: u32, used: u64) -> Stock {
    Stock {
        inventory: Inventory::of(total),
        used,
    }
}

/// A host with ten CPUs, all its VCPU and memory free.
fn host(name: &str, static_watts: f64, full_load_watts: f64) -> Host {
    let facts = HostFacts {
        power_model: Fact::now(PowerModel {
            static_watts,
            full_load_watts,
        }),
        power_watts: Fact::now(static_watts),
        cpus: Fact::now(10.0),
        utilisation: Fact::now(0.5),
        grams_per_kwh: Fact::now(400.0),
        country: Fact::now("DE".to_owned()),
        ..HostFacts::default()
    };
    Host {
        name: name.into(),
        stocks: vec![
            ("VCPU".into(), stock(10, 0)),
            ("MEMORY_MB".into(), stock(1000, 0)),
        ],
        facts: Arc::new(facts),
        ..Host::default()
    }
}

fn resident(number: usize, host: usize, vcpus: u64) -> Resident {
    Resident {
        consumer: format!("c{number}"),
        host,
        resources: vec![("VCPU".to_owned(), vcpus), ("MEMORY_MB".to_owned(), vcpus * 100)],
        settled: true,
        elsewhere: Vec::new(),
        promised: None,
    }
}

/// The fleet with its residents on it.
fn inhabited(mut hosts: Vec<Host>, residents: &[Resident]) -> Fleet {
    for resident in residents {
        for (class, amount) in &resident.resources {
            let stocks = &mut hosts[resident.host].stocks;
            stocks
                .iter_mut()
                .find(|(name, _)| **name == **class)
                .unwrap()
                .1
                .used += amount;
        }
    }
    Fleet::new(hosts)
}

fn wishes(policy: &str) -> Wishes {
    Wishes {
        policy: Policy::named(policy).unwrap(),
        max_moves: 10,
        min_gain: 0.05,
        horizon_seconds: 3600.0,
        joules_per_mb: 0.5,
        leave_country: false,
    }
}

/// `consumer from>to because` for each move.
fn told(proposal: &Proposal) -> Vec<String> {
    let because = |step: &Move| match &step.because {
        Because::Leave(_) => "leave",
        Because::Promise(_) => "promise",
        Because::Better => "better",
        Because::Empty => "empty",
    };
    let moves = proposal.moves.iter();
    moves
        .map(|step| format!("{} {}>{} {}", step.consumer, step.from, step.to, because(step)))
        .collect()
}

#[test]
fn who_is_well_where_it_is_stays() {
    let residents = vec![resident(0, 0, 2), resident(1, 1, 2)];
    let fleet = inhabited(vec![host("a", 50.0, 250.0), host("b", 50.0, 250.0)], &residents);
    for policy in ["balanced", "spread", "low-latency"] {
        let proposal = propose(fleet.clone(), residents.clone(), &wishes(policy));
        assert_eq!(told(&proposal), [""; 0], "{policy}");
        assert_eq!((proposal.machines, proposal.looked_at), (2, 2));
    }
}

#[test]
fn who_has_to_leave_goes_first_and_who_cannot_is_named() {
    let residents = vec![resident(0, 0, 4), resident(1, 0, 4), resident(2, 1, 5)];
    let mut hosts = vec![host("a", 50.0, 250.0), host("b", 50.0, 250.0)];
    hosts[0].standing = Standing::Draining;
    hosts[0].traits = Arc::new(["COMPUTE_STATUS_DISABLED".to_owned()].into());
    let proposal = propose(inhabited(hosts, &residents), residents, &wishes("balanced"));
    assert_eq!(told(&proposal), ["c0 a>b leave"]);
    assert_eq!(proposal.stuck.len(), 1);
    assert_eq!(proposal.stuck[0].consumer, "c1");
    assert!(proposal.stuck[0].reason.contains("draining"));
}

#[test]
fn a_host_that_holds_more_than_it_may_gives_up_only_as_much_as_is_too_much() {
    let residents: Vec<_> = (0..4).map(|number| resident(number, 0, 3)).collect();
    let hosts = vec![host("a", 50.0, 250.0), host("b", 50.0, 250.0)];
    let mut wishes = wishes("pack");
    wishes.min_gain = 10.0;
    let proposal = propose(inhabited(hosts, &residents), residents, &wishes);
    assert_eq!(told(&proposal), ["c0 a>b leave"]);
}

#[test]
fn a_host_with_few_machines_is_emptied_where_it_may_sleep() {
    let residents = vec![
        resident(0, 0, 1),
        resident(1, 0, 1),
        resident(2, 1, 3),
        resident(3, 1, 1),
        resident(4, 1, 1),
    ];
    let hosts = || vec![host("a", 100.0, 250.0), host("b", 100.0, 250.0)];
    let fleet = inhabited(hosts(), &residents);
    // More than any of them would gain by itself.
    let wishes = |policy| Wishes {
        min_gain: 0.3,
        ..wishes(policy)
    };
    let proposal = propose(fleet.clone(), residents.clone(), &wishes("save-energy"));
    assert_eq!(told(&proposal), ["c0 a>b empty", "c1 a>b empty"]);
    let saved: f64 = proposal.moves.iter().map(|step| step.watts_saved.unwrap()).sum();
    // The static power of a; what the machines themselves draw goes with them.
    assert!((saved - 100.0).abs() < 1e-9, "{saved}");
    assert_eq!(
        told(&propose(fleet.clone(), residents.clone(), &wishes("spread"))),
        [""; 0]
    );
    let mut few = wishes("save-energy");
    few.max_moves = 1;
    assert_eq!(told(&propose(fleet.clone(), residents.clone(), &few)), [""; 0]);
    let mut unsettled = residents;
    unsettled[1].settled = false;
    let proposal = propose(fleet, unsettled, &wishes("save-energy"));
    assert!(proposal.moves.iter().all(|step| step.consumer != "c1"));
}

#[test]
fn a_machine_goes_only_where_everything_is_that_its_host_has() {
    let residents = vec![resident(0, 0, 2)];
    let hosts = |change: fn(&mut Host)| {
        let mut better = host("b", 50.0, 60.0);
        change(&mut better);
        let mut here = host("a", 500.0, 2500.0);
        here.traits = Arc::new(["HW_CPU_X86_AVX2".to_owned()].into());
        inhabited(vec![here, better], &residents)
    };
    let avx = |host: &mut Host| host.traits = Arc::new(["HW_CPU_X86_AVX2".to_owned()].into());
    let abroad = |host: &mut Host| {
        host.traits = Arc::new(["HW_CPU_X86_AVX2".to_owned()].into());
        Arc::make_mut(&mut host.facts).country = Fact::now("FR".to_owned());
    };
    let moves = |fleet, wishes: &Wishes| told(&propose(fleet, residents.clone(), wishes));
    let wishes = wishes("save-energy");
    assert_eq!(moves(hosts(|_| {}), &wishes), [""; 0]);
    assert_eq!(moves(hosts(avx), &wishes), ["c0 a>b better"]);
    assert_eq!(moves(hosts(abroad), &wishes), [""; 0]);
    let anywhere = Wishes {
        leave_country: true,
        ..wishes
    };
    assert_eq!(moves(hosts(abroad), &anywhere), ["c0 a>b better"]);
}

#[test]
fn a_dear_move_is_not_made() {
    let residents = vec![resident(0, 0, 2)];
    let fleet = inhabited(vec![host("a", 60.0, 250.0), host("b", 50.0, 200.0)], &residents);
    let mut wishes = wishes("save-energy");
    wishes.min_gain = 0.0;
    let proposal = propose(fleet.clone(), residents.clone(), &wishes);
    assert_eq!(told(&proposal), ["c0 a>b better"]);
    assert_eq!(proposal.moves[0].joules, 100.0);
    wishes.joules_per_mb = 1e6;
    assert_eq!(told(&propose(fleet, residents, &wishes)), [""; 0]);
}

#[test]
fn a_move_is_remembered_as_long_as_it_is_wanted() {
    let step = |consumer: &str, because| Move {
        consumer: consumer.to_owned(),
        from: "a".to_owned(),
        to: "b".to_owned(),
        because,
        gain: 1.0,
        cost: 0.0,
        watts_saved: None,
        grams_per_hour_saved: None,
        joules: 0.0,
    };
    let proposal = |moves| Proposal {
        moves,
        ..Proposal::default()
    };
    let both = proposal(vec![
        step("x", Because::Better),
        step("y", Because::Leave(String::new())),
    ]);
    let mut memory = Memory::default();
    assert_eq!(memory.since(&both, "p", 1000), [1000, 0]);
    assert_eq!(memory.since(&both, "q", 1010), [1010, 0]);
    assert_eq!(memory.since(&both, "p", 1100), [1000, 0]);
    assert_eq!(memory.since(&proposal(Vec::new()), "p", 1200), [0; 0]);
    assert_eq!(memory.since(&both, "p", 1300), [1300, 0]);
    assert_eq!(memory.since(&both, "p", 9000), [9000, 0]);
}

/// Hosts of all sorts, and residents that fit on them.
fn worlds() -> impl Strategy<Value = (Vec<Host>, Vec<Resident>)> {
    let standing = select(vec![
        Standing::Ready,
        Standing::Ready,
        Standing::Ready,
        Standing::Draining,
        Standing::Maintenance,
        Standing::Silent,
    ]);
    let hosts = vec(
        (
            standing,
            10.0..500.0,
            1.0..3.0,
            option::weighted(0.9, 0.0..1.0),
            50.0..800.0,
        ),
        1..7,
    );
    let residents = vec((0_usize..7, 1_u64..5, proptest::bool::weighted(0.8)), 0..20);
    (hosts, residents).prop_map(|(hosts, residents)| {
        let made = hosts.into_iter().enumerate();
        let hosts: Vec<_> = made
            .map(|(number, (standing, own, times, busy, grams))| {
                let mut made = host(&format!("h{number}"), own, own * times);
                let facts = Arc::make_mut(&mut made.facts);
                facts.utilisation = busy.map_or(Fact::Missing, Fact::now);
                facts.grams_per_kwh = Fact::now(grams);
                if busy.is_none() {
                    facts.power_model = Fact::Missing;
                }
                made.standing = standing;
                made
            })
            .collect();
        let mut free = vec![10_u64; hosts.len()];
        let made = residents.into_iter().enumerate();
        let residents = made
            .filter_map(|(number, (place, vcpus, settled))| {
                let place = place % hosts.len();
                free[place] = free[place].checked_sub(vcpus)?;
                let resident = resident(number, place, vcpus);
                Some(Resident { settled, ..resident })
            })
            .collect();
        (hosts, residents)
    })
}

proptest! {
    #[test]
    fn a_proposal_never_promises_too_much_and_every_move_for_gain_gains_more_than_it_costs(
        (hosts, residents) in worlds(),
        policy in select(Policy::names().collect::<Vec<_>>()),
        max_moves in 1_usize..12,
    ) {
        let mut fleet = inhabited(hosts, &residents);
        let wishes = Wishes { max_moves, ..wishes(policy) };
        let proposal = propose(fleet.clone(), residents.clone(), &wishes);
        prop_assert!(proposal.moves.len() <= max_moves);
        prop_assert_eq!(proposal.machines, residents.len());
        let mut moved = std::collections::BTreeSet::new();
        for step in &proposal.moves {
            let who = residents.iter().find(|resident| resident.consumer == step.consumer).unwrap();
            prop_assert!(moved.insert(&step.consumer), "{} moves twice", step.consumer);
            let (from, to) = (fleet.index(&step.from).unwrap(), fleet.index(&step.to).unwrap());
            prop_assert_eq!(from, who.host);
            prop_assert!(from != to);
            prop_assert!(fleet.hosts()[from].standing != Standing::Silent);
            prop_assert_eq!(fleet.hosts()[to].standing, Standing::Ready);
            match &step.because {
                Because::Leave(_) => prop_assert!(fleet.hosts()[from].standing != Standing::Ready),
                Because::Promise(_) => prop_assert!(false, "nobody was promised anything: {step:?}"),
                Because::Better | Because::Empty => {
                    prop_assert!(step.gain > step.cost && step.cost > 0.0, "{step:?}");
                    prop_assert!(who.settled);
                    prop_assert_eq!(fleet.hosts()[from].standing, Standing::Ready);
                }
            }
            for (host, sign) in [(from, -1.0), (to, 1.0)] {
                let mut changed = fleet.hosts()[host].clone();
                for (class, amount) in &who.resources {
                    let stock = &mut changed.stocks.iter_mut().find(|(name, _)| **name == **class).unwrap().1;
                    stock.used = if sign > 0.0 { stock.used + amount } else { stock.used - amount };
                    prop_assert!(sign < 0.0 || stock.inventory.holds(stock.used), "{step:?}");
                }
                fleet.replace(host, changed);
            }
        }
        for stuck in &proposal.stuck {
            prop_assert!(!moved.contains(&stuck.consumer));
        }
    }
}

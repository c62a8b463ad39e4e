//! Many machines at once.

use super::fleets::host;
use super::fleets::machine;
use super::fleets::request;
use super::fleets::stock;
use crate::placement::Affinity;
use crate::placement::Answer;
use crate::placement::Fleet;
use crate::placement::Group;
use crate::placement::Host;
use crate::placement::Machine;
use crate::placement::Policy;
use crate::placement::Request;
use crate::placement::Solver;
use crate::placement::decide;

fn places(answer: &Answer) -> Vec<String> {
    let chosen = answer.decisions.iter().map(|decision| decision.chosen.as_ref());
    chosen
        .map(|chosen| chosen.map_or_else(String::new, |chosen| chosen.host.to_string()))
        .collect()
}

fn sized(name: &str, vcpus: u32) -> Host {
    Host {
        stocks: vec![
            ("VCPU".into(), stock(vcpus, 0)),
            ("MEMORY_MB".into(), stock(1 << 20, 0)),
        ],
        ..host(name)
    }
}

fn grouped(affinity: Affinity, hard: bool, machines: Vec<Machine>) -> Request {
    let join = |machine| Machine {
        groups: vec!["g".to_owned()],
        ..machine
    };
    Request {
        groups: vec![Group {
            name: "g".to_owned(),
            affinity,
            hard,
            present: Vec::new(),
        }],
        ..request(machines.into_iter().map(join).collect())
    }
}

fn answer(hosts: Vec<Host>, policy: &str, request: &Request) -> Answer {
    decide(&Fleet::new(hosts), &Policy::named(policy).unwrap(), request).unwrap()
}

fn machines(count: usize, vcpus: u64) -> Vec<Machine> {
    (0..count)
        .map(|number| machine(&format!("m{number}"), vcpus))
        .collect()
}

#[test]
fn the_first_of_a_group_takes_a_host_that_can_take_all() {
    let hosts = vec![sized("small-a", 4), sized("small-b", 6), sized("large", 8)];
    let together = grouped(Affinity::Together, true, machines(4, 2));
    for policy in Policy::names() {
        assert_eq!(
            places(&answer(hosts.clone(), policy, &together)),
            ["large"; 4],
            "{policy}"
        );
    }
}

#[test]
fn members_that_want_to_be_apart_get_a_host_each_or_none() {
    let hosts: Vec<Host> = (0..3).map(|number| sized(&format!("h{number}"), 32)).collect();
    let apart = grouped(Affinity::Apart, true, machines(4, 2));
    let answer = answer(hosts, "pack", &apart);
    assert!(!answer.is_complete());
    let mut found = places(&answer);
    found.sort();
    assert_eq!(found, ["", "h0", "h1", "h2"]);
    let homeless = answer
        .decisions
        .iter()
        .find(|decision| decision.chosen.is_none())
        .unwrap();
    assert_eq!(homeless.refusals["anti_affinity"], 3);
}

#[test]
fn a_wish_of_a_group_gives_way_to_room() {
    let hosts = vec![sized("a", 4), sized("b", 4)];
    let soft = grouped(Affinity::Together, false, machines(3, 2));
    let found = answer(hosts, "balanced", &soft);
    assert!(found.is_complete());
}

#[test]
fn save_energy_wakes_as_few_hosts_as_it_can() {
    let hosts: Vec<Host> = (0..12).map(|number| sized(&format!("h{number}"), 16)).collect();
    let found = answer(hosts, "save-energy", &request(machines(16, 2)));
    assert!(found.is_complete());
    assert_eq!(found.solver, Solver::Greedy);
    let awake: std::collections::BTreeSet<String> = places(&found).into_iter().collect();
    assert_eq!(awake.len(), 2, "{awake:?}");
}

#[test]
fn a_tight_packing_is_found() {
    // Every host has to be filled to the last CPU.
    let hosts: Vec<Host> = (0..6).map(|number| sized(&format!("h{number}"), 10)).collect();
    let mut wanted = Vec::new();
    for number in 0..6 {
        for (part, vcpus) in [("a", 5), ("b", 3), ("c", 2)] {
            wanted.push(machine(&format!("m{number}{part}"), vcpus));
        }
    }
    for policy in ["pack", "spread", "balanced"] {
        let found = answer(hosts.clone(), policy, &request(wanted.clone()));
        assert!(found.is_complete(), "{policy}: {:?}", places(&found));
    }
}

//! Which host each policy chooses.

use super::fleets::delay;
use super::fleets::host;
use super::fleets::machine;
use super::fleets::request;
use super::fleets::stock;
use super::fleets::with;
use crate::facts::Fact;
use crate::facts::PowerModel;
use crate::placement::Decision;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::Policy;
use crate::placement::Raw;
use crate::placement::Target;
use crate::placement::Term;
use crate::placement::decide;

fn decided(policy: &str, hosts: Vec<Host>, machine: Machine) -> Decision {
    let policy = Policy::named(policy).unwrap();
    let mut answer = decide(&Fleet::new(hosts), &policy, &request(vec![machine])).unwrap();
    answer.decisions.remove(0)
}

fn choice(policy: &str, hosts: &[Host], machine: Machine) -> String {
    decided(policy, hosts.to_vec(), machine)
        .chosen
        .unwrap()
        .host
        .to_string()
}

fn fleet() -> Vec<Host> {
    let frugal = with(host("frugal"), |facts| {
        facts.power_model = Fact::now(PowerModel {
            static_watts: 50.0,
            full_load_watts: 130.0,
        });
        facts.grams_per_kwh = Fact::now(700.0);
    });
    let green = with(host("green"), |facts| facts.grams_per_kwh = Fact::now(30.0));
    let close = with(host("close"), |facts| {
        facts.delays.insert("peer".to_owned(), delay(0.2));
    });
    let mut full = host("full");
    full.stocks = vec![
        ("VCPU".into(), stock(16, 12)),
        ("MEMORY_MB".into(), stock(65_536, 49_152)),
    ];
    let mut empty = host("empty");
    empty.stocks = vec![
        ("VCPU".into(), stock(16, 0)),
        ("MEMORY_MB".into(), stock(65_536, 0)),
    ];
    let mut peer = with(host("peer"), |facts| {
        for (name, milliseconds) in [("frugal", 9.0), ("green", 5.0), ("full", 3.0), ("empty", 7.0)] {
            facts.delays.insert(name.to_owned(), delay(milliseconds));
        }
    });
    peer.standing = crate::placement::Standing::Maintenance;
    vec![frugal, green, close, full, empty, peer]
}

#[test]
fn each_policy_has_its_own_host() {
    let near = Machine {
        near: vec![Near {
            to: Target::Host("peer".to_owned()),
            max_delay_seconds: None,
            max_distance_meters: None,
        }],
        ..machine("m", 2)
    };
    for (policy, expected) in [
        ("save-energy", "frugal"),
        ("low-carbon", "green"),
        ("low-latency", "close"),
        ("pack", "full"),
        ("spread", "empty"),
    ] {
        assert_eq!(choice(policy, &fleet(), near.clone()), expected, "{policy}");
    }
}

#[test]
fn the_answer_has_the_predicted_watts_and_grams() {
    let decision = decided("balanced", vec![host("a")], machine("m", 2));
    let chosen = decision.chosen.unwrap();
    // A sixteenth of 200 W for each of two CPUs.
    assert_eq!(chosen.watts(), Some(25.0));
    assert!((chosen.grams_per_hour().unwrap() - 7.5).abs() < 1e-9);
    assert_eq!(decision.busy_cpus, 2.0);
    assert_eq!(chosen.term(Term::Delay).raw, Raw::NotAsked);
}

#[test]
fn a_host_that_says_nothing_is_not_taken_for_a_frugal_one() {
    let silent = with(host("a-silent"), |facts| facts.power_model = Fact::Missing);
    let hungry = with(host("hungry"), |facts| {
        facts.power_model = Fact::now(PowerModel {
            static_watts: 400.0,
            full_load_watts: 4000.0,
        });
    });
    for policy in ["save-energy", "low-carbon", "balanced"] {
        let decision = decided(policy, vec![silent.clone(), hungry.clone()], machine("m", 2));
        assert_eq!(&*decision.chosen.as_ref().unwrap().host, "hungry", "{policy}");
        let unknown = &decision.runners_up[0];
        assert_eq!(unknown.watts(), None);
        let Raw::Unknown(lack) = unknown.term(Term::Carbon).raw else {
            panic!()
        };
        assert_eq!(lack.to_string(), "the power model is missing");
    }
}

#[test]
fn equals_are_decided_by_the_seed() {
    let hosts: Vec<Host> = (0..40).map(|number| host(&format!("h{number}"))).collect();
    let fleet = Fleet::new(hosts);
    let policy = Policy::named("balanced").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let mut request = request(vec![machine("m", 1)]);
        request.seed = seed;
        let chosen =
            |answer: crate::placement::Answer| answer.decisions[0].chosen.as_ref().unwrap().host.clone();
        let first = chosen(decide(&fleet, &policy, &request).unwrap());
        assert_eq!(first, chosen(decide(&fleet, &policy, &request).unwrap()));
        seen.insert(first);
    }
    assert!(seen.len() > 15, "{seen:?}");
}

#[test]
fn a_machine_is_near_itself_wherever_it_is_and_whatever_is_known_of_that_place() {
    let near = Near {
        to: Target::Machine("m".to_owned()),
        max_delay_seconds: Some(0.0),
        max_distance_meters: Some(0.0),
    };
    let wanted = Machine {
        near: vec![near],
        ..machine("m", 1)
    };
    let nowhere = with(host("h"), |facts| facts.position = Fact::Missing);
    for machines in [vec![wanted.clone()], vec![wanted, machine("n", 1)]] {
        let policy = Policy::named("balanced").unwrap();
        let answer = decide(&Fleet::new(vec![nowhere.clone()]), &policy, &request(machines)).unwrap();
        assert!(answer.is_complete());
        let delay = &answer.decisions[0].chosen.as_ref().unwrap().term(Term::Delay).raw;
        assert_eq!(*delay, Raw::NotAsked);
    }
}

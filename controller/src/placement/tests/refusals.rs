//! Which rule refuses which host, in which words.

use std::time::Duration;

use super::fleets::delay;
use super::fleets::host;
use super::fleets::machine;
use super::fleets::request;
use super::fleets::with;
use crate::facts::Fact;
use crate::facts::Position;
use crate::placement::Fleet;
use crate::placement::Host;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::Policy;
use crate::placement::RequestFault;
use crate::placement::Standing;
use crate::placement::Target;
use crate::placement::decide;

fn refusal(host: Host, machine: Machine) -> (&'static str, String) {
    let mut peer = super::fleets::host("peer");
    peer.standing = Standing::Silent;
    let policy = Policy::named("balanced").unwrap();
    let answer = decide(&Fleet::new(vec![host, peer]), &policy, &request(vec![machine])).unwrap();
    let refused = answer.decisions[0]
        .refused
        .iter()
        .find(|refused| &*refused.host == "a");
    refused.map_or(("", String::new()), |refused| {
        (refused.rule.as_str(), refused.rule.to_string())
    })
}

fn limited(limits: Limits) -> Machine {
    Machine {
        limits,
        ..machine("m", 2)
    }
}

fn near(to: Target, milliseconds: Option<f64>, kilometres: Option<f64>) -> Machine {
    let near = Near {
        to,
        max_delay_seconds: milliseconds.map(|ms| ms / 1e3),
        max_distance_meters: kilometres.map(|km| km * 1e3),
    };
    Machine {
        near: vec![near],
        ..machine("m", 2)
    }
}

#[test]
fn every_refusal_names_its_rule_and_its_figures() {
    let drained = Host {
        standing: Standing::Draining,
        ..host("a")
    };
    let mut picky = host("a");
    picky.stocks[0].1.inventory.max_unit = 1;
    let capped = Host {
        power_limit_watts: Some(160.0),
        ..host("a")
    };
    let blind = with(host("a"), |facts| {
        facts.grams_per_kwh = Fact::Contradictory(String::new());
    });
    let far = with(host("a"), |facts| {
        facts.delays.insert("peer".to_owned(), delay(7.5));
        facts.position = Fact::now(Position {
            latitude: -33.9,
            longitude: 18.4,
        });
    });
    let lacking = |sort: usize| {
        let mut machine = machine("m", 2);
        let list = vec!["CUSTOM_GOLD".to_owned()];
        match sort {
            0 => machine.wish.required = vec![list],
            1 => machine.wish.forbidden = vec!["HW_CPU_X86_VMX".to_owned()],
            2 => machine.wish.member_of = vec![list],
            _ => machine.wish.resources.push(("VGPU".to_owned(), 1)),
        }
        machine
    };
    let carbon = |ceiling| Limits {
        max_grams_per_kwh: Some(ceiling),
        ..Limits::default()
    };
    let fresh = Limits {
        max_fact_age: Some(Duration::from_millis(500)),
        ..Limits::default()
    };
    let abroad = Limits {
        countries: vec!["se".to_owned()],
        ..Limits::default()
    };
    let elsewhere = Limits {
        sites: vec!["fra1".to_owned()],
        ..Limits::default()
    };
    let roomy = Limits {
        headroom_watts: 50.0,
        ..Limits::default()
    };
    let peer = || Target::Host("peer".to_owned());
    for (host, machine, rule, part) in [
        (drained, machine("m", 2), "standing", "draining"),
        (picky, machine("m", 2), "amount", "max_unit 1"),
        (host("a"), machine("m", 13), "room", "13 of VCPU: 4 of 16"),
        (host("a"), lacking(0), "trait", "CUSTOM_GOLD"),
        (host("a"), lacking(1), "forbidden_trait", "HW_CPU_X86_VMX"),
        (host("a"), lacking(2), "aggregate", "CUSTOM_GOLD"),
        (host("a"), lacking(3), "inventory", "VGPU"),
        (host("a"), limited(fresh), "freshness", "1 s old"),
        (host("a"), limited(abroad), "country", "DE"),
        (host("a"), limited(elsewhere), "site", "ber1"),
        (
            host("a"),
            limited(carbon(200.0)),
            "carbon",
            "300 g/kWh, the ceiling is 200",
        ),
        (
            blind,
            limited(carbon(200.0)),
            "unknown",
            "the carbon intensity is contradictory",
        ),
        (
            capped,
            machine("m", 2),
            "headroom",
            "175.0 W; the limit is 160.0 W",
        ),
        (host("a"), limited(roomy), "headroom", "no power limit"),
        (
            far.clone(),
            near(peer(), Some(5.0), None),
            "delay",
            "7.500 ms to peer, the limit is 5.000 ms",
        ),
        (
            far,
            near(peer(), None, Some(1000.0)),
            "distance",
            "km to peer, the limit is 1000 km",
        ),
        (
            host("a"),
            near(peer(), Some(5.0), None),
            "unknown",
            "the delay is missing",
        ),
    ] {
        let (found, sentence) = refusal(host, machine);
        assert_eq!(found, rule, "{sentence}");
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn a_request_that_names_what_is_not_there_is_told_so() {
    let policy = Policy::named("balanced").unwrap();
    let fault = |machine: Machine| {
        decide(&Fleet::new(vec![host("a")]), &policy, &request(vec![machine])).unwrap_err()
    };
    let lost = fault(near(Target::Host("b".to_owned()), None, None));
    assert_eq!(
        lost.to_string(),
        "machine m wants to be near host b, which is not in the fleet"
    );
    let grouped = Machine {
        groups: vec!["g".to_owned()],
        ..machine("m", 1)
    };
    assert!(matches!(fault(grouped), RequestFault::NoGroup { .. }));
    assert!(matches!(
        fault(near(Target::Machine("x".to_owned()), None, None)),
        RequestFault::NoMachine { .. }
    ));
    let odd = Machine {
        busy_cpus: Some(f64::NAN),
        ..machine("m", 1)
    };
    assert!(matches!(
        fault(odd),
        RequestFault::BadNumber {
            what: "busy_cpus",
            ..
        }
    ));
    let twice = request(vec![machine("m", 1), machine("m", 1)]);
    let fault = decide(&Fleet::new(vec![host("a")]), &policy, &twice).unwrap_err();
    assert_eq!(fault, RequestFault::Twice("m".to_owned()));
}

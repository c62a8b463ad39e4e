//! Fleets and requests for tests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::Strategy;
use proptest::prelude::any;

use crate::facts::Delay;
use crate::facts::DelaySource;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::Position;
use crate::facts::PowerModel;
use crate::facts::Quality;
use crate::inventory::Inventory;
use crate::inventory::Stock;
use crate::inventory::Wish;
use crate::placement::Affinity;
use crate::placement::Group;
use crate::placement::Host;
use crate::placement::Limits;
use crate::placement::Machine;
use crate::placement::Near;
use crate::placement::Request;
use crate::placement::Standing;
use crate::placement::Target;

pub(super) fn stock(total: u32, used: u64) -> Stock {
    let inventory = Inventory::of(total);
    Stock { inventory, used }
}

/// A host of which everything is known: 16 CPUs of which 4 are used, 100 W idle, 300 W busy.
pub(super) fn host(name: &str) -> Host {
    let model = PowerModel {
        static_watts: 100.0,
        full_load_watts: 300.0,
    };
    let position = Position {
        latitude: 52.0,
        longitude: 13.0,
    };
    let facts = HostFacts {
        age: Some(Duration::from_secs(1)),
        power_model: Fact::now(model),
        power_watts: Fact::now(150.0),
        cpus: Fact::now(16.0),
        utilisation: Fact::now(0.25),
        grams_per_kwh: Fact::now(300.0),
        country: Fact::now("DE".to_owned()),
        position: Fact::now(position),
        power_quality: Fact::now(Quality::Measured),
        ..HostFacts::default()
    };
    Host {
        name: name.into(),
        stocks: vec![
            ("VCPU".into(), stock(16, 4)),
            ("MEMORY_MB".into(), stock(65_536, 8192)),
        ],
        traits: Arc::new(BTreeSet::from(["HW_CPU_X86_VMX".to_owned()])),
        site: Some("ber1".to_owned()),
        facts: Arc::new(facts),
        ..Host::default()
    }
}

/// The same host with other facts.
pub(super) fn with(mut host: Host, change: impl FnOnce(&mut HostFacts)) -> Host {
    change(Arc::make_mut(&mut host.facts));
    host
}

pub(super) fn delay(milliseconds: f64) -> Fact<Delay> {
    Fact::now(Delay {
        seconds: milliseconds / 1e3,
        source: DelaySource::OneWay,
    })
}

pub(super) fn machine(id: &str, vcpus: u64) -> Machine {
    Machine {
        id: id.to_owned(),
        wish: Wish {
            resources: vec![("VCPU".to_owned(), vcpus), ("MEMORY_MB".to_owned(), vcpus * 1024)],
            ..Wish::default()
        },
        ..Machine::default()
    }
}

pub(super) fn request(machines: Vec<Machine>) -> Request {
    Request {
        machines,
        ..Request::default()
    }
}

fn fact<T: Clone + std::fmt::Debug>(values: impl Strategy<Value = T>) -> impl Strategy<Value = Fact<T>> {
    (values, 0..8).prop_map(|(value, sort)| match sort {
        0 => Fact::Missing,
        1 => Fact::Contradictory("test".to_owned()),
        2 => Fact::Stale {
            value,
            age: Duration::from_secs(900),
        },
        _ => Fact::now(value),
    })
}

fn any_facts() -> impl Strategy<Value = HostFacts> {
    let model = (0.0..200.0, 0.0..400.0).prop_map(|(static_watts, more)| PowerModel {
        static_watts,
        full_load_watts: static_watts + more,
    });
    let position =
        (-90.0..90.0, -180.0..180.0).prop_map(|(latitude, longitude)| Position { latitude, longitude });
    let delays = vec(option::of(0.0..50.0), 8);
    let energy = (
        fact(model),
        fact(0.0..400.0),
        fact(1.0..64.0),
        fact(0.0..1.0),
        fact(0.0..900.0),
    );
    let rest = (fact(position), fact("DE|SE|US"), delays, option::of(0_u64..120));
    (energy, rest).prop_map(
        |((model, power, cpus, busy, grams), (position, country, delays, age))| {
            let named = delays
                .into_iter()
                .enumerate()
                .filter_map(|(peer, ms)| Some((format!("h{peer}"), delay(ms?))));
            HostFacts {
                age: age.map(Duration::from_secs),
                power_model: model,
                power_watts: power,
                cpus,
                utilisation: busy,
                grams_per_kwh: grams,
                country,
                position,
                power_quality: Fact::now(Quality::Derived),
                delays: named.collect(),
                ..HostFacts::default()
            }
        },
    )
}

/// Up to eight hosts of all sorts, named `h0` and so on.
pub(super) fn any_hosts() -> impl Strategy<Value = Vec<Host>> {
    let shape = (
        1_u32..24,
        0_u64..24,
        1_u32..48,
        0_u64..48,
        0..12,
        any::<bool>(),
        option::of(50.0..500.0),
    );
    vec((shape, any_facts()), 1..8).prop_map(|hosts| {
        let named = hosts.into_iter().enumerate().map(|(number, (shape, facts))| {
            let (cpus, cpus_used, memory, memory_used, standing, vmx, limit) = shape;
            Host {
                name: format!("h{number}").into(),
                stocks: vec![
                    ("VCPU".into(), stock(cpus, cpus_used.min(cpus.into()))),
                    (
                        "MEMORY_MB".into(),
                        stock(memory * 1024, (memory_used * 1024).min(u64::from(memory) * 1024)),
                    ),
                ],
                traits: Arc::new(vmx.then(|| "HW_CPU_X86_VMX".to_owned()).into_iter().collect()),
                power_limit_watts: limit,
                standing: if standing == 0 {
                    Standing::Draining
                } else {
                    Standing::Ready
                },
                site: Some(format!("s{}", number % 3)),
                facts: Arc::new(facts),
                ..Host::default()
            }
        });
        named.collect()
    })
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let rare = |range: std::ops::Range<f64>| option::weighted(0.2, range);
    (
        rare(0.0..900.0),
        rare(100.0..500.0),
        option::weighted(0.2, 0_u64..120),
        0..6,
    )
        .prop_map(|(grams, watts, age, sort)| Limits {
            max_grams_per_kwh: grams,
            power_limit_watts: watts,
            max_fact_age: age.map(Duration::from_secs),
            sites: if sort == 0 {
                vec!["s0".to_owned(), "s1".to_owned()]
            } else {
                Vec::new()
            },
            countries: if sort == 1 {
                vec!["de".to_owned()]
            } else {
                Vec::new()
            },
            ..Limits::default()
        })
}

fn any_machine() -> impl Strategy<Value = Machine> {
    let near = option::weighted(
        0.3,
        (0_usize..3, option::of(1.0..50.0), option::weighted(0.2, 1e5..1e7)),
    );
    (1_u64..8, any_limits(), near, option::of(0.0..8.0), 0..8).prop_map(
        |(vcpus, limits, near, busy_cpus, sort)| {
            let near = near.map(|(to, delay, distance)| Near {
                to: [
                    Target::Host("h0".to_owned()),
                    Target::Group("g".to_owned()),
                    Target::Machine("m0".to_owned()),
                ][to]
                    .clone(),
                max_delay_seconds: delay.map(|ms: f64| ms / 1e3),
                max_distance_meters: distance,
            });
            let mut machine = Machine {
                limits,
                busy_cpus,
                near: near.into_iter().collect(),
                groups: if sort < 4 {
                    vec!["g".to_owned()]
                } else {
                    Vec::new()
                },
                ..machine("", vcpus)
            };
            if sort == 7 {
                machine.wish.required = vec![vec!["HW_CPU_X86_VMX".to_owned()]];
            }
            machine
        },
    )
}

/// Up to `most` machines, some of them in a group.
pub(super) fn any_request(most: usize) -> impl Strategy<Value = Request> {
    (
        vec(any_machine(), 1..=most),
        any::<bool>(),
        any::<bool>(),
        any::<u64>(),
        option::of(0_usize..8),
    )
        .prop_map(|(machines, together, hard, seed, present)| {
            let named = machines.into_iter().enumerate().map(|(number, machine)| Machine {
                id: format!("m{number}"),
                ..machine
            });
            let group = Group {
                name: "g".to_owned(),
                affinity: if together {
                    Affinity::Together
                } else {
                    Affinity::Apart
                },
                hard,
                present: present.map(|host| format!("h{host}")).into_iter().collect(),
            };
            Request {
                machines: named.collect(),
                groups: vec![group],
                seed,
                explain: None,
                present: Vec::new(),
            }
        })
}

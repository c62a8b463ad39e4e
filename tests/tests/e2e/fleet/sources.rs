//! The same facts, whoever tells them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use wattle_controller::config;
use wattle_controller::facts::Fact;
use wattle_controller::facts::HostFacts;
use wattle_controller::fleet::Source;
use wattle_controller::placement::Standing;
use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::living::Living;
use super::super::prometheus::server;
use super::super::prometheus::server::Server;
use super::known::Known;
use super::known::settings;

const NAMES: [&str; 3] = ["one", "two", "three"];

/// An agent on a host of its own, in which something has happened and nothing happens any more.
fn agent(cpus_per_socket: u32, flags: &[&str]) -> (Agent, Living, tempfile::TempDir) {
    let mut spec = Spec::default();
    spec.hardware.cpus_per_socket = cpus_per_socket;
    let host = Living::start(spec);
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(
        state.path(),
        &host.flags(&[&["--interval", "300ms"], flags].concat()),
    );
    agent.wait_until_ready();
    host.hold();
    agent.after_ticks(2);
    (agent, host, state)
}

fn targets(addresses: &[SocketAddr]) -> String {
    let pairs = NAMES.iter().zip(addresses);
    let lines = pairs.map(|(name, address)| {
        format!("- {{targets: ['{address}'], labels: {{host: {name}, site: s-{name}}}}}\n")
    });
    lines.collect()
}

fn of_agents(file: &Path) -> config::Fleet {
    config::Fleet {
        file_sd: vec![file.to_owned()],
        ..settings()
    }
}

fn of_prometheus(address: SocketAddr, agents: &[SocketAddr]) -> config::Fleet {
    let mut settings = settings();
    settings.prometheus = Some(config::Prometheus {
        url: format!("http://{address}"),
        selector: "job=~\".+\"".to_owned(),
        host_label: "instance".to_owned(),
        access: config::Access::default(),
    });
    for (name, address) in NAMES.iter().zip(agents) {
        let host = config::Host {
            addresses: vec![address.to_string()],
            site: Some(format!("s-{name}")),
            ..config::Host::default()
        };
        settings.hosts.insert((*name).to_owned(), host);
    }
    settings
}

/// The facts without how old they are.
fn ageless(facts: &HostFacts) -> HostFacts {
    fn fact<T: Clone>(fact: &Fact<T>) -> Fact<T> {
        match fact {
            Fact::Known { value, .. } => Fact::now(value.clone()),
            other => other.clone(),
        }
    }
    let HostFacts {
        age: _,
        power_model,
        power_watts,
        cpus,
        utilisation,
        memory_total_bytes,
        memory_available_bytes,
        filesystem_bytes,
        grams_per_kwh,
        building_factor,
        country,
        site,
        position,
        power_quality,
        delays,
    } = facts;
    HostFacts {
        age: Some(Duration::ZERO),
        power_model: fact(power_model),
        power_watts: fact(power_watts),
        cpus: fact(cpus),
        utilisation: fact(utilisation),
        memory_total_bytes: fact(memory_total_bytes),
        memory_available_bytes: fact(memory_available_bytes),
        filesystem_bytes: filesystem_bytes
            .iter()
            .map(|(name, size)| (name.clone(), fact(size)))
            .collect(),
        grams_per_kwh: fact(grams_per_kwh),
        building_factor: fact(building_factor),
        country: fact(country),
        site: fact(site),
        position: fact(position),
        power_quality: fact(power_quality),
        delays: delays
            .iter()
            .map(|(name, delay)| (name.clone(), fact(delay)))
            .collect(),
    }
}

#[test]
fn three_hosts_are_the_same_by_their_agents_and_by_prometheus() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    let sizes = [2, 4, 8];
    let places = [
        ["59.3", "18.1", "SE"],
        ["51.5", "0.1", "GB"],
        ["52.5", "13.4", "DE"],
    ];
    let agents: Vec<_> = sizes
        .into_iter()
        .zip(places)
        .map(|(size, [latitude, longitude, country])| {
            let flags = [
                "--location.latitude",
                latitude,
                "--location.longitude",
                longitude,
                "--location.country",
                country,
                "--carbon.source",
                "static",
                "--carbon.intensity",
                "100",
            ];
            agent(size, &flags)
        })
        .collect();
    let addresses: Vec<SocketAddr> = agents.iter().map(|(agent, _, _)| agent.address).collect();
    let jobs: Vec<_> = NAMES.into_iter().zip(addresses.iter().copied()).collect();
    let server = Server::start(&jobs, &[]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("targets.yaml");
    std::fs::write(&file, targets(&addresses)).unwrap();
    let direct = Known::start(&of_agents(&file));
    let through = Known::start(&of_prometheus(server.address, &addresses));
    for (known, source) in [(&direct, Source::Agent), (&through, Source::Prometheus)] {
        known.wait_for("the facts of three hosts", |picture| {
            let heard = picture.reports.values().filter(|report| report.age.is_some());
            heard.count() == 3
        });
        let picture = known.picture();
        for name in NAMES {
            let report = &picture.reports[name];
            assert_eq!((report.source, &report.error), (source, &None), "{name}");
            assert_eq!(picture.hosts[name].standing, Standing::Ready);
            assert_eq!(picture.hosts[name].site.as_deref(), Some(&*format!("s-{name}")));
            let age = picture.hosts[name].facts.age.unwrap();
            assert!(age < Duration::from_secs(30), "{name}: {age:?}");
        }
    }
    let (one, other) = (direct.picture(), through.picture());
    for (name, country) in [("one", "SE"), ("two", "GB"), ("three", "DE")] {
        let facts = ageless(&one.hosts[name].facts);
        assert_eq!(facts, ageless(&other.hosts[name].facts), "{name}");
        assert_eq!(facts.country.value().map(String::as_str), Some(country));
        for state in [
            facts.power_watts.state(),
            facts.cpus.state(),
            facts.memory_total_bytes.state(),
            facts.grams_per_kwh.state(),
            facts.position.state(),
            facts.power_quality.state(),
        ] {
            assert_eq!(state, "known", "{name}: {facts:?}");
        }
    }
    drop(agents);
    // Nobody answers any more: what is known grows older, and says so.
    for known in [&direct, &through] {
        known.wait_for("failures", |picture| {
            NAMES.iter().all(|name| picture.reports[*name].failures >= 2)
        });
        let picture = known.picture();
        for name in NAMES {
            assert!(
                picture.reports[name].age.is_some() && picture.reports[name].error.is_some(),
                "{name}"
            );
            assert_eq!(picture.hosts[name].facts.cpus.state(), "known", "{name}");
        }
    }
}

//! Each policy picks the host that it is for, and another one when the facts change.

use std::ffi::OsStr;
use std::fmt::Write as _;

use serde_json::Value;
use tempfile::TempDir;

use crate::pages::Figures;
use crate::pages::Stub;
use crate::patience::wait_until;
use crate::served::Controller;
use crate::served::command;
use crate::served::consumer;

/// Three hosts with agents: `cheap` draws least, `clean` has the cleanest grid and something on it, `wide` has most room.
struct World {
    controller: Controller,
    cheap: Stub,
    clean: Stub,
    _wide: Stub,
    _dir: TempDir,
}

fn figures(cpus: f64, static_watts: f64, full_load_watts: f64, grams: f64, delay: f64) -> Figures {
    Figures {
        cpus,
        static_watts,
        full_load_watts,
        grams,
        delays: vec![("wide", delay)],
        answers: true,
    }
}

impl World {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cheap = Stub::start(figures(8.0, 20.0, 120.0, 600.0, 0.02));
        let clean = Stub::start(figures(8.0, 100.0, 500.0, 20.0, 0.01));
        let wide = Stub::start(figures(16.0, 100.0, 600.0, 500.0, 0.0));
        let named = [("cheap", &cheap), ("clean", &clean), ("wide", &wide)];
        let mut config = "policies: {night: {base: save-energy, weights: {carbon: 100}}}\n\
                          fleet:\n  interval: 1s\n  silent-after: 3s\n  hosts:\n"
            .to_owned();
        for (name, stub) in named {
            let address = stub.address;
            writeln!(
                config,
                "    {name}: {{addresses: [\"{address}\"], site: s-{name}}}"
            )
            .unwrap();
        }
        let targets: Vec<_> = named
            .iter()
            .map(|(_, stub)| format!("\"{}\"", stub.address))
            .collect();
        writeln!(config, "  targets: [{}]", targets.join(", ")).unwrap();
        let (file, store) = (dir.path().join("controller.yaml"), dir.path().join("store"));
        std::fs::write(&file, config).unwrap();
        let flags = [
            "--config".as_ref(),
            file.as_os_str(),
            "--store.file".as_ref(),
            store.as_os_str(),
        ];
        let controller = Controller::start(&flags as &[&OsStr]);
        let world = Self {
            controller,
            cheap,
            clean,
            _wide: wide,
            _dir: dir,
        };
        wait_until("three hosts with all their facts", || {
            let page = world.controller.get("/v1/hosts");
            let hosts = page["hosts"].as_array().unwrap();
            let known = |host: &Value| {
                host["standing"] == "ready"
                    && host["resources"]["VCPU"]["used"] == 0
                    && host["utilisation"].is_number()
            };
            hosts.len() == 3 && hosts.iter().all(known)
        });
        world
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let url = format!("http://{}", self.controller.address);
        let output = command().args(arguments).args(["--url", &url]).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    }

    /// Where a machine with two VCPU would go.
    fn pick(&self, flags: &[&str]) -> String {
        let arguments = [&["simulate", "resources=VCPU:2", "--json"], flags].concat();
        let (_, json) = self.run(&arguments);
        let answer: Value = serde_json::from_str(&json).unwrap();
        answer["machines"][0]["host"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    }

    fn wait_for_pick(&self, flags: &[&str], host: &str) {
        wait_until(&format!("{flags:?} to pick {host}"), || self.pick(flags) == host);
    }
}

#[test]
fn every_policy_picks_the_host_that_it_is_for() {
    let world = World::start();
    let (code, told) = world.run(&[
        "schedule",
        "resources=VCPU:4",
        "--site",
        "s-clean",
        "--consumer",
        &consumer(1),
    ]);
    assert_eq!(code, Some(0), "{told}");
    let near = ["--near", "wide"];
    for (policy, flags, host) in [
        ("balanced", &[] as &[&str], "cheap"),
        ("save-energy", &[], "cheap"),
        ("low-carbon", &[], "clean"),
        ("low-latency", &near, "wide"),
        ("pack", &[], "clean"),
        ("spread", &[], "wide"),
        ("night", &[], "clean"),
    ] {
        let flags = [&["--policy", policy], flags].concat();
        assert_eq!(world.pick(&flags), host, "{policy}");
    }
    // Limits refuse, whatever the policy says.
    for (flags, host) in [
        (
            &["--policy", "save-energy", "--max-carbon", "550"] as &[&str],
            "clean",
        ),
        (&["--policy", "spread", "--site", "s-cheap"], "cheap"),
        (
            &["--policy", "save-energy", "--near", "wide", "--max-delay", "15"],
            "clean",
        ),
        (&["--policy", "spread", "--max-carbon", "10"], "none"),
        (&["--policy", "spread", "--country", "DE"], "none"),
    ] {
        assert_eq!(world.pick(flags), host, "{flags:?}");
    }
    let (code, told) = world.run(&["simulate", "resources=VCPU:2", "--country", "DE", "--explain"]);
    assert_eq!(code, Some(3));
    assert!(
        told.contains("the country cannot be checked: the country is missing"),
        "{told}"
    );
}

#[test]
fn it_changes_its_mind_when_power_carbon_delay_or_standing_change() {
    let world = World::start();
    let energy: &[&str] = &["--policy", "save-energy"];
    let carbon: &[&str] = &["--policy", "low-carbon"];
    let latency: &[&str] = &["--policy", "low-latency", "--near", "wide"];
    assert_eq!(
        (world.pick(energy), world.pick(carbon), world.pick(latency)),
        ("cheap".into(), "clean".into(), "wide".into())
    );
    // A drain.
    assert_eq!(world.run(&["drain", "wide"]).0, Some(0));
    world.wait_for_pick(latency, "clean");
    // The delay.
    world
        .cheap
        .change(|figures| figures.delays = vec![("wide", 0.001)]);
    world.wait_for_pick(latency, "cheap");
    // The carbon.
    world.clean.change(|figures| figures.grams = 2000.0);
    world.wait_for_pick(carbon, "cheap");
    // The power.
    world
        .cheap
        .change(|figures| (figures.static_watts, figures.full_load_watts) = (900.0, 5000.0));
    world.wait_for_pick(energy, "clean");
    // Back from the drain.
    assert_eq!(world.run(&["undrain", "wide"]).0, Some(0));
    world.wait_for_pick(latency, "wide");
    // An agent that does not answer, and one that answers again.
    let there: &[&str] = &["--site", "s-clean"];
    assert_eq!(world.pick(there), "clean");
    world.clean.change(|figures| figures.answers = false);
    world.wait_for_pick(there, "none");
    let page = world.controller.get("/v1/hosts/clean");
    assert_eq!(page["standing"], "silent");
    assert!(page["asking"]["failures"].as_u64().unwrap() > 0, "{page}");
    assert!(page["facts_age_seconds"].as_f64().unwrap() >= 3.0, "{page}");
    world.clean.change(|figures| figures.answers = true);
    world.wait_for_pick(there, "clean");
    let events = world.run(&["events", "--since", "0-1", "--count", "1"]).1;
    let epoch = events.split('-').next().unwrap();
    let (_, heard) = world.run(&["events", "--since", &format!("{epoch}-0"), "--count", "6"]);
    for sentence in [
        "wide is draining, was ready",
        "wide is ready, was draining",
        "clean is silent, was ready",
        "clean: its agent does not answer",
        "clean is ready, was silent",
        "clean: its agent answers again",
    ] {
        assert!(heard.contains(sentence), "{sentence} is not in\n{heard}");
    }
}

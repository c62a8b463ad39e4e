//! Everything at once: agents, Prometheus, etcd, controllers and their command, while the world changes.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::super::etcd;
use super::super::mesh::host::Net;
use super::super::mesh::host::within;
use super::super::mesh::switch::Switch;
use super::super::patience::wait_until;
use super::super::prometheus::server;
use super::burst;
use super::controller;
use super::controller::Controller;
use super::ground;
use super::ground::CLEAN;
use super::ground::Ground;
use super::ground::HOSTS;
use super::ground::Place;
use super::ground::THRIFTY;
use super::ground::WIDE;

/// A machine of two processors.
const MACHINE: &str = "resources=VCPU:2,MEMORY_MB:64";

/// What the command says of one machine with these flags, and how it ended.
fn ask(controller: &Controller, order: &str, flags: &[&str]) -> (Option<i32>, Value) {
    let arguments = [&[order, MACHINE, "--json"], flags].concat();
    let output = ground::command(controller, &arguments);
    let page = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), page)
}

/// Where a machine goes: it is scheduled, and released again.
fn pick(controller: &Controller, flags: &[&str]) -> String {
    let (code, page) = ask(controller, "schedule", flags);
    let machine = &page["machines"][0];
    let Some(host) = machine["host"].as_str() else {
        assert_eq!(code, Some(3), "{page}");
        return "none".to_owned();
    };
    let released = ground::command(controller, &["release", machine["consumer"].as_str().unwrap()]);
    assert!(released.status.success(), "{released:?}");
    host.to_owned()
}

fn wait_for_pick(controller: &Controller, flags: &[&str], host: &str) {
    wait_until(&format!("{flags:?} to pick {host}"), || {
        pick(controller, flags) == host
    });
}

/// Which rule refuses which host, by the names of these.
fn refusals(page: &Value) -> Vec<(&str, &str)> {
    let refused = page["machines"][0]["why"]["refused"].as_array().unwrap().iter();
    let mut refused: Vec<_> = refused
        .map(|host| (host["host"].as_str().unwrap(), host["rule"].as_str().unwrap()))
        .collect();
    refused.sort_unstable();
    refused
}

/// All is known of all hosts: figures, capacity, and the delay to each other.
fn wait_for_facts(controller: &Controller) {
    wait_until("three hosts with all their facts", || {
        let hosts = HOSTS.map(|(name, _)| controller.send("GET", &format!("/v1/hosts/{name}"), ""));
        hosts.iter().all(|reply| {
            let host: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let delays = host["delays"].as_object();
            let known = delays.map_or(0, |delays| {
                delays.values().filter(|delay| delay["state"] == "known").count()
            });
            host["standing"] == "ready"
                && host["resources"]["VCPU"]["total"].is_number()
                && host["utilisation"].is_number()
                && host["grams_per_kwh"].is_number()
                && known == HOSTS.len() - 1
        })
    });
}

/// Each policy has its host.
fn policies(controller: &Controller) {
    for (policy, flags, host) in [
        ("balanced", &[] as &[&str], "thrifty"),
        ("save-energy", &[], "thrifty"),
        ("low-carbon", &[], "clean"),
        ("low-latency", &["--near", "thrifty"], "thrifty"),
        ("low-latency", &["--near", "wide"], "wide"),
        ("pack", &[], "clean"),
        ("spread", &[], "wide"),
    ] {
        let flags = [&["--policy", policy], flags].concat();
        assert_eq!(pick(controller, &flags), host, "{flags:?}");
    }
}

/// The command does it.
fn done(controller: &Controller, arguments: &[&str]) {
    let output = ground::command(controller, arguments);
    assert!(output.status.success(), "{output:?}");
}

/// With the nearest host drained, whoever is nearest over the network; when the wire to that one becomes long, the other.
fn a_drain_and_delays(switch: &Switch, controller: &Controller) {
    let latency = ["--policy", "low-latency", "--near", "thrifty"];
    done(controller, &["drain", "thrifty"]);
    wait_for_pick(controller, &latency, "clean");
    switch.set(THRIFTY, CLEAN, Duration::from_millis(40));
    wait_for_pick(controller, &latency, "wide");
    let limited = [&latency as &[&str], &["--max-delay", "2"]].concat();
    let (code, page) = ask(controller, "simulate", &limited);
    assert_eq!(code, Some(3));
    let expected = [("clean", "delay"), ("thrifty", "standing"), ("wide", "delay")];
    assert_eq!(refusals(&page), expected);
    done(controller, &["undrain", "thrifty"]);
    wait_for_pick(controller, &latency, "thrifty");
}

/// First the watts that a host draws (20 idle, 95 with six processors busy), then those that a machine would add.
fn power(thrifty: &mut Place, controller: &Controller) {
    let limited = ["--policy", "save-energy", "--power-limit", "60"];
    wait_for_pick(controller, &limited, "thrifty");
    for number in 0..12 {
        thrifty.host.apply(&format!("start busy-{number}"));
    }
    wait_for_pick(controller, &limited, "none");
    let (_, page) = ask(controller, "simulate", &limited);
    let expected = ["clean", "thrifty", "wide"].map(|name| (name, "headroom"));
    assert_eq!(refusals(&page), expected);
    thrifty.change(|figures| (figures.idle_watts, figures.full_watts) = (110.0, 620.0));
    wait_for_pick(controller, &["--policy", "save-energy"], "clean");
}

/// An agent stands still: its facts grow old, for all to see, and nobody goes there until it goes on.
fn silence(ground: &Ground, controller: &Controller) {
    let there = ["--site", "s-wide"];
    let agent = &ground.places[WIDE].agent.program;
    agent.signal(Signal::SIGSTOP);
    wait_for_pick(controller, &there, "none");
    let host = controller.get("/v1/hosts/wide");
    assert_eq!(host["standing"], "silent");
    assert!(host["facts_age_seconds"].as_f64().unwrap() >= 5.0, "{host}");
    let table = ground::command(controller, &["hosts"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(table.lines().next().unwrap().ends_with("AGE"), "{table}");
    let oldest = "wattle_controller_fleet_facts_age_seconds{source=\"prometheus\",statistic=\"most\"}";
    wait_until("the age in Prometheus", || {
        let age = ground.prometheus.value(&format!("max({oldest})"));
        age.is_some_and(|age| age >= 5.0)
    });
    agent.signal(Signal::SIGCONT);
    wait_for_pick(controller, &there, "wide");
}

fn everything(net: &Net, switch: &Switch) {
    ground::distances(switch);
    let mut ground = Ground::start(net);
    let [first, second] = [ground.controller(), ground.controller()];
    ground.watch(&[&first, &second]);
    wait_for_facts(&first);
    let settled = ask(&first, "schedule", &["--site", "s-clean"]);
    assert_eq!(settled.0, Some(0), "{}", settled.1);
    wait_for_facts(&second);
    for controller in [&first, &second] {
        policies(controller);
    }
    a_drain_and_delays(switch, &first);
    power(&mut ground.places[THRIFTY], &first);
    ground.places[CLEAN].change(|figures| figures.grams = 9000);
    wait_for_pick(&first, &["--policy", "low-carbon"], "wide");
    silence(&ground, &first);
    // The other one looks by itself, a moment later.
    wait_for_pick(&second, &["--site", "s-wide"], "wide");
    let claimed = burst::with_one_killed(first, &second);
    burst::assert_adds_up(&ground.controller(), &claimed, &settled.1);
    ground.prometheus.assert_nothing_dropped();
}

#[test]
fn every_policy_picks_its_host_and_another_one_when_power_latency_carbon_or_a_drain_change() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    if !etcd::is_there() {
        skip!("{}", etcd::MISSING);
    }
    if !controller::is_there() {
        skip!("{}", controller::MISSING);
    }
    let net = match Net::new("wa", HOSTS.len()) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let joined = Switch::join(&net).and_then(|switch| Ok((net.open_middle()?, switch)));
    let (middle, switch) = match joined {
        Ok(joined) => joined,
        Err(reason) => skip!("{reason}"),
    };
    within(&middle, move || everything(&net, &switch));
}

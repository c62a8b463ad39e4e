//! Packets from several source ports, of which one goes a bad way.

use std::process::Command;

use serde_json::Value;

use super::host::Net;
use super::host::name;
use crate::e2e::patience::wait_until;

const PORTS: usize = 4;

fn paths(mesh: &[u8]) -> Vec<Value> {
    let mesh: Value = serde_json::from_slice(mesh).unwrap_or_default();
    mesh["peers"][0]["paths"].as_array().cloned().unwrap_or_default()
}

#[test]
fn packets_take_turns_over_source_ports_and_the_one_that_loses_is_named() {
    let net = match Net::new("we", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let count = PORTS.to_string();
    let near = net.agent(0, &["--latency.source-ports", &count]);
    let _far = net.agent(1, &[]);
    wait_until("answers on all paths", || {
        let paths = paths(&near.get("/api/v1/mesh").body);
        paths.len() == PORTS && paths.iter().all(|path| path["received"].as_u64() > Some(3))
    });
    let at_first = paths(&near.get("/api/v1/mesh").body);
    let bad = at_first[1]["source_port"].as_u64().unwrap();
    let rule = [
        "-A",
        "INPUT",
        "-p",
        "udp",
        "--sport",
        &bad.to_string(),
        "-j",
        "DROP",
    ]
    .map(str::to_owned);
    let dropping = Command::new("ip")
        .args(["netns", "exec", &net.namespace(1), "iptables"])
        .args(rule)
        .output();
    if !dropping.is_ok_and(|output| output.status.success()) {
        skip!("nothing drops packets here (package iptables)");
    }
    let before = paths(&near.get("/api/v1/mesh").body);
    wait_until("losses on one path", || {
        paths(&near.get("/api/v1/mesh").body)[1]["lost"].as_u64() > Some(5)
    });
    let after = paths(&near.get("/api/v1/mesh").body);
    for (place, (before, after)) in before.iter().zip(&after).enumerate() {
        let grown = |what: &str| after[what].as_u64().unwrap() - before[what].as_u64().unwrap();
        assert_eq!(before["source_port"], after["source_port"]);
        assert_eq!(grown("lost") > 5, place == 1, "{after}");
        assert_eq!(grown("received") > 5, place != 1, "{after}");
        assert!(after["to_above_best_seconds"].as_f64().unwrap() >= 0.0, "{after}");
    }
    let whole = |scrape: &crate::e2e::exposition::Exposition, outcome: &str| {
        scrape.whole(&format!(
            "wattle_oneway_packets_total{{peer=\"{}\",direction=\"round_trip\",outcome=\"{outcome}\"}}",
            name(1)
        ))
    };
    let sum = |what: &str| {
        let counts = after.iter().map(|path| path[what].as_u64().unwrap());
        counts.sum::<u64>()
    };
    // The scrape is later than what it is compared with.
    let scrape = near.scrape();
    assert!(whole(&scrape, "lost") >= sum("lost") && whole(&scrape, "received") >= sum("received"));
    assert_eq!(
        scrape.family("wattle_rtt_seconds_count").count(),
        1,
        "one set of series"
    );
}

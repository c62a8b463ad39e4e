//! Five hosts that all measure each other, while some of them come, go and move.

use std::fs;
use std::path::Path;

use super::host::Host;
use super::host::Net;
use super::host::address;
use super::host::ip;
use super::host::name;
use crate::e2e::patience::wait_until;

const HOSTS: usize = 5;

fn write(file: &Path, addresses: &[String]) {
    let mut list = String::new();
    for (host, address) in addresses.iter().enumerate() {
        let zone = if host < 2 { "a" } else { "b" };
        list += &format!(
            "- targets: ['{address}']\n  labels: {{name: {}, zone: {zone}}}\n",
            name(host)
        );
    }
    let next = file.with_extension("next");
    fs::write(&next, list).unwrap();
    fs::rename(next, file).unwrap();
}

fn lost(host: &Host, peer: usize) -> u64 {
    host.scrape().whole(&format!(
        "wattle_oneway_packets_total{{peer=\"{}\",direction=\"round_trip\",outcome=\"lost\"}}",
        name(peer)
    ))
}

fn answers_of_all(hosts: &[Host]) {
    for (own, host) in hosts.iter().enumerate() {
        let others: Vec<_> = (0..hosts.len()).filter(|peer| *peer != own).map(name).collect();
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        host.after_more_answers(&others, 2);
    }
}

#[test]
fn five_hosts_measure_each_other_while_some_vanish_return_move_and_flap() {
    let net = match Net::new("wf", HOSTS) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("peers.yaml");
    let mut addresses: Vec<_> = (0..HOSTS).map(address).collect();
    write(&file, &addresses);
    let flags = ["--latency.peers-file", file.to_str().unwrap()];
    let start = |host| net.agent_alone(host, &flags);
    let mut hosts: Vec<_> = (0..HOSTS).map(start).collect();
    answers_of_all(&hosts);
    let quiet = lost(&hosts[0], 1);

    // The last one vanishes, and returns as another process that counts anew.
    drop(hosts.pop());
    let gone = lost(&hosts[0], 4);
    wait_until("losses to a host that is gone", || lost(&hosts[0], 4) > gone + 2);
    hosts.push(start(4));
    hosts[0].after_more_answers(&[&name(4)], 2);

    // Another moves to another address.
    let [old, new] = [addresses[2].clone(), "192.0.2.200".to_owned()];
    let ns = net.namespace(2);
    ip(&["-n", &ns, "address", "delete", &format!("{old}/24"), "dev", "v"]).unwrap();
    ip(&["-n", &ns, "address", "add", &format!("{new}/24"), "dev", "v"]).unwrap();
    addresses[2].clone_from(&new);
    write(&file, &addresses);
    let known = |host: &Host| {
        host.scrape()
            .family("wattle_oneway_peer_info")
            .any(|(labels, _)| labels.contains(&format!("address=\"{new}:862\"")))
    };
    for host in [0, 1, 3, 4] {
        wait_until("the new address", || known(&hosts[host]));
        hosts[host].after_more_answers(&[&name(2)], 3);
    }

    // A link flaps.
    let ns = net.namespace(3);
    for _ in 0..2 {
        ip(&["-n", &ns, "link", "set", "v", "down"]).unwrap();
        let before = lost(&hosts[0], 3);
        wait_until("a loss", || lost(&hosts[0], 3) > before);
        ip(&["-n", &ns, "link", "set", "v", "up"]).unwrap();
        hosts[0].after_more_answers(&[&name(3)], 2);
    }
    answers_of_all(&hosts);

    // Those whom none of this concerned have hardly noticed it.
    let [lost, heard] = [lost(&hosts[0], 1) - quiet, hosts[0].answers(&name(1))];
    println!("beside all that, {lost} packets were lost and {heard} answered");
    assert!(lost * 20 <= heard, "{lost} of {heard}");
    let queueing = hosts[0].scrape().whole(&format!(
        "wattle_oneway_queueing_seconds_count{{peer=\"{}\",direction=\"to\"}}",
        name(2)
    ));
    let samples = hosts[0].answers(&name(2));
    assert!(
        queueing * 2 > samples,
        "{queueing} of {samples}: the move was taken in"
    );
}

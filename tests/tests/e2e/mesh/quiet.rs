//! Two hosts on a quiet wire.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use wattle_agent::clock::Clock;
use wattle_agent::clock::SystemClock;
use wattle_agent::latency::socket::Envelope;
use wattle_agent::latency::socket::StampedSocket;
use wattle_agent::latency::socket::WallShift;
use wattle_oneway::Timestamp;
use wattle_oneway::stamp::TrafficClass;

use super::host::Host;
use super::host::Net;
use super::host::address;
use super::host::name;
use super::host::within;
use crate::e2e::patience::wait_for;
use crate::e2e::program::Program;

/// Medians in seconds, to the other host and from it.
type Medians = [f64; 2];

/// What the agent has measured so far.
fn medians(host: &Host) -> Medians {
    let mesh: Value = serde_json::from_slice(&host.get("/api/v1/mesh").body).unwrap();
    ["to", "from"].map(|way| mesh["peers"][0][way]["delay_median_seconds"].as_f64().unwrap())
}

/// What the kernel's stamps say about the same wire, with nothing of the agent but its socket.
fn beside(net: &Net) -> Medians {
    let mut sockets = [0, 1].map(|host| {
        within(&net.namespace(host), move || {
            let any = format!("{}:0", address(host)).parse().unwrap();
            StampedSocket::<()>::bind(any, WallShift::default()).unwrap()
        })
    });
    let mut delays = [Vec::new(), Vec::new()];
    for _ in 0..41 {
        // As seldom as the agent does it, more or less: in a tight loop all would be in the processor's caches.
        std::thread::sleep(Duration::from_millis(20));
        for (delays, [from, to]) in delays.iter_mut().zip([[0, 1], [1, 0]]) {
            delays.push(delay(&mut sockets, from, to));
        }
    }
    delays.map(|mut delays| {
        delays.sort_unstable();
        delays[delays.len() / 2] as f64 / 1e9
    })
}

/// From a packet's leaving to its arrival, in nanoseconds.
fn delay(sockets: &mut [StampedSocket<()>; 2], from: usize, to: usize) -> i64 {
    let envelope = Envelope {
        to: sockets[to].local_addr().unwrap(),
        from: None,
        class: TrafficClass::default(),
    };
    let wall = Timestamp::from_unix(SystemClock.wall());
    sockets[from].send(&[0; 44], &envelope, (), wall).unwrap();
    let left = wait_for("the stamp of the leaving", || sockets[from].poll_sent());
    let mut buffer = [0; 64];
    let arrived = wait_for("the packet", || {
        sockets[to].receive(&SystemClock, &mut buffer).unwrap()
    });
    arrived.arrival.stamp.at.nanos_since(left.1.at)
}

fn way(direction: &str) -> String {
    format!("peer=\"{}\",direction=\"{direction}\"", name(1))
}

#[test]
fn from_kernel_to_kernel_a_quiet_wire_is_short_whatever_the_processors_do() {
    let net = match Net::new("wq", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let claim = ["--trial.clock-bound", "1000"];
    let [near, _far] = [0, 1].map(|host| net.agent(host, &claim));
    near.after_answers(&name(1), 60);
    let (idle, idle_beside) = (medians(&near), beside(&net));
    let spinning: Vec<_> = (0..2).map(|_| Program::start(spin())).collect();
    let busy_beside = beside(&net);
    let scrape = near.after_answers(&name(1), 160);
    let busy = medians(&near);
    drop(spinning);
    for (way_at, direction) in ["to", "from"].into_iter().enumerate() {
        let labels = way(direction);
        let [idle, busy, idle_beside, busy_beside] =
            [idle, busy, idle_beside, busy_beside].map(|medians| medians[way_at] * 1e6);
        println!(
            "{direction}: median {idle:.2} us idle, {busy:.2} us busy; beside it {idle_beside:.2} and {busy_beside:.2} us"
        );
        // On a machine on which the kernel itself takes longer, the wire is as long as that makes it.
        assert!(idle < 2.0_f64.max(2.0 * idle_beside + 1.0), "{idle} us idle");
        assert!(busy < 2.0_f64.max(2.0 * busy_beside + 1.0), "{busy} us busy");
        assert!(
            busy - idle < 2.0 + (busy_beside - idle_beside).max(0.0),
            "{idle} us, then {busy} us"
        );
        let samples = |quality| {
            let series = format!("wattle_oneway_samples_total{{{labels},quality=\"{quality}\"}}");
            scrape.whole(&series)
        };
        assert!(
            samples("wire") > 140 && samples("host") < 20,
            "{} {}",
            samples("wire"),
            samples("host")
        );
        let minimum = scrape
            .value(&format!("wattle_oneway_delay_min_seconds{{{labels}}}"))
            .unwrap();
        assert!((0.0..1e-5).contains(&minimum), "{minimum}");
        assert_eq!(scrape.whole(&format!("wattle_oneway_hops{{{labels}}}")), 0);
        assert_eq!(
            scrape.whole(&format!(
                "wattle_oneway_packets_total{{{labels},outcome=\"lost\"}}"
            )),
            0
        );
    }
}

fn spin() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "while :; do :; done"]);
    command
}

#[test]
fn without_a_synchronised_clock_no_absolute_delay_is_shown_and_the_rest_is() {
    let net = match Net::new("wu", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let near = net.agent(0, &["--trial.clock-bound", "1000"]);
    let _far = net.agent(1, &[]);
    let scrape = near.after_answers(&name(1), 20);
    let peer = name(1);
    let state = |state: &str| {
        scrape.whole(&format!(
            "wattle_oneway_clock_state{{peer=\"{peer}\",state=\"{state}\"}}"
        ))
    };
    if state("synchronised") == 1 {
        skip!("this machine's clock is synchronised");
    }
    assert_eq!((state("unsynchronised"), state("inconsistent")), (1, 0));
    for hidden in [
        "wattle_oneway_delay_seconds_count",
        "wattle_oneway_delay_min_seconds",
        "wattle_oneway_clock_bound_seconds",
    ] {
        assert_eq!(scrape.family(hidden).count(), 0, "{hidden}");
    }
    assert!(scrape.whole(&format!("wattle_oneway_queueing_seconds_count{{{}}}", way("to"))) > 10);
    assert!(
        scrape.whole(&format!(
            "wattle_rtt_seconds_count{{peer=\"{peer}\",method=\"stamp\"}}"
        )) > 10
    );
}

#[test]
fn a_peer_without_an_agent_is_pinged() {
    let net = match Net::new("wp", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let near = net.agent(0, &["--latency.peers", "gateway=127.0.0.9,agent=none"]);
    let scrape = near.after_answers("gateway", 5);
    let count = scrape.whole("wattle_rtt_seconds_count{peer=\"gateway\",method=\"icmp\"}");
    assert!(count >= 5, "{count}");
    assert_eq!(scrape.whole("wattle_sensor_up{sensor=\"latency/icmp\"}"), 1);
    assert_eq!(scrape.whole("wattle_oneway_peers{state=\"measured\"}"), 2);
}

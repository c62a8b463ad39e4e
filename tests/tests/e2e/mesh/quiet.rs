//! Two hosts on a quiet wire.

use std::process::Command;

use super::host::Net;
use super::host::name;
use crate::e2e::exposition::Exposition;
use crate::e2e::program::Program;

/// The upper bound, in seconds, of the bucket with the median of a histogram.
fn median(scrape: &Exposition, family: &str, labels: &str) -> f64 {
    let count = scrape.value(&format!("{family}_count{{{labels}}}")).unwrap();
    let name = format!("{family}_bucket");
    let all = scrape.family(&name);
    let mut buckets: Vec<(f64, f64)> = all
        .filter_map(|(series, value)| {
            let rest = series.strip_prefix('{')?.strip_suffix('}')?;
            let (_, bound) = rest
                .contains(labels)
                .then(|| rest.split_once("le=\""))
                .flatten()?;
            let bound = bound.split('"').next()?;
            Some((bound.parse().unwrap_or(f64::INFINITY), value.parse().ok()?))
        })
        .collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let found = buckets.iter().find(|(_, below)| *below >= count / 2.0);
    found.map_or(f64::INFINITY, |(bound, _)| *bound)
}

fn way(direction: &str) -> String {
    format!("peer=\"{}\",direction=\"{direction}\"", name(1))
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what somebody wants to see")]
fn from_kernel_to_kernel_a_quiet_wire_is_short_whatever_the_processors_do() {
    let net = match Net::new("wq", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let claim = ["--trial.clock-bound", "1000"];
    let [near, _far] = [0, 1].map(|host| net.agent(host, &claim));
    let idle = near.after_answers(&name(1), 60);
    let spinning: Vec<_> = (0..2).map(|_| Program::start(spin())).collect();
    let busy = near.after_answers(&name(1), 160);
    drop(spinning);
    for direction in ["to", "from"] {
        let labels = way(direction);
        let wire = [&idle, &busy].map(|scrape| median(scrape, "wattle_oneway_delay_seconds", &labels));
        let host =
            [&idle, &busy].map(|scrape| median(scrape, "wattle_oneway_host_seconds", "stage=\"wake_up\""));
        println!("{direction}: median in s, idle and busy: wire below {wire:?}, wake-up below {host:?}");
        assert!(wire.iter().all(|median| *median <= 1e-5), "{wire:?}");
        let samples = |quality| {
            let series = format!("wattle_oneway_samples_total{{{labels},quality=\"{quality}\"}}");
            busy.whole(&series)
        };
        assert!(
            samples("wire") > 140 && samples("host") < 20,
            "{} {}",
            samples("wire"),
            samples("host")
        );
        let minimum = busy
            .value(&format!("wattle_oneway_delay_min_seconds{{{labels}}}"))
            .unwrap();
        assert!((0.0..1e-5).contains(&minimum), "{minimum}");
        assert_eq!(busy.whole(&format!("wattle_oneway_hops{{{labels}}}")), 0);
        assert_eq!(
            busy.whole(&format!(
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

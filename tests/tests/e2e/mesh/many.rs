//! More peers than anybody measures, and as many as somebody might.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use tun_rs::DeviceBuilder;
use tun_rs::Layer;

use super::host::Host;
use super::host::Net;
use super::host::address;
use super::host::ip;
use crate::e2e::patience::now;
use crate::e2e::patience::wait_until;

const LISTED: usize = 10_000;
const LIMIT: usize = 50;
/// Of one peer, by `latency.interval` as agents have it here.
const PACKETS_PER_SECOND: f64 = 10.0;

/// A list of hosts that there are not, in networks that lead nowhere.
fn list() -> String {
    let mut list = String::new();
    for host in 0..LISTED {
        let (net, row) = (host / 250, host % 250);
        list += &format!(
            "- targets: ['198.18.{net}.{}']\n  labels: {{zone: z{}}}\n",
            row + 1,
            host % 40
        );
    }
    list
}

/// When each packet came that was sent into those networks.
type Arrivals = Arc<Mutex<Vec<Instant>>>;

/// A device that takes all packets to them, and answers none.
fn sink(net: &Net) -> Result<Arrivals, String> {
    let name = format!("wsink{}", std::process::id() % 100_000);
    let device = DeviceBuilder::new()
        .name(name.clone())
        .layer(Layer::L3)
        .build_sync();
    let device = device.map_err(|error| format!("a TUN device: {error}"))?;
    net.adopt(0, &name, &address(0))?;
    ip(&[
        "-n",
        &net.namespace(0),
        "route",
        "add",
        "198.18.0.0/15",
        "dev",
        &name,
    ])?;
    let arrivals = Arrivals::default();
    let shared = arrivals.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok(length) = device.recv(&mut buffer) {
            // UDP over IPv4; the kernel itself has things to say about IPv6.
            if length > 20 && buffer[0] >> 4 == 4 && buffer[9] == 17 {
                shared.lock().unwrap().push(now());
            }
        }
    });
    Ok(arrivals)
}

/// The most packets of any second.
fn most_in_a_second(arrivals: &[Instant]) -> usize {
    let within = |from: usize| {
        let end = arrivals[from] + Duration::from_secs(1);
        arrivals[from..].partition_point(|at| *at < end)
    };
    (0..arrivals.len()).map(within).max().unwrap_or_default()
}

#[test]
fn of_ten_thousand_peers_as_many_are_measured_as_was_said_and_none_in_a_burst() {
    let net = match Net::new("wm", 1) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let arrivals = match sink(&net) {
        Ok(arrivals) => arrivals,
        Err(reason) => skip!("{reason}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("peers.yaml");
    fs::write(&file, list()).unwrap();
    let near = net.agent_alone(
        0,
        &[
            "--latency.peers-file",
            file.to_str().unwrap(),
            "--interval",
            "200ms",
        ],
    );
    let few = near.resident();
    let mean = LIMIT as f64 * PACKETS_PER_SECOND;
    wait_until("some seconds of packets", || {
        arrivals.lock().unwrap().len() as f64 > mean * 4.0
    });
    let most = most_in_a_second(&arrivals.lock().unwrap());
    let scrape = near.scrape();
    let (ticks, missed) = (
        scrape.whole("wattle_tick_seconds_count"),
        scrape.whole("wattle_ticks_missed_total"),
    );
    let resident = near.resident();
    println!(
        "{LISTED} peers listed, {LIMIT} measured: at most {most} packets in a second, {mean} on average; \
         {missed} of {ticks} ticks missed; {few} KiB resident at first, {resident} KiB with all"
    );
    assert!((most as f64) < mean * 3.0, "{most} packets in a second");
    assert!(missed * 4 <= ticks, "{missed} ticks missed of {ticks}");
    assert!(resident < 64 << 10, "{resident} KiB");
    let state = |state: &str| scrape.whole(&format!("wattle_oneway_peers{{state=\"{state}\"}}"));
    assert_eq!(
        [
            state("measured"),
            state("capped"),
            scrape.whole("wattle_oneway_peers_limit")
        ],
        [LIMIT as u64, (LISTED - LIMIT) as u64, LIMIT as u64]
    );
    let text = near.get("/metrics").text();
    let named = text
        .lines()
        .filter_map(|line| line.split_once("peer=\"")?.1.split('"').next());
    let peers: BTreeSet<_> = named.collect();
    assert_eq!(peers.len(), LIMIT, "series of so many peers");
    let zones: BTreeSet<_> = scrape
        .family("wattle_oneway_peer_info")
        .filter_map(|(labels, _)| {
            labels
                .split_once("zone=\"")?
                .1
                .split('"')
                .next()
                .map(str::to_owned)
        })
        .collect();
    assert!(zones.len() > 20, "a share of the zones: {zones:?}");
}

const PEERS: u64 = 200;

/// Seconds of processor time so far.
fn cpu(host: &Host) -> f64 {
    ticks(host).iter().sum::<f64>() / 100.0
}

/// Clock ticks in user and kernel mode.
fn ticks(host: &Host) -> [f64; 2] {
    let stat = fs::read_to_string(format!("/proc/{}/stat", host.program.id())).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [11, 12].map(|field| fields[field].parse().unwrap())
}

#[test]
fn two_hundred_peers_at_ten_packets_a_second_are_measured_and_the_cost_is_printed() {
    let net = match Net::new("wh", 1) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let [key, file] = ["key", "peers.yaml"].map(|name| dir.path().join(name));
    fs::write(&key, "0123456789abcdef-two-hundred").unwrap();
    let targets: Vec<_> = (1..=PEERS).map(|peer| format!("'127.0.1.{peer}:862'")).collect();
    fs::write(&file, format!("- targets: [{}]\n", targets.join(", "))).unwrap();
    let key = ["--latency.key-file", key.to_str().unwrap()];
    let far = net.agent_alone(0, &[&key[..], &["--latency.reflect", "true"]].concat());
    let measuring = [
        "--latency.peers-file",
        file.to_str().unwrap(),
        "--latency.max-peers",
        "1000",
        "--latency.listen",
        "127.0.0.1:8620",
    ];
    let near = net.agent_alone(0, &[&key[..], &measuring].concat());
    let count = |outcome: &str| {
        let scrape = near.scrape();
        let labels = format!("direction=\"round_trip\",outcome=\"{outcome}\"");
        let packets = scrape.family("wattle_oneway_packets_total");
        let counts = packets.filter(|(series, _)| series.contains(&labels));
        counts
            .map(|(_, count)| count.parse::<f64>().unwrap())
            .sum::<f64>()
    };
    wait_until("answers of all", || count("received") > 2000.0);
    let (begun, answered, costs) = (now(), count("received"), [cpu(&near), cpu(&far)]);
    wait_until("five thousand more", || count("received") > answered + 5000.0);
    let (took, more) = (begun.elapsed().as_secs_f64(), count("received") - answered);
    let [near_cpu, far_cpu] = [cpu(&near) - costs[0], cpu(&far) - costs[1]];
    let [received, lost] = ["received", "lost"].map(count);
    println!(
        "{PEERS} peers, {:.0} answers/s: the agent that measures {:.2} % of a processor and {} KiB, the one that \
         answers {:.2} % and {} KiB; {lost} of {received} lost",
        more / took,
        near_cpu / took * 100.0,
        near.resident(),
        far_cpu / took * 100.0,
        far.resident(),
    );
    assert_eq!(
        near.scrape().whole("wattle_oneway_peers{state=\"measured\"}"),
        PEERS
    );
    let answering = near.answers_of_all().into_values().filter(|answers| *answers > 0);
    assert_eq!(answering.count() as u64, PEERS, "all of them answer");
}

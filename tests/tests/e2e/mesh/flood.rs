//! A reflector that somebody floods while others measure.

use std::net::SocketAddr;
use std::net::UdpSocket;
use std::time::Duration;

use super::host::Host;
use super::host::Net;
use super::host::address;
use super::host::name;
use super::host::within;
use crate::e2e::patience::now;

/// After how many packets it pauses for a millisecond.
const AT_FULL_RATE: Option<u64> = None;
const IN_BOUNDS: Option<u64> = Some(2);
/// However busy the machine is, a flood has at least so many.
const LEAST: u64 = 600;

/// Octets sent and answered.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    packets: u64,
    sent: u64,
    answered: u64,
}

/// A packet that is no request, or hardly one: by its number, always the same.
fn hostile(number: u64, packet: &mut Vec<u8>) {
    let mut random = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut draw = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    packet.clear();
    let length = match number % 6 {
        0 => draw() % 1400,
        1 => draw() % 44,
        _ => 44,
    };
    packet.extend((0..length).map(|_| draw() as u8));
    match number % 6 {
        // As authenticated ones are, with an HMAC that nobody made (RFC 8762 section 4.2.2).
        2 => {
            packet.resize(112, 0xa5);
            packet[4..16].fill(0);
            packet[28..96].fill(0);
        }
        // A TLV that claims to be as long as none can be (RFC 8972 section 4).
        3 => packet.extend([0x80, 1, 0xff, 0xff, 1, 2, 3]),
        // TLVs of no length at all.
        4 => packet.resize(44 + 1200, 0),
        // A return path to somebody else, and a class of service.
        5 => packet.extend([
            0x80, 10, 0, 8, 0, 2, 0, 4, 203, 0, 113, 1, 0x80, 4, 0, 4, 0xff, 0xff, 0xff, 0xff,
        ]),
        _ => {}
    }
}

/// Floods the other host's reflector for so long.
fn flood(net: &Net, pace: Option<u64>, lasting: Duration) -> Traffic {
    let reflector: SocketAddr = format!("{}:862", address(1)).parse().unwrap();
    within(&net.namespace(0), move || {
        let sockets: Vec<_> = (0..8)
            .map(|_| UdpSocket::bind((address(0), 0)).unwrap())
            .collect();
        sockets
            .iter()
            .for_each(|socket| socket.set_nonblocking(true).unwrap());
        let (mut traffic, mut packet, mut reply) = (Traffic::default(), Vec::new(), [0; 65_536]);
        let begin = now();
        while begin.elapsed() < lasting || traffic.packets < LEAST {
            let socket = &sockets[traffic.packets as usize % sockets.len()];
            hostile(traffic.packets, &mut packet);
            traffic.packets += 1;
            // What does not fit into the own queue was not sent.
            if socket.send_to(&packet, reflector).is_ok() {
                traffic.sent += packet.len() as u64;
            }
            while let Ok(length) = socket.recv(&mut reply) {
                traffic.answered += length as u64;
            }
            if pace.is_some_and(|pace| traffic.packets.is_multiple_of(pace)) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        traffic
    })
}

fn round_trips(host: &Host, outcome: &str) -> u64 {
    let labels = format!(
        "{{peer=\"{}\",direction=\"round_trip\",outcome=\"{outcome}\"}}",
        name(1)
    );
    host.scrape()
        .whole(&format!("wattle_oneway_packets_total{labels}"))
}

#[test]
fn a_flood_is_answered_with_less_than_it_brought_and_peers_keep_their_figures() {
    let net = match Net::new("wf", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    std::fs::write(&key, "a key that only those two have").unwrap();
    let signed = [
        "--trial.clock-bound",
        "1000",
        "--latency.key-file",
        key.to_str().unwrap(),
    ];
    let [far, near] = [1, 0].map(|host| net.agent(host, &signed));
    near.after_answers(&name(1), 20);

    let full = flood(&net, AT_FULL_RATE, Duration::from_secs(3));
    println!("at full rate: {full:?}");
    assert!(full.answered <= full.sent, "{full:?}");
    // It goes on measuring.
    near.after_more_answers(&[&name(1)], 40);

    let before = ["sent", "lost"].map(|outcome| round_trips(&near, outcome));
    let bounded = flood(&net, IN_BOUNDS, Duration::from_secs(4));
    println!("in bounds: {bounded:?}");
    assert!(bounded.answered <= bounded.sent, "{bounded:?}");
    near.after_more_answers(&[&name(1)], 40);
    let after = ["sent", "lost"].map(|outcome| round_trips(&near, outcome));
    let [sent, lost] = [0, 1].map(|at| after[at] - before[at]);
    assert!(lost * 20 <= sent, "{lost} of {sent} lost");

    let scrape = near.scrape();
    for direction in ["to", "from"] {
        let labels = format!("{{peer=\"{}\",direction=\"{direction}\"}}", name(1));
        let minimum = scrape
            .value(&format!("wattle_oneway_delay_min_seconds{labels}"))
            .unwrap();
        // The kernel's stamps know nothing of queues in front of a program.
        assert!((0.0..1e-4).contains(&minimum), "{direction}: {minimum}");
    }
    let refused = far.scrape();
    for reason in ["short", "wrong_hmac"] {
        let series = format!("wattle_oneway_refused_packets_total{{reason=\"{reason}\"}}");
        assert!(refused.whole(&series) > 0, "{series}");
    }
    assert!(!far.program.log().contains("panic"), "{}", far.program.log());
    let resident = far.resident();
    assert!(resident < 64 << 10, "{resident} KiB");
}

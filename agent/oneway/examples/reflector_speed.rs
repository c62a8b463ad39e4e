//! How many requests a second one core reflects, without sockets: `cargo run --release -p wattle-oneway --example reflector_speed`.
#![expect(clippy::print_stdout, reason = "printing is all that it does")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

use wattle_oneway::Timestamp;
use wattle_oneway::stamp::Arrival;
use wattle_oneway::stamp::Extensions;
use wattle_oneway::stamp::Key;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::KeyStore;
use wattle_oneway::stamp::Policy;
use wattle_oneway::stamp::Rate;
use wattle_oneway::stamp::Reflection;
use wattle_oneway::stamp::Reflector;
use wattle_oneway::stamp::Security;
use wattle_oneway::stamp::Sender;
use wattle_oneway::stamp::Settings;
use wattle_oneway::stamp::Stamp;

const PACKETS: u32 = 1_000_000;
const PEERS: u32 = 1000;

fn main() {
    let keys = || KeyRing::new(Key::new(b"0123456789abcdef0123456789abcdef"));
    let cases = [
        ("44 octets, open", Security::Open, Extensions::NONE),
        ("all TLVs, open", Security::Open, Extensions::ALL),
        (
            "112 octets, authenticated",
            Security::Authenticated(keys()),
            Extensions::NONE,
        ),
        (
            "all TLVs, authenticated",
            Security::Authenticated(keys()),
            Extensions::ALL,
        ),
    ];
    for (what, security, extensions) in cases {
        let mut sender = Sender::new(
            Settings {
                security,
                extensions,
                ..Settings::default()
            },
            Duration::ZERO,
        );
        let mut request = vec![0; sender.packet_len()];
        let wall = Timestamp::from_ntp(1 << 63);
        let due = sender.poll_timeout().unwrap_or_default();
        sender.poll_transmit(due, wall, &mut request);
        let taken = reflect(&request, wall, KeyStore::default().with_default(keys()));
        let each = taken.as_nanos() / u128::from(PACKETS);
        let rate = f64::from(PACKETS) / taken.as_secs_f64();
        println!(
            "{what:26} {:3} octets: {each:5} ns each, {rate:9.0} a second",
            request.len()
        );
    }
}

/// Reflects one packet for many peers in turn.
fn reflect(request: &[u8], wall: Timestamp, keys: KeyStore) -> Duration {
    let mut policy = Policy::default();
    policy.limits.per_source = Rate {
        per_second: u32::MAX,
        burst: u32::MAX,
    };
    policy.limits.all_newcomers = policy.limits.per_source;
    let mut reflector = Reflector::new(policy, keys);
    let mut reply = vec![0; request.len()];
    let begin = Instant::now();
    for nth in 0..PACKETS {
        let now = Duration::from_micros(u64::from(nth));
        let arrival = Arrival {
            stamp: Stamp::kernel(wall),
            wall,
            ..Arrival::default()
        };
        let from = SocketAddr::from(((nth % PEERS).to_be_bytes(), 862));
        let reflection = reflector.handle_request(now, &arrival, from, request, &mut reply);
        if let Reflection::Send(answer) = reflection
            && let Some(token) = answer.token
        {
            reflector.handle_sent(token, arrival.stamp);
        }
        while reflector.poll_observation().is_some() {}
    }
    let taken = begin.elapsed();
    assert_eq!(reflector.counts().reflected, u64::from(PACKETS));
    taken
}

//! Octets that nobody meant to send: STAMP's two machines must neither panic nor answer with more than they got.
//!
//! `WATTLE_HOSTILE_INPUTS` says how many inputs; without it 10 million, or 30,000 where the build is not optimised.

use core::net::SocketAddr;
use core::time::Duration;

use wattle_oneway::Timestamp;
use wattle_oneway::stamp::Access;
use wattle_oneway::stamp::Arrival;
use wattle_oneway::stamp::Key;
use wattle_oneway::stamp::KeyRing;
use wattle_oneway::stamp::KeyStore;
use wattle_oneway::stamp::Pace;
use wattle_oneway::stamp::Policy;
use wattle_oneway::stamp::Rate;
use wattle_oneway::stamp::Reflection;
use wattle_oneway::stamp::Reflector;
use wattle_oneway::stamp::Security;
use wattle_oneway::stamp::Seen;
use wattle_oneway::stamp::Sender;
use wattle_oneway::stamp::Settings;
use wattle_oneway::stamp::Stamp;
use wattle_oneway::stamp::Tlvs;
use wattle_oneway::stamp::TrafficClass;

const INPUTS: u64 = if cfg!(debug_assertions) {
    30_000
} else {
    10_000_000
};

/// A stream of numbers that is the same each time (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound.max(1)
    }

    /// Changes a packet a little, or beyond recognition.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(6) {
            let place = self.below(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(place),
                1 => bytes.resize(place + self.below(300), 0),
                2 => bytes.extend((0..self.below(60)).map(|nth| nth as u8 ^ 0x80)),
                _ => {
                    if let Some(octet) = bytes.get_mut(place) {
                        *octet = self.next() as u8;
                    }
                }
            }
        }
        if self.below(4) == 0 {
            bytes.iter_mut().for_each(|octet| *octet = self.next() as u8);
        }
    }

    fn arrival(&mut self) -> Arrival {
        Arrival {
            stamp: Stamp::kernel(Timestamp::from_ntp(self.next())),
            wall: Timestamp::from_ntp(self.next()),
            seen: Seen {
                ttl: Some(self.next() as u8),
                class: Some(TrafficClass::from_octet(self.next() as u8)),
            },
            local: None,
        }
    }
}

fn keys() -> KeyRing {
    KeyRing::new(Key::new(b"key"))
}

fn reflectors() -> Vec<Reflector> {
    let mut policy = Policy::default();
    policy.limits.all_newcomers = Rate {
        per_second: u32::MAX,
        burst: u32::MAX,
    };
    policy.limits.per_source = policy.limits.all_newcomers;
    let accesses = [Access::Open, Access::Either, Access::Authenticated];
    let policies = accesses.map(|access| {
        [true, false].map(|stateful| Policy {
            access,
            stateful,
            ..policy
        })
    });
    let store = || KeyStore::default().with_default(keys());
    policies
        .into_iter()
        .flatten()
        .map(|policy| Reflector::new(policy, store()))
        .collect()
}

fn senders() -> Vec<Sender> {
    let securities = [
        Security::Open,
        Security::SignedTlvs(keys()),
        Security::Authenticated(keys()),
    ];
    let begin = |security| {
        let settings = Settings {
            security,
            pace: Pace::Random(Duration::from_millis(10)),
            ..Settings::default()
        };
        Sender::new(settings, Duration::ZERO)
    };
    securities.into_iter().map(begin).collect()
}

/// One input for each pair of sender and reflector: a request, spoilt; and its reply, spoilt.
fn run(inputs: u64) {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut reflectors, mut senders) = (reflectors(), senders());
    let mut now = Duration::ZERO;
    let mut answered = 0_u64;
    for nth in 0..inputs {
        now += Duration::from_millis(numbers.below(25) as u64);
        let sender_place = numbers.below(senders.len());
        let reflector_place = numbers.below(reflectors.len());
        let sender = &mut senders[sender_place];
        let mut request = vec![0; sender.packet_len()];
        if let Some(packet) = sender.poll_transmit(now, Timestamp::from_ntp(numbers.next()), &mut request) {
            sender.handle_sent(
                now,
                packet.sequence,
                Stamp::kernel(Timestamp::from_ntp(numbers.next())),
            );
        }
        if nth % 3 > 0 {
            numbers.spoil(&mut request);
        }
        let arrival = numbers.arrival();
        let mut reply = vec![0; request.len()];
        let from = SocketAddr::from(([192, 0, 2, numbers.next() as u8], 1));
        let reflector = &mut reflectors[reflector_place];
        let reflection = reflector.handle_request(now, &arrival, from, &request, &mut reply);
        if let Reflection::Send(answer) = reflection {
            assert_eq!(answer.length, request.len());
            if let Some(token) = answer.token {
                reflector.handle_sent(token, Stamp::kernel(Timestamp::from_ntp(numbers.next())));
            }
            answered += 1;
        }
        if nth % 5 > 0 {
            numbers.spoil(&mut reply);
        }
        let _ = sender.handle_reply(now, &numbers.arrival(), &reply);
        sender.handle_timeout(now);
        while sender.poll_event().is_some() {}
        while reflector.poll_observation().is_some() {}
        assert!(Tlvs::new(&request).count() <= request.len());
    }
    assert!(answered > inputs / 10, "{answered} of {inputs}");
    assert!(senders.iter().all(|sender| sender.counts().answered > 0));
}

#[test]
fn stamp_neither_panics_nor_amplifies_whatever_comes() {
    let inputs = std::env::var("WATTLE_HOSTILE_INPUTS")
        .ok()
        .and_then(|inputs| inputs.parse().ok());
    run(inputs.unwrap_or(INPUTS));
}

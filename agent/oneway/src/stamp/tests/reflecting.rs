//! Who is answered, how much, and what survives a flood.

use core::net::SocketAddr;
use core::time::Duration;

use proptest::prelude::*;

use crate::stamp::Access;
use crate::stamp::Answer;
use crate::stamp::Key;
use crate::stamp::KeyRing;
use crate::stamp::KeyStore;
use crate::stamp::Limits;
use crate::stamp::Mode;
use crate::stamp::Policy;
use crate::stamp::Rate;
use crate::stamp::Reflection;
use crate::stamp::Reflector;
use crate::stamp::Refusal;
use crate::stamp::Reply;
use crate::stamp::Request;
use crate::stamp::TrafficClass;

use super::world::arrival;

const SECOND: Duration = Duration::from_secs(1);

fn from(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 4000))
}

fn request(ssid: u16) -> Vec<u8> {
    let mut bytes = vec![0; 44];
    let request = Request {
        sequence: 7,
        timestamp: [9; 8],
        error: crate::ErrorEstimate::unsynchronised(),
        ssid,
    };
    request.write(Mode::Unauthenticated, &mut bytes);
    bytes
}

fn signed(secret: &[u8], ssid: u16) -> Vec<u8> {
    let open = Request::parse(&request(ssid), Mode::Unauthenticated).unwrap();
    let mut bytes = vec![0; 112];
    open.write(Mode::Authenticated, &mut bytes);
    let tag = Key::new(secret).tag(&[&bytes[..96]]);
    bytes[96..].copy_from_slice(&tag);
    bytes
}

fn ask(
    reflector: &mut Reflector,
    now: Duration,
    from: SocketAddr,
    bytes: &[u8],
) -> Result<(Answer, Vec<u8>), Refusal> {
    let mut out = vec![0; bytes.len()];
    match reflector.handle_request(now, &arrival(), from, bytes, &mut out) {
        Reflection::Send(answer) => Ok((answer, out)),
        Reflection::Dropped(reason) => Err(reason),
    }
}

/// The sequence number of the reply.
fn number(reflector: &mut Reflector, now: Duration, from: SocketAddr, bytes: &[u8]) -> Result<u32, Refusal> {
    let (_, out) = ask(reflector, now, from, bytes)?;
    Ok(u32::from_be_bytes(out[..4].try_into().unwrap()))
}

fn open() -> Reflector {
    limited(Limits::default(), KeyStore::default())
}

fn limited(limits: Limits, store: KeyStore) -> Reflector {
    let policy = Policy {
        limits,
        ..Policy::default()
    };
    Reflector::new(policy, store)
}

#[test]
fn each_session_has_its_own_count_and_a_stateless_reflector_none() {
    let mut reflector = open();
    let mut number_of = |last, ssid| number(&mut reflector, SECOND, from(last), &request(ssid)).unwrap();
    let mut numbers = [(1, 1), (1, 1), (2, 1), (1, 2), (1, 1)].map(|(last, ssid)| number_of(last, ssid));
    assert_eq!(numbers, [0, 1, 0, 0, 2]);
    let mut stateless = Reflector::new(
        Policy {
            stateful: false,
            ..Policy::default()
        },
        KeyStore::default(),
    );
    numbers = [0; 5].map(|_| number(&mut stateless, SECOND, from(1), &request(1)).unwrap());
    assert_eq!((numbers, stateless.sessions()), ([7; 5], 0));
}

#[test]
fn an_ipv4_peer_is_the_same_through_an_ipv6_socket() {
    let mut reflector = open();
    let mapped: SocketAddr = "[::ffff:192.0.2.1]:4000".parse().unwrap();
    let numbers = [from(1), mapped].map(|peer| number(&mut reflector, SECOND, peer, &request(1)));
    assert_eq!(numbers, [Ok(0), Ok(1)]);
}

#[test]
fn a_reply_that_was_not_sent_leaves_no_gap() {
    let mut reflector = open();
    let (answer, _) = ask(&mut reflector, SECOND, from(1), &request(1)).unwrap();
    reflector.handle_unsent(answer.token.unwrap());
    assert_eq!(number(&mut reflector, SECOND, from(1), &request(1)), Ok(0));
}

/// RFC 8762 section 4.6 and RFC 6038: TWAMP Light sends 14 octets and padding; the reply is as long.
#[test]
fn twamp_light_is_answered_in_its_own_length() {
    for length in [14, 16, 27, 41, 43, 44, 45, 100, 1400] {
        let mut reflector = open();
        let mut bytes = vec![0xa5; length];
        bytes[..14].copy_from_slice(&request(0)[..14]);
        let (answer, out) = ask(&mut reflector, SECOND, from(1), &bytes).unwrap();
        assert_eq!(answer.length, length);
        if length >= 41 {
            let reply = Reply::parse(&out, Mode::Unauthenticated).unwrap();
            assert_eq!(
                (reply.sender_sequence, reply.sender_timestamp, reply.ttl),
                (7, [9; 8], 1)
            );
        }
        assert_eq!(number(&mut reflector, SECOND, from(1), &bytes), Ok(1));
        // Padding that differs from packet to packet does not make new sessions.
        bytes.iter_mut().skip(14).for_each(|octet| *octet = 0x3c);
        assert_eq!(number(&mut reflector, SECOND, from(1), &bytes), Ok(2));
    }
}

#[test]
fn what_is_shorter_than_a_request_is_dropped() {
    let mut reflector = open();
    for length in 0..14 {
        assert_eq!(
            ask(&mut reflector, SECOND, from(1), &[1; 14][..length]),
            Err(Refusal::Short)
        );
    }
    assert_eq!(reflector.counts().refused(Refusal::Short), 14);
    let reflection = reflector.handle_request(SECOND, &arrival(), from(1), &request(1), &mut [0; 43]);
    assert_eq!(reflection, Reflection::Dropped(Refusal::NoBuffer));
}

#[test]
fn whoever_must_authenticate_and_does_not_is_dropped() {
    let ring = |secret: &[u8]| KeyRing::new(Key::new(secret));
    let store = KeyStore::default()
        .with_peer(from(1).ip(), ring(b"one"))
        .with_ssid(5, ring(b"five"));
    let mut wrong = signed(b"one", 1);
    wrong[111] ^= 1;
    type Case = (Access, u8, Vec<u8>, Result<(), Refusal>);
    let cases: [Case; 13] = [
        (Access::Open, 1, request(1), Ok(())),
        (Access::Either, 1, request(1), Err(Refusal::Unauthenticated)),
        (Access::Either, 1, signed(b"one", 1), Ok(())),
        (Access::Either, 1, signed(b"five", 5), Err(Refusal::WrongHmac)),
        (Access::Either, 1, wrong, Err(Refusal::WrongHmac)),
        (Access::Either, 2, request(5), Ok(())),
        (Access::Either, 2, signed(b"five", 5), Ok(())),
        (Access::Either, 2, signed(b"six", 5), Err(Refusal::WrongHmac)),
        (Access::Either, 2, signed(b"six", 6), Err(Refusal::NoKey)),
        (
            Access::Authenticated,
            2,
            request(5),
            Err(Refusal::Unauthenticated),
        ),
        (Access::Authenticated, 2, signed(b"five", 5), Ok(())),
        (Access::Authenticated, 2, signed(b"five", 6), Err(Refusal::NoKey)),
        (Access::Authenticated, 2, vec![0; 13], Err(Refusal::Short)),
    ];
    for (place, (access, last, bytes, expected)) in cases.into_iter().enumerate() {
        let mut reflector = Reflector::new(
            Policy {
                access,
                ..Policy::default()
            },
            store.clone(),
        );
        let result = ask(&mut reflector, SECOND, from(last), &bytes).map(|_| ());
        assert_eq!(result, expected, "case {place}");
        assert_eq!(
            reflector.sessions(),
            usize::from(expected.is_ok()),
            "case {place}"
        );
    }
}

#[test]
fn a_reply_is_signed_with_the_key_of_its_request_while_keys_change() {
    let mut ring = KeyRing::new(Key::new(b"old"));
    ring.rotate(Key::new(b"new"));
    let policy = Policy {
        access: Access::Authenticated,
        ..Policy::default()
    };
    let mut reflector = Reflector::new(policy, KeyStore::default().with_default(ring));
    for secret in [&b"old"[..], b"new"] {
        let (_, out) = ask(&mut reflector, SECOND, from(1), &signed(secret, 1)).unwrap();
        assert_eq!(Key::new(secret).tag(&[&out[..96]]), out[96..112]);
    }
    reflector.set_keys(KeyStore::default().with_default(KeyRing::new(Key::new(b"new"))));
    assert_eq!(
        ask(&mut reflector, SECOND, from(1), &signed(b"old", 1)).map(|_| ()),
        Err(Refusal::WrongHmac)
    );
    assert_eq!(reflector.sessions(), 1);
}

/// RFC 8972 section 4.4: DSCP1 if the policy allows it, otherwise that of the request and RP.
#[test]
fn a_reply_has_the_class_that_was_asked_for_if_that_is_allowed() {
    let policy = Policy {
        dscps: 1 << 46,
        ..Policy::default()
    };
    let asking = |dscp: u8| [request(1), vec![0x80, 4, 0, 4, dscp << 2, 0, 0, 0]].concat();
    let cases = [
        (request(1), 8, vec![]),
        (asking(46), 46, vec![46 << 2, 0x88, 0, 0]),
        (asking(40), 8, vec![40 << 2, 0x89, 0, 0]),
    ];
    for (bytes, dscp, value) in cases {
        let mut reflector = Reflector::new(policy, KeyStore::default());
        let (answer, out) = ask(&mut reflector, SECOND, from(1), &bytes).unwrap();
        assert_eq!(answer.class, TrafficClass::new(dscp, 0));
        assert_eq!(out[out.len().min(48)..], value);
    }
}

#[test]
fn two_reflectors_do_not_play_ping_pong() {
    for bytes in [request(1), signed(b"key", 1)] {
        let store = KeyStore::default().with_default(KeyRing::new(Key::new(b"key")));
        let [mut one, mut other] = [1, 2].map(|_| Reflector::new(Policy::default(), store.clone()));
        let (_, first) = ask(&mut one, SECOND, from(2), &bytes).unwrap();
        let (_, second) = ask(&mut other, SECOND, from(1), &first).unwrap();
        assert_eq!(ask(&mut one, SECOND, from(2), &second), Err(Refusal::Loop));
        assert_eq!(
            number(&mut one, SECOND, from(2), &bytes),
            Ok(1),
            "its sender goes on"
        );
    }
}

#[test]
fn a_source_is_answered_no_faster_than_allowed() {
    let limits = Limits {
        per_source: Rate {
            per_second: 10,
            burst: 5,
        },
        ..Limits::default()
    };
    let mut reflector = limited(limits, KeyStore::default());
    let mut answered =
        |now: Duration, ssid, last| number(&mut reflector, now, from(last), &request(ssid)).is_ok();
    let burst: usize = (0..20).map(|ssid| usize::from(answered(SECOND, ssid, 1))).sum();
    assert_eq!(burst, 5, "of one address, whatever the session");
    assert!(answered(SECOND, 1, 2), "another address");
    assert!(answered(SECOND * 2, 1, 1));
    assert_eq!(reflector.counts().refused(Refusal::TooFast), 15);
}

#[test]
fn silent_sessions_are_forgotten() {
    let mut reflector = open();
    number(&mut reflector, SECOND, from(1), &request(1)).unwrap();
    let expiry = reflector.poll_timeout().unwrap();
    assert_eq!(expiry, SECOND + Limits::default().expiry);
    reflector.handle_timeout(expiry - Duration::from_nanos(1));
    assert_eq!(reflector.sessions(), 1);
    reflector.handle_timeout(expiry);
    assert_eq!((reflector.sessions(), reflector.poll_timeout()), (0, None));
}

#[test]
fn one_address_cannot_take_all_places() {
    let limits = Limits {
        sessions_per_address: 3,
        ..Limits::default()
    };
    let mut reflector = limited(limits, KeyStore::default());
    for second in 1..8 {
        for ssid in 0..10 {
            number(&mut reflector, SECOND * second, from(1), &request(ssid)).unwrap();
        }
    }
    assert_eq!((reflector.sessions(), reflector.established()), (10, 3));
}

/// A million invented addresses, while an open session and an authenticated one go on.
#[test]
fn a_flood_of_spoofed_sources_reaches_no_established_session() {
    let store = KeyStore::default().with_peer(from(9).ip(), KeyRing::new(Key::new(b"key")));
    let limits = Limits {
        sessions: 64,
        newcomers: 256,
        ..Limits::default()
    };
    let mut reflector = limited(limits, store);
    let legitimate = [(from(1), request(1)), (from(9), signed(b"key", 1))];
    let mut now = Duration::ZERO;
    let mut expected = 0;
    let mut go_on = |reflector: &mut Reflector, now| {
        for (peer, bytes) in &legitimate {
            assert_eq!(number(reflector, now, *peer, bytes), Ok(expected), "{peer}");
        }
        expected += 1;
    };
    for _ in 0..5 {
        now += SECOND;
        go_on(&mut reflector, now);
    }
    let spoofed = request(2);
    let mut out = [0; 44];
    for nth in 0..1_000_000_u32 {
        now += Duration::from_micros(10);
        let source = SocketAddr::from(((nth | 0x8000_0000).to_be_bytes(), (nth >> 8) as u16));
        reflector.handle_request(now, &arrival(), source, &spoofed, &mut out);
        if nth % 100_000 == 0 {
            go_on(&mut reflector, now);
        }
    }
    assert!(reflector.sessions() <= 64 + 256, "{}", reflector.sessions());
    let counts = reflector.counts();
    assert_eq!(
        counts.reflected + counts.refused(Refusal::Crowded) + counts.refused(Refusal::TooFast),
        1_000_030
    );
    assert!(counts.refused(Refusal::Crowded) > 900_000);
    for _ in 0..5 {
        now += SECOND;
        go_on(&mut reflector, now);
    }
}

#[test]
fn an_authenticated_newcomer_takes_the_place_of_an_open_session() {
    let store = KeyStore::default().with_peer(from(9).ip(), KeyRing::new(Key::new(b"key")));
    let limits = Limits {
        sessions: 4,
        ..Limits::default()
    };
    let mut reflector = limited(limits, store);
    for second in 1..8 {
        for last in 1..8 {
            number(&mut reflector, SECOND * second, from(last), &request(1)).unwrap();
        }
    }
    assert_eq!(reflector.established(), 4);
    assert_eq!(
        number(&mut reflector, SECOND * 8, from(9), &signed(b"key", 1)),
        Ok(0)
    );
    assert_eq!(
        (reflector.established(), reflector.counts().sessions_evicted),
        (4, 1)
    );
    assert_eq!(
        number(&mut reflector, SECOND * 8, from(9), &signed(b"key", 1)),
        Ok(1)
    );
}

proptest! {
    /// Whatever comes, the reply is as long, or there is none.
    #[test]
    fn nothing_is_amplified(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
        access in 0..3_u8,
        room in 0..500_usize,
        zeros: bool,
    ) {
        if zeros {
            bytes.iter_mut().skip(4).take(12).for_each(|octet| *octet = 0);
        }
        let access = [Access::Open, Access::Either, Access::Authenticated][usize::from(access)];
        let store = KeyStore::default().with_default(KeyRing::new(Key::new(b"key")));
        let mut reflector = Reflector::new(Policy { access, ..Policy::default() }, store);
        let mut out = vec![0; room];
        match reflector.handle_request(SECOND, &arrival(), from(1), &bytes, &mut out) {
            Reflection::Send(answer) => prop_assert!(answer.length == bytes.len() && answer.length <= room),
            Reflection::Dropped(reason) => prop_assert_eq!(reflector.counts().refused(reason), 1),
        }
    }
}

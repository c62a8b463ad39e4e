//! Every message, whatever is in it, is read as it was written.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use wattle_oneway::ErrorEstimate;
use wattle_oneway::Slot;
use wattle_oneway::Timestamp;
use wattle_oneway::control::*;
use wattle_oneway::owamp::TestPacket;
use wattle_oneway::twamp::ReflectedPacket;

fn accept() -> impl Strategy<Value = Accept> {
    any::<u8>().prop_map(Accept::from_code)
}

fn sid() -> impl Strategy<Value = Sid> {
    any::<[u8; 16]>().prop_map(Sid)
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_ntp)
}

fn error() -> impl Strategy<Value = ErrorEstimate> {
    any::<[u8; 2]>().prop_map(ErrorEstimate::from_bytes)
}

/// In NTP's format, in which any octets are a time.
fn stamp() -> impl Strategy<Value = Stamp> {
    (time(), any::<u32>())
        .prop_map(|(time, bound)| Stamp::new(time, ErrorEstimate::synchronised(bound.into())))
}

fn slot() -> impl Strategy<Value = Slot> {
    prop_oneof![
        any::<u64>().prop_map(Slot::Exponential),
        any::<u64>().prop_map(Slot::Fixed)
    ]
}

fn addresses() -> impl Strategy<Value = (IpAddr, IpAddr)> {
    prop_oneof![
        any::<[[u8; 4]; 2]>().prop_map(|[a, b]| (a.into(), b.into())),
        any::<[[u8; 16]; 2]>().prop_map(|[a, b]| (a.into(), b.into())),
    ]
}

fn request() -> impl Strategy<Value = SessionRequest> {
    let direction = prop_oneof![
        Just(Direction::FromServer),
        Just(Direction::ToServer),
        Just(Direction::TwoWay)
    ];
    let numbers = any::<(u32, u16, u16, u32, u64, u32)>();
    (direction, numbers, addresses(), sid(), time(), vec(slot(), 0..20)).prop_map(
        |(direction, numbers, (sender, receiver), sid, start, slots)| {
            let (packets, sender_port, receiver_port, padding, timeout, type_p) = numbers;
            let slots = if direction == Direction::TwoWay {
                Vec::new()
            } else {
                slots
            };
            SessionRequest {
                direction,
                packets,
                sender_port,
                receiver_port,
                sender,
                receiver,
                sid,
                padding,
                start,
                timeout,
                type_p,
                slots,
            }
        },
    )
}

fn ranges() -> impl Strategy<Value = Vec<SkipRange>> {
    vec((1..1000_u32, 0..1000_u32), 0..20).prop_map(|gaps| {
        let mut next = 0;
        gaps.into_iter()
            .map(|(gap, length)| {
                let first = next + gap;
                next = first + length;
                SkipRange { first, last: next }
            })
            .collect()
    })
}

fn record() -> impl Strategy<Value = Record> {
    (any::<(u32, u8)>(), error(), error(), time(), time()).prop_map(
        |((sequence, ttl), send_error, receive_error, sent, received)| Record {
            sequence,
            send_error,
            receive_error,
            sent,
            received,
            ttl,
        },
    )
}

proptest! {
    #[test]
    fn greetings(modes: u32, challenge: [u8; 16], salt: [u8; 16], count: u32) {
        let message = ServerGreeting { modes: Modes::from_bits(modes), challenge, salt, count };
        prop_assert_eq!(message.encode().len(), ServerGreeting::SIZE);
        prop_assert_eq!(ServerGreeting::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn set_ups(mode: u32, name in "[a-z]{0,80}", token in vec(any::<u8>(), 64), iv: [u8; 16], accept in accept(), time in time()) {
        let token = token.try_into().unwrap();
        let message = SetUpResponse { mode: Modes::from_bits(mode), key_id: KeyId::new(&name).unwrap(), token, iv };
        prop_assert_eq!(message.encode().len(), SetUpResponse::SIZE);
        prop_assert_eq!(SetUpResponse::decode(&message.encode()), Ok(message));
        let message = ServerStart { accept, iv, start_time: time };
        prop_assert_eq!(message.encode().len(), ServerStart::SIZE);
        prop_assert_eq!(ServerStart::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn requests(message in request()) {
        let octets = message.encode().unwrap();
        prop_assert_eq!(SessionRequest::size(&octets[..16]), Ok(octets.len()));
        prop_assert_eq!(SessionRequest::decode(&octets), Ok(message));
    }

    #[test]
    fn answers(accept in accept(), port: u16, sid in sid(), sessions: u32) {
        let message = AcceptSession { accept, port, sid };
        prop_assert_eq!(AcceptSession::decode(&message.encode()), Ok(message));
        let message = StartAck { accept };
        prop_assert_eq!(StartAck::decode(&message.encode()), Ok(message));
        let message = StopTwoWay { accept, sessions };
        prop_assert_eq!(StopTwoWay::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn stops(accept in accept(), sent in vec((sid(), any::<u32>(), ranges()), 0..5)) {
        let sent = sent.into_iter().map(|(sid, next_sequence, skipped)| SentSession { sid, next_sequence, skipped });
        let message = StopSessions { accept, sent: sent.collect() };
        let octets = message.encode().unwrap();
        prop_assert_eq!(octets.len() % 16, 0);
        for end in 0..octets.len() {
            let size = StopSessions::size(&octets[..end]).unwrap();
            prop_assert!(size.is_none_or(|size| size == octets.len()));
        }
        prop_assert_eq!(StopSessions::decode(&octets), Ok(message));
    }

    #[test]
    fn fetches(begin: u32, end: u32, sid in sid()) {
        let message = FetchSession { begin, end, sid };
        prop_assert_eq!(FetchSession::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn fetched(request in request(), skipped in ranges(), records in vec(record(), 0..30), finished: bool, next_sequence: u32) {
        let message = FetchedSession { finished, next_sequence, request, skipped, records };
        let ack = message.ack();
        prop_assert_eq!(FetchAck::decode(&ack.encode()), Ok(ack));
        let octets = message.encode().unwrap();
        prop_assert_eq!(FetchedSession::size(&ack, &octets[..16], 30), Ok(octets.len()));
        prop_assert!(FetchedSession::decode(&ack, &octets[..octets.len() - 1], 30).is_err());
        prop_assert_eq!(FetchedSession::decode(&ack, &octets, 30), Ok(message));
    }

    #[test]
    fn test_packets(sequence: u32, sent in stamp(), padding in vec(any::<u8>(), 0..50)) {
        let message = TestPacket { sequence, sent };
        let octets = message.encode(&TestProtection::Open, &padding);
        prop_assert_eq!(octets.len(), 14 + padding.len());
        prop_assert_eq!(TestPacket::decode(&TestProtection::Open, &octets), Ok(message));
    }

    #[test]
    fn replies(numbers: (u32, u32, u8), sent in stamp(), received in time(), sender_sent in stamp()) {
        let (sequence, sender_sequence, sender_ttl) = numbers;
        let message = ReflectedPacket { sequence, sent, received, sender_sequence, sender_sent, sender_ttl };
        let octets = message.encode(&TestProtection::Open, &[]);
        prop_assert_eq!(octets.len(), 41);
        prop_assert_eq!(ReflectedPacket::decode(&TestProtection::Open, &octets), Ok(message));
    }
}

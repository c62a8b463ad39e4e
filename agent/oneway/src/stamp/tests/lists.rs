//! RFC 8972 section 4: what reflector and sender make of lists that are unknown, malformed, cut off or badly signed.

use core::time::Duration;

use proptest::prelude::*;

use crate::Timestamp;
use crate::stamp::Access;
use crate::stamp::Event;
use crate::stamp::Extensions;
use crate::stamp::Key;
use crate::stamp::KeyRing;
use crate::stamp::KeyStore;
use crate::stamp::MAX_TLVS;
use crate::stamp::Pace;
use crate::stamp::Policy;
use crate::stamp::Position;
use crate::stamp::PositionReport;
use crate::stamp::Reflection;
use crate::stamp::Reflector;
use crate::stamp::ReflectorCounts;
use crate::stamp::Security;
use crate::stamp::Sender;
use crate::stamp::SenderCounts;
use crate::stamp::Settings;
use crate::stamp::TrafficClass;

use super::world::World;
use super::world::arrival;

fn keys() -> KeyRing {
    KeyRing::new(Key::new(b"secret"))
}

fn reflect_with(policy: Policy, request: &[u8]) -> (Vec<u8>, ReflectorCounts) {
    let mut reflector = Reflector::new(policy, KeyStore::default().with_default(keys()));
    let mut out = vec![0; request.len()];
    let from = "192.0.2.1:4000".parse().unwrap();
    let reflection = reflector.handle_request(Duration::ZERO, &arrival(), from, request, &mut out);
    assert!(matches!(reflection, Reflection::Send(_)), "{reflection:?}");
    (out, reflector.counts())
}

/// What becomes of a list behind an open packet with sequence number 0.
fn reflect(list: &[u8]) -> Vec<u8> {
    let mut request = vec![0; 44];
    request[4] = 1;
    request.extend(list);
    let policy = Policy {
        access: Access::Open,
        ..Policy::default()
    };
    reflect_with(policy, &request).0.split_off(44)
}

fn with_hmac(list: &[u8]) -> Vec<u8> {
    let tag = Key::new(b"secret").tag(&[&[0; 4], list]);
    [list, &[0x80, 8, 0, 16], &tag].concat()
}

#[test]
fn unknown_and_malformed_tlvs_come_back_as_section_4_says() {
    let cases: [(&str, &[u8], &[u8]); 17] = [
        ("unknown: U", &[0x80, 200, 0, 1, 7], &[0x80, 200, 0, 1, 7]),
        (
            "unknown, whatever the flags were",
            &[0x7f, 200, 0, 1, 7],
            &[0x80, 200, 0, 1, 7],
        ),
        ("reserved", &[0x80, 0, 0, 0], &[0x80, 0, 0, 0]),
        ("known: no flag", &[0xff, 1, 0, 2, 7, 8], &[0, 1, 0, 2, 7, 8]),
        (
            "longer than the packet: M",
            &[0x80, 1, 0, 3, 7, 8],
            &[0x40, 1, 0, 3, 7, 8],
        ),
        (
            "unknown and too long: both",
            &[0x80, 200, 1, 0],
            &[0xc0, 200, 1, 0],
        ),
        ("less than a header", &[0x80, 4, 0], &[0x40, 4, 0]),
        ("one octet", &[0x80], &[0xc0]),
        (
            "wrong length: M",
            &[0x80, 3, 0, 3, 7, 7, 7],
            &[0x40, 3, 0, 3, 7, 7, 7],
        ),
        (
            "after a malformed one all is copied",
            &[0x80, 4, 0, 1, 0, 0x80, 3, 0, 4, 0, 0, 0, 0, 0x9f, 200, 0, 0],
            &[0x40, 4, 0, 1, 0, 0x80, 3, 0, 4, 0, 0, 0, 0, 0x9f, 200, 0, 0],
        ),
        (
            "before a malformed one all is answered",
            &[0x80, 4, 0, 4, 0, 0, 0, 0, 0x80, 5, 0, 1, 9],
            &[0, 4, 0, 4, 0x00, 0x88, 0, 0, 0x40, 5, 0, 1, 9],
        ),
        (
            "an unknown one does not stop the rest",
            &[0x80, 200, 0, 0, 0x80, 3, 0, 4, 0, 0, 0, 0],
            &[0x80, 200, 0, 0, 0, 3, 0, 4, 0, 2, 0, 2],
        ),
        (
            "a follow-up of a wrong length loses number and time (4.7)",
            &[0x80, 7, 0, 14, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            &[0x40, 7, 0, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        ),
        (
            "an access network that is none is discarded (4.6)",
            &[0x80, 6, 0, 4, 0x30, 1, 0, 0],
            &[0x80, 6, 0, 4, 0x30, 1, 0, 0],
        ),
        (
            "one that exists comes back",
            &[0x80, 6, 0, 4, 0x10, 2, 0, 0],
            &[0, 6, 0, 4, 0x10, 2, 0, 0],
        ),
        (
            "another experiment under our number",
            &[0x80, 249, 0, 2, 7, 7],
            &[0x80, 249, 0, 2, 7, 7],
        ),
        ("padding of zeros, as TWAMP Light has it", &[0; 9], &[0; 9]),
    ];
    for (what, asked, answered) in cases {
        assert_eq!(reflect(asked), answered, "{what}");
    }
}

#[test]
fn no_more_tlvs_than_the_bound_are_answered() {
    let list = [0x80, 1, 0, 0].repeat(MAX_TLVS + 2);
    let mut expected = [0, 1, 0, 0].repeat(MAX_TLVS);
    expected.extend([0x40, 1, 0, 0, 0x80, 1, 0, 0]);
    assert_eq!(reflect(&list), expected);
}

/// Section 4.8: no data of a list is used before its HMAC is verified; if that fails, all is copied with I.
#[test]
fn a_list_whose_hmac_fails_comes_back_with_i_on_each() {
    let cos = [0x80, 4, 0, 4, 0xb8, 0, 0, 0];
    let cos_failed = [0x20, 4, 0, 4, 0xb8, 0, 0, 0];
    let right = with_hmac(&cos);
    let mut wrong = right.clone();
    wrong[27] ^= 1;
    let mut wrong_failed = wrong.clone();
    (wrong_failed[0], wrong_failed[8]) = (0x20, 0x20);
    assert_eq!(reflect(&wrong), wrong_failed);

    let misplaced = [&right[8..], &cos].concat();
    let answer = reflect(&misplaced);
    assert_eq!(
        (answer[0], &answer[20..]),
        (0x20, &cos_failed[..]),
        "nothing but padding may follow it"
    );

    let twice = [&right[..], &right[8..]].concat();
    let answer = reflect(&twice);
    assert_eq!([answer[0], answer[8], answer[28]], [0x20; 3]);

    let short = [&cos[..], &[0x80, 8, 0, 1, 0]].concat();
    assert_eq!(reflect(&short), [&cos_failed[..], &[0x60, 8, 0, 1, 0]].concat());

    let unknown = [&[0x80, 200, 0, 0], &wrong[8..]].concat();
    assert_eq!(reflect(&unknown)[0], 0xa0);

    let cut = [&right[..], &[0x80, 4, 0, 9]].concat();
    let answer = reflect(&cut);
    assert_eq!([answer[0], answer[8], answer[28]], [0x20, 0x20, 0x60]);
}

#[test]
fn padding_may_follow_the_hmac() {
    let list = [
        &with_hmac(&[0x80, 4, 0, 4, 0xb8, 0, 0, 0])[..],
        &[0x80, 1, 0, 2, 7, 8],
    ]
    .concat();
    let answer = reflect(&list);
    assert_eq!([answer[0], answer[8], answer[28]], [0; 3]);
    assert_eq!(answer[4..8], [0xb8, 0x88, 0, 0]);
}

/// Section 4.8: an authenticated packet's TLVs must have an HMAC of their own, unless there is only padding.
#[test]
fn an_authenticated_packet_needs_a_signed_list() {
    let answer = |list: &[u8]| {
        let mut request = vec![0; 112];
        let tag = Key::new(b"secret").tag(&[&request[..96]]);
        request[96..].copy_from_slice(&tag);
        request.extend(list);
        let policy = Policy {
            access: Access::Authenticated,
            ..Policy::default()
        };
        let (mut reply, counts) = reflect_with(policy, &request);
        (reply.split_off(112), counts.tlv_integrity_failed)
    };
    let cos = [0x80, 4, 0, 4, 0xb8, 0, 0, 0];
    assert_eq!(answer(&[]), (vec![], 0));
    assert_eq!(answer(&[0x80, 1, 0, 1, 9]), (vec![0, 1, 0, 1, 9], 0));
    assert_eq!(answer(&cos), (vec![0x20, 4, 0, 4, 0xb8, 0, 0, 0], 1));
    let (signed, failed) = answer(&with_hmac(&cos));
    assert_eq!((signed[0], signed[8], failed), (0, 0, 0));
}

/// A reply to the first packet of a session that asks for its class of service, with another list.
fn heard(security: Security, edit: impl FnOnce(&mut Vec<u8>)) -> (SenderCounts, Option<TrafficClass>) {
    let settings = Settings {
        security,
        extensions: Extensions {
            class_of_service: Some(0),
            ..Extensions::NONE
        },
        pace: Pace::Fixed(Duration::from_secs(1)),
        has_transmit_stamps: false,
        ..Settings::default()
    };
    let mut sender = Sender::new(settings, Duration::ZERO);
    let now = sender.poll_timeout().unwrap();
    let mut out = [0; 512];
    let packet = sender
        .poll_transmit(now, Timestamp::from_ntp(1 << 32), &mut out)
        .unwrap();
    let (mut reply, _) = reflect_with(Policy::default(), &out[..packet.length]);
    edit(&mut reply);
    sender.handle_reply(now, &arrival(), &reply).unwrap();
    let Some(Event::Sample(sample)) = sender.poll_event() else {
        panic!("no sample");
    };
    (sender.counts(), sample.outward.class)
}

#[test]
fn a_sender_uses_no_value_that_is_flagged_or_unsigned() {
    let class = Some(TrafficClass::new(8, 2));
    let failed =
        |(counts, class): (SenderCounts, _)| (class, counts.tlv_integrity_failed, counts.tlv_malformed);
    let open = |flags: u8| failed(heard(Security::Open, |reply| reply[44] = flags));
    assert_eq!(open(0), (class, 0, 0));
    assert_eq!(open(0x80), (None, 0, 0), "U: skipped");
    assert_eq!(open(0x40), (None, 0, 1), "M: no further");
    assert_eq!(open(0x20), (None, 1, 0), "I: none");
    assert_eq!(open(0x1f), (class, 0, 0), "reserved flags are ignored");
    let signed = |edit: fn(&mut Vec<u8>)| failed(heard(Security::SignedTlvs(keys()), edit));
    assert_eq!(signed(|_| ()), (class, 0, 0));
    assert_eq!(signed(|reply| reply[48] ^= 4), (None, 1, 0), "the HMAC is wrong");
    assert_eq!(
        signed(|reply| reply.truncate(52)),
        (None, 1, 0),
        "the HMAC is missing"
    );
    assert_eq!(
        signed(|reply| reply.truncate(44)),
        (None, 0, 0),
        "a reflector without TLVs"
    );
    let malformed = failed(heard(Security::Open, |reply| reply[47] = 9));
    assert_eq!(malformed, (None, 0, 1), "longer than the reply");
}

#[test]
fn a_reflector_that_does_not_know_our_tlvs_flags_them_and_the_rest_works() {
    let settings = Settings {
        pace: Pace::Fixed(Duration::from_secs(1)),
        ..Settings::default()
    };
    let policy = Policy {
        extensions: false,
        ..Policy::default()
    };
    let mut world = World::new(settings, policy, KeyStore::default());
    world.run(20);
    assert!(!world.sender.peer().is_ours);
    assert!(world.samples().len() >= 18);
    assert_eq!(world.observations, []);
    assert_eq!(world.sender.counts().tlv_malformed, 0);
}

#[test]
fn a_position_is_answered_in_its_place() {
    let sender = Position::new(1, 2);
    let value = PositionReport {
        sender,
        reflector: None,
    }
    .to_bytes();
    let answer = reflect(&[&[0x80, 251, 0, 20], &value[..]].concat());
    assert_eq!(answer[..4], [0, 251, 0, 20]);
    assert_eq!(
        PositionReport::from_bytes(&answer[4..]),
        Some(PositionReport {
            sender,
            reflector: None
        })
    );
}

proptest! {
    #[test]
    fn whatever_is_unknown_comes_back_with_u_alone(
        tlvs in proptest::collection::vec((1_u8.., 9..248_u8, proptest::collection::vec(any::<u8>(), 0..20)), 0..MAX_TLVS),
    ) {
        let list = |flagged: bool| {
            let tlv = |(flags, kind, value): &(u8, u8, Vec<u8>)| {
                let flags = if flagged { 0x80 } else { *flags };
                [&[flags, *kind, 0, value.len() as u8], &value[..]].concat()
            };
            tlvs.iter().map(tlv).collect::<Vec<_>>().concat()
        };
        prop_assert_eq!(reflect(&list(false)), list(true));
    }
}

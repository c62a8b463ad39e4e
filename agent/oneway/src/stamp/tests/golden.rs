//! Octets written by hand from the figures of RFC 8762 and RFC 8972. The HMACs were made with another implementation.

use core::time::Duration;

use crate::Timestamp;
use crate::TimestampFormat;
use crate::stamp::Access;
use crate::stamp::Arrival;
use crate::stamp::ClockClaim;
use crate::stamp::Extensions;
use crate::stamp::Key;
use crate::stamp::KeyRing;
use crate::stamp::KeyStore;
use crate::stamp::Mode;
use crate::stamp::Policy;
use crate::stamp::Reflection;
use crate::stamp::Reflector;
use crate::stamp::Reply;
use crate::stamp::Request;
use crate::stamp::Seen;
use crate::stamp::Sender;
use crate::stamp::Settings;
use crate::stamp::Stamp;
use crate::stamp::TrafficClass;

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
const T1: Timestamp = Timestamp::from_ntp(0xeeab_6e68_8799_b2c4);
const T2: Timestamp = Timestamp::from_ntp(0xeeab_6e68_8000_0000);
const T3: Timestamp = Timestamp::from_ntp(0xeeab_6e69_0000_0000);

/// Octets from hexadecimal digits; `00*12` is twelve zeros.
fn octets(text: &str) -> Vec<u8> {
    let digits = |word: &str| {
        let pairs = word.as_bytes().chunks(2);
        let octet = |pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
        pairs.map(octet).collect::<Vec<u8>>()
    };
    let words = text.split_whitespace().map(|word| match word.split_once('*') {
        Some((octet, times)) => digits(octet).repeat(times.parse().unwrap()),
        None => digits(word),
    });
    words.flatten().collect()
}

fn keys() -> KeyRing {
    KeyRing::new(Key::new(KEY))
}

fn arrival() -> Arrival {
    Arrival {
        stamp: Stamp::kernel(T2),
        wall: T3,
        seen: Seen {
            ttl: Some(250),
            class: Some(TrafficClass::new(10, 1)),
        },
        local: None,
    }
}

fn reflect(access: Access, format: TimestampFormat, request: &[u8]) -> Vec<u8> {
    let policy = Policy {
        access,
        format,
        ..Policy::default()
    };
    let mut reflector = Reflector::new(policy, KeyStore::default().with_default(keys()));
    let mut out = vec![0xff; request.len()];
    let from = "192.0.2.1:4000".parse().unwrap();
    let reflection = reflector.handle_request(Duration::ZERO, &arrival(), from, request, &mut out);
    assert!(matches!(reflection, Reflection::Send(answer) if answer.length == request.len()));
    out
}

/// RFC 8972 figure 1: sequence 4, timestamp 8, error 2, SSID 2, MBZ 28.
const OPEN_REQUEST: &str = "00000005 eeab6e688799b2c4 8d20 abcd 00*28";
/// RFC 8972 figure 2: sequence 4, T3 8, error 2, SSID 2, T2 8, sender's sequence 4, T1 8, error 2, MBZ 2, TTL 1, MBZ 3.
const OPEN_REPLY: &str =
    "00000000 eeab6e6900000000 0001 abcd eeab6e6880000000 00000005 eeab6e688799b2c4 8d20 0000 fa 000000";
/// RFC 8972 figure 3: sequence 4, MBZ 12, timestamp 8, error 2, SSID 2, MBZ 68, HMAC 16.
const SIGNED_REQUEST: &str =
    "00000005 00*12 eeab6e688799b2c4 8d20 abcd 00*68 f5611d6bad2c4b5ed6496a06eaf115db";
/// RFC 8972 figure 4: sequence 4, MBZ 12, T3 8, error 2, SSID 2, MBZ 4, T2 8, MBZ 8, sender's sequence 4, MBZ 12, T1 8,
/// error 2, MBZ 6, TTL 1, MBZ 15, HMAC 16.
const SIGNED_REPLY: &str = "00000000 00*12 eeab6e6900000000 0001 abcd 00*4 eeab6e6880000000 00*8 00000005 00*12 \
     eeab6e688799b2c4 8d20 00*6 fa 00*15 85ad78a77d1e00a255c8ccfe4f88e6b0";

#[test]
fn a_reply_has_its_fields_where_the_figures_have_them() {
    let open = reflect(Access::Open, TimestampFormat::Ntp, &octets(OPEN_REQUEST));
    assert_eq!(open, octets(OPEN_REPLY));
    let signed = reflect(
        Access::Authenticated,
        TimestampFormat::Ntp,
        &octets(SIGNED_REQUEST),
    );
    assert_eq!(signed, octets(SIGNED_REPLY));
}

/// RFC 8186 section 2: Z is the second bit of the error estimate; seconds since 1970 and nanoseconds.
#[test]
fn each_end_writes_in_its_own_format() {
    let reply = reflect(Access::Open, TimestampFormat::Ptp, &octets(OPEN_REQUEST));
    let unix = 0xeeab_6e68_u32.wrapping_sub(2_208_988_800);
    let expected = format!(
        "00000000 {:08x}00000000 4001 abcd {unix:08x}1dcd6500 00000005 eeab6e688799b2c4 8d20 0000 fa 000000",
        unix + 1
    );
    assert_eq!(reply, octets(&expected));
}

#[test]
fn what_is_written_by_hand_is_read() {
    let bytes = octets(OPEN_REPLY);
    let reply = Reply::parse(&bytes, Mode::Unauthenticated).unwrap();
    assert_eq!(
        (reply.sequence, reply.sender_sequence, reply.ssid, reply.ttl),
        (0, 5, 0xabcd, 250)
    );
    let signed = Reply::parse(&octets(SIGNED_REPLY), Mode::Authenticated).unwrap();
    assert_eq!(signed, reply);
    let mut again = vec![0xff; 44];
    reply.write(Mode::Unauthenticated, &mut again);
    assert_eq!(again, bytes);
    let request = Request::parse(&octets(SIGNED_REQUEST), Mode::Authenticated).unwrap();
    assert_eq!(
        Request::parse(&octets(OPEN_REQUEST), Mode::Unauthenticated),
        Some(request)
    );
    assert_eq!(request.time(), T1);
    assert_eq!(Reply::parse(&bytes[..40], Mode::Unauthenticated), None);
    assert_eq!(Request::parse(&bytes[..13], Mode::Unauthenticated), None);
}

/// RFC 8972 section 4.8: the HMAC covers the sequence number and the TLVs before it, in each direction its own.
#[test]
fn the_hmac_of_the_list_is_made_anew_for_the_reply() {
    let request = format!("{OPEN_REQUEST} 80040004 b8000000 80080010 6999210519543a687b89b720af12afd4");
    let reply = format!("{OPEN_REPLY} 00040004 b8a40000 00080010 d3113def20dc7dc3fddb95f9d7039421");
    assert_eq!(
        reflect(Access::Open, TimestampFormat::Ntp, &octets(&request)),
        octets(&reply)
    );
}

#[test]
fn a_sender_writes_questions_as_section_4_has_them() {
    let settings = Settings {
        ssid: 0xabcd,
        extensions: Extensions {
            location: true,
            padding: Some(3),
            ..Extensions::STANDARD
        },
        ..Settings::default()
    };
    let mut sender = Sender::new(settings, Duration::ZERO);
    sender.set_clock(ClockClaim::Synchronised { bound_nanos: 50_000 });
    let mut out = [0xff; 256];
    let packet = sender
        .poll_transmit(sender.poll_timeout().unwrap(), T1, &mut out)
        .unwrap();
    let expected = "00000000 eeab6e688799b2c4 8ad2 abcd 00*28 \
        80070010 00*16  80030004 00*4  80040004 00*4  8005000c 00000001 00*8 \
        8002002c 00*4 80040010 00*16 80070010 00*16  80010003 00*3";
    assert_eq!(out[..packet.length], octets(expected));
    assert_eq!(packet.length, sender.packet_len());
}

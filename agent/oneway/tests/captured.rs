//! Octets captured from the reference (perfSONAR owamp 5.2.3, open mode): read and written again, they are the same.

#![expect(clippy::expect_used, reason = "helpers of tests fail like tests")]

use wattle_oneway::Slot;
use wattle_oneway::Timestamp;
use wattle_oneway::control::*;
use wattle_oneway::owamp::TestPacket;

const SID: &str = "7f000001eeab723dc458ab92c3bf224a";

/// Octets from hexadecimal digits; `N*XX` repeats, anything that is not a digit separates.
fn octets(text: &str) -> Vec<u8> {
    text.split_whitespace().flat_map(word).collect()
}

fn word(word: &str) -> Vec<u8> {
    let (digits, times) = match word.split_once('*') {
        Some((digits, times)) => (digits, times.parse().expect("a number")),
        None => (word, 1),
    };
    let number = |place| u8::from_str_radix(&digits[place..place + 2], 16).expect("digits");
    let once: Vec<u8> = (0..digits.len()).step_by(2).map(number).collect();
    once.repeat(times)
}

fn request() -> Vec<u8> {
    octets(
        "01 04 00 01 00000002 00000005 2534 0000 7f000001 00*12 7f000001 00*12 00*16 00000000 eeab723eb99b5e94
         000000020010f94c 00000000 00*8 00*16
         00 00*7 000000000ccccccc 01 00*7 00000000028f5c28 00*16",
    )
}

#[test]
fn the_greeting() {
    let sent = octets("00*12 00000007 a1*16 b2*16 00000800 00*12");
    let greeting = ServerGreeting::decode(&sent).unwrap();
    let all = Modes::OPEN.with(Modes::AUTHENTICATED).with(Modes::ENCRYPTED);
    assert_eq!((greeting.modes, greeting.count), (all, 2048));
    assert_eq!((greeting.challenge, greeting.salt), ([0xa1; 16], [0xb2; 16]));
    assert_eq!(greeting.encode(), sent);
}

#[test]
fn the_set_up_response() {
    let sent = octets("00000001 00*160");
    let response = SetUpResponse::decode(&sent).unwrap();
    assert_eq!(response.mode.security(), Some(Security::Open));
    assert_eq!(response.encode(), sent);
}

#[test]
fn the_server_start() {
    let sent = octets("00*15 00 00*16 eeab6e505807ee0b 00*8");
    let start = ServerStart::decode(&sent).unwrap();
    assert_eq!(start.accept, Accept::Ok);
    assert_eq!(start.start_time.to_ntp(), 0xeeab_6e50_5807_ee0b);
    assert_eq!(start.encode(), sent);
}

#[test]
fn a_request_with_two_slots() {
    let sent = request();
    assert_eq!(sent.len(), 160);
    assert_eq!(SessionRequest::size(&sent[..16]), Ok(160));
    let asked = SessionRequest::decode(&sent).unwrap();
    assert_eq!(asked.direction, Direction::ToServer);
    assert_eq!(
        (asked.packets, asked.sender_port, asked.receiver_port),
        (5, 0x2534, 0)
    );
    assert_eq!(asked.sender.to_string(), "127.0.0.1");
    assert_eq!(asked.start, Timestamp::from_ntp(0xeeab_723e_b99b_5e94));
    assert_eq!(asked.timeout, 0x2_0010_f94c);
    assert_eq!(
        asked.slots,
        [Slot::Exponential(0x0ccc_cccc), Slot::Fixed(0x028f_5c28)]
    );
    assert_eq!(asked.encode().unwrap(), sent);
}

#[test]
fn the_answer_to_it() {
    let sent = octets(&format!("00 00 259f {SID} 00*12 00*16"));
    let answer = AcceptSession::decode(&sent).unwrap();
    assert_eq!(
        (answer.accept, answer.port, answer.sid.to_string().as_str()),
        (Accept::Ok, 9631, SID)
    );
    assert_eq!(answer.encode(), sent);
}

#[test]
fn start_and_its_answer() {
    assert_eq!(StartSessions.encode(), octets("02 00*15 00*16"));
    assert_eq!(
        StartSessions::decode(&octets("02 00*15 00*16")),
        Ok(StartSessions)
    );
    let ack = StartAck::decode(&octets("00 00*15 00*16")).unwrap();
    assert_eq!(ack, StartAck { accept: Accept::Ok });
    assert_eq!(ack.encode(), octets("00 00*15 00*16"));
}

#[test]
fn a_test_packet() {
    let sent = octets("00000000 eeab6e688799b2c4 0001");
    let packet = TestPacket::decode(&TestProtection::Open, &sent).unwrap();
    assert_eq!(packet.sent.error().bound_nanos(), None);
    assert_eq!(packet.encode(&TestProtection::Open, &[]), sent);
}

#[test]
fn the_stops_of_both_sides_and_the_fetch() {
    let server = octets("03 00 0000 00000000 00*8 00*16");
    let stop = StopSessions::decode(&server).unwrap();
    assert_eq!((stop.accept, stop.sent.len()), (Accept::Ok, 0));
    assert_eq!(stop.encode().unwrap(), server);

    let client = octets(&format!(
        "03 00 0000 00000001 00*8 {SID} 00000005 00000000 00*8 00*16 04 00*7 00000000 ffffffff {SID} 00*16"
    ));
    assert_eq!(client.len(), 16 + 96);
    assert_eq!(StopSessions::size(&client), Ok(Some(64)));
    let stop = StopSessions::decode(&client[..64]).unwrap();
    assert_eq!((stop.sent[0].next_sequence, stop.sent[0].skipped.len()), (5, 0));
    assert_eq!(stop.encode().unwrap(), client[..64]);
    let fetch = FetchSession::decode(&client[64..]).unwrap();
    assert_eq!(fetch, FetchSession::all(stop.sent[0].sid));
    assert_eq!(fetch.encode(), client[64..]);
}

#[test]
fn the_answer_to_the_fetch() {
    let ack = octets("00 01 0000 00000005 00000000 00000005 00*16");
    let head = FetchAck::decode(&ack).unwrap();
    assert_eq!(
        (head.finished, head.next_sequence, head.skip_ranges, head.records),
        (true, 5, 0, 5)
    );
    assert_eq!(head.encode(), ack);

    let mut data = request();
    data.extend([0; 16]);
    for number in 0..5 {
        data.extend(octets(&format!(
            "0000000{number} 0001 8421 eeab723eb99b5e94 eeab723eb99c0000 ff"
        )));
    }
    data.extend([0; 3 + 16]);
    assert_eq!(data.len(), 320);
    assert_eq!(FetchedSession::size(&head, &data[..16], 5), Ok(320));
    let session = FetchedSession::decode(&head, &data, 5).unwrap();
    assert_eq!(session.records[4].sequence, 4);
    assert_eq!(session.records[4].ttl, 255);
    assert!(!session.records[4].send_error.is_synchronised());
    assert!(session.records[4].receive_error.is_synchronised());
    assert_eq!(session.ack(), head);
    assert_eq!(session.encode().unwrap(), data);
}

#[test]
fn the_messages_that_twamp_has_otherwise() {
    let greeting = octets("00*12 0000000f a1*16 b2*16 00000800 00*12");
    assert!(
        ServerGreeting::decode(&greeting)
            .unwrap()
            .modes
            .contains(Modes::MIXED)
    );

    let sent = octets(
        "05 04 00 00 00000000 00000000 2534 259f 7f000001 00*12 7f000001 00*12 00*16 0000001b eeab723eb99b5e94
         000000020010f94c 00000000 00*8 00*16",
    );
    assert_eq!(SessionRequest::size(&sent), Ok(112));
    let asked = SessionRequest::decode(&sent).unwrap();
    assert_eq!((asked.direction, asked.padding), (Direction::TwoWay, 27));
    assert_eq!((asked.sender_port, asked.receiver_port), (0x2534, 9631));
    assert_eq!(asked.encode().unwrap(), sent);

    let stop = octets("03 00 0000 00000001 00*8 00*16");
    assert_eq!(stop.len(), StopTwoWay::SIZE);
    assert_eq!(StopTwoWay::decode(&stop).unwrap().sessions, 1);
    assert_eq!(StopTwoWay::decode(&stop).unwrap().encode(), stop);
}

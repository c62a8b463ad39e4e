//! Messages altered under way, at the wrong time, or over the limits: each ends in a stated error.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like tests"
)]

mod world;

use wattle_oneway::control::*;
use world::*;

/// What is going on when the message to be altered is sent.
type Scene = fn(&mut World);

fn connect(world: &mut World) {
    world.exchange();
    world.client_events();
    world.server_events();
}

fn ask(world: &mut World) {
    connect(world);
    world
        .client
        .request(world.now, request(Direction::ToServer))
        .unwrap();
}

fn answer(world: &mut World) {
    ask(world);
    world.exchange();
    world.server_events();
    world.server.accept(world.now, 9001, Sid([7; 16])).unwrap();
}

fn start(world: &mut World) {
    answer(world);
    world.exchange();
    world.client_events();
    world.client.start(world.now).unwrap();
}

fn started(world: &mut World) {
    start(world);
    world.exchange();
    world.client_events();
    world.server_events();
}

fn stop(world: &mut World) {
    started(world);
    let sent = SentSession {
        sid: Sid([7; 16]),
        next_sequence: 40,
        skipped: vec![SkipRange { first: 3, last: 4 }],
    };
    world.client.stop(world.now, Accept::Ok, vec![sent]).unwrap();
}

fn server_stop(world: &mut World) {
    started(world);
    world.server.stop(world.now, Accept::Ok, Vec::new()).unwrap();
}

fn fetch(world: &mut World) {
    stop(world);
    world.server.stop(world.now, Accept::Ok, Vec::new()).unwrap();
    world.exchange();
    world.client_events();
    world.server_events();
    world
        .client
        .fetch(world.now, FetchSession::all(Sid([7; 16])))
        .unwrap();
}

fn fetched(world: &mut World) {
    fetch(world);
    world.exchange();
    world.server_events();
    let error = wattle_oneway::ErrorEstimate::unsynchronised();
    let session = FetchedSession {
        finished: true,
        next_sequence: 40,
        request: request(Direction::ToServer),
        skipped: vec![SkipRange { first: 3, last: 4 }],
        records: (0..3).map(|n| Record::lost(n, wall(1.0), error)).collect(),
    };
    world.server.answer_fetch(world.now, Ok(&session)).unwrap();
}

/// Alters one octet of what is on the way, one in each three in turn: the receiver must notice. While an octet is altered that
/// says how long the message is, it may also still wait for more.
fn alter_octets(scene: Scene, to_server: bool) {
    for place in (0..).step_by(3) {
        let mut world = World::of(Protocol::Owamp, Security::Encrypted);
        scene(&mut world);
        let message = if to_server {
            world.client.poll_transmit()
        } else {
            world.server.poll_transmit()
        };
        let mut message = message.expect("a message is on the way");
        let Some(octet) = message.get_mut(place) else {
            break;
        };
        *octet ^= 0x10;
        let noticed = if to_server {
            world.server.handle_bytes(world.now, &message);
            world
                .server_events()
                .iter()
                .map(|event| matches!(event, ServerEvent::Closed(_)))
                .collect::<Vec<_>>()
        } else {
            world.client.handle_bytes(world.now, &message);
            world
                .client_events()
                .iter()
                .map(|event| matches!(event, ClientEvent::Closed(_)))
                .collect()
        };
        let waits = noticed.is_empty() && place < 64;
        assert!(waits || noticed == [true], "octet {place} of {}", message.len());
    }
}

#[test]
fn an_altered_request_is_noticed() {
    alter_octets(ask, true);
}

#[test]
fn an_altered_answer_is_noticed() {
    alter_octets(answer, false);
}

#[test]
fn an_altered_start_is_noticed() {
    alter_octets(start, true);
}

#[test]
fn an_altered_stop_is_noticed() {
    alter_octets(stop, true);
    alter_octets(server_stop, false);
}

#[test]
fn an_altered_fetch_is_noticed() {
    alter_octets(fetch, true);
}

#[test]
fn altered_records_are_noticed() {
    alter_octets(fetched, false);
}

#[test]
fn the_hmac_itself_altered_is_a_bad_hmac() {
    let mut world = World::of(Protocol::Owamp, Security::Encrypted);
    start(&mut world);
    world.carry_to_server(Some(31));
    let error = ControlError::BadHmac {
        message: "Start-Sessions",
    };
    assert_eq!(world.server_events(), [ServerEvent::Closed(error)]);
}

#[test]
fn an_altered_server_start_shows_in_the_next_message() {
    let mut world = World::of(Protocol::Owamp, Security::Encrypted);
    world.carry_to_client(None);
    world.carry_to_server(None);
    world.carry_to_client(Some(40));
    world.client_events();
    world
        .client
        .request(world.now, request(Direction::ToServer))
        .unwrap();
    world.exchange();
    world.server.accept(world.now, 9001, Sid([7; 16])).unwrap();
    world.exchange();
    let error = ControlError::BadHmac {
        message: "Accept-Session",
    };
    assert_eq!(world.client_events(), [ClientEvent::Closed(error)]);
}

#[test]
fn commands_at_the_wrong_time_end_the_connection() {
    let no_sessions = StopSessions {
        accept: Accept::Ok,
        sent: Vec::new(),
    }
    .encode()
    .unwrap();
    let asked = request(Direction::ToServer).encode().unwrap();
    let two_way = request(Direction::TwoWay).encode().unwrap();
    let cases: [(Protocol, Scene, Vec<u8>, &str); 7] = [
        (Protocol::Owamp, connect, no_sessions, "Stop-Sessions"),
        (
            Protocol::Owamp,
            connect,
            two_way,
            "a command that this protocol does not have",
        ),
        (
            Protocol::Owamp,
            connect,
            vec![0xff; 16],
            "a command that this protocol does not have",
        ),
        (
            Protocol::Owamp,
            started,
            asked.clone(),
            "a command other than Stop-Sessions during a test",
        ),
        (
            Protocol::Owamp,
            started,
            StartSessions.encode(),
            "a command other than Stop-Sessions during a test",
        ),
        (
            Protocol::Twamp,
            connect,
            asked,
            "a command that this protocol does not have",
        ),
        (
            Protocol::Twamp,
            connect,
            FetchSession::all(Sid([7; 16])).encode(),
            "a command that this protocol does not have",
        ),
    ];
    for (protocol, scene, octets, what) in cases {
        let mut world = World::of(protocol, Security::Open);
        scene(&mut world);
        world.server.handle_bytes(world.now, &octets);
        let error = ControlError::Unexpected { what };
        assert_eq!(world.server_events(), [ServerEvent::Closed(error)]);
    }
}

#[test]
fn a_server_that_speaks_unasked_is_left() {
    for in_test in [false, true] {
        let mut world = World::of(Protocol::Twamp, Security::Open);
        connect(&mut world);
        if in_test {
            world.arrange(request(Direction::TwoWay));
            world.start();
        }
        world.client.handle_bytes(world.now, &[0; 16]);
        let error = ControlError::Unexpected { what: "octets" };
        assert_eq!(world.client_events(), [ClientEvent::Closed(error)]);
    }
}

#[test]
fn announcing_more_than_the_limits_ends_the_connection_before_it_comes() {
    let announce = |octets: &mut Vec<u8>, place: usize| octets[place..place + 4].copy_from_slice(&[0xff; 4]);
    let mut slots = request(Direction::ToServer).encode().unwrap();
    announce(&mut slots, 4);
    let sent = SentSession {
        sid: Sid([7; 16]),
        next_sequence: 1,
        skipped: Vec::new(),
    };
    let stop = StopSessions {
        accept: Accept::Ok,
        sent: vec![sent],
    }
    .encode()
    .unwrap();
    let (mut sessions, mut ranges) = (stop.clone(), stop);
    announce(&mut sessions, 4);
    announce(&mut ranges, 36);
    for (scene, octets) in [(connect as Scene, slots), (started, sessions), (started, ranges)] {
        let mut world = World::of(Protocol::Owamp, Security::Open);
        scene(&mut world);
        world
            .server
            .handle_bytes(world.now, &octets[..octets.len().min(48)]);
        let events = world.server_events();
        let too_many = |event| {
            matches!(
                event,
                &ServerEvent::Closed(ControlError::Wire(WireError::TooMany { .. }))
            )
        };
        assert!(events.iter().all(too_many) && !events.is_empty(), "{events:?}");
    }
}

#[test]
fn a_fetch_of_more_records_than_are_taken_ends_the_connection() {
    let mut world = World::of(Protocol::Owamp, Security::Open);
    fetch(&mut world);
    let ack = FetchAck {
        accept: Accept::Ok,
        finished: true,
        next_sequence: 0,
        skip_ranges: 0,
        records: u32::MAX,
    };
    let mut octets = ack.encode();
    octets.extend(request(Direction::ToServer).encode().unwrap());
    world.client.handle_bytes(world.now, &octets);
    let events = world.client_events();
    assert!(
        matches!(
            events.as_slice(),
            [ClientEvent::Closed(ControlError::Wire(WireError::TooMany { .. }))]
        ),
        "{events:?}"
    );
}

#[test]
fn a_client_that_does_not_wait_for_answers_is_left() {
    let mut world = World::of(Protocol::Owamp, Security::Open);
    ask(&mut world);
    world.exchange();
    world.server_events();
    let octets = request(Direction::ToServer).encode().unwrap();
    for _ in 0..1000 {
        world.server.handle_bytes(world.now, &octets);
    }
    let events = world.server_events();
    assert!(
        matches!(
            events.as_slice(),
            [ServerEvent::Closed(ControlError::TooMuchPending { .. })]
        ),
        "{events:?}"
    );
}

#[test]
fn a_request_that_makes_no_sense_is_refused_and_the_connection_goes_on() {
    let mut world = World::of(Protocol::Owamp, Security::Open);
    connect(&mut world);
    for (place, value) in [(1, 5), (2, 1), (3, 0), (112, 2)] {
        let mut octets = request(Direction::ToServer).encode().unwrap();
        octets[place] = value;
        world.server.handle_bytes(world.now, &octets);
        let answer = AcceptSession::decode(&world.server.poll_transmit().unwrap()).unwrap();
        assert_eq!(answer.accept, Accept::NotSupported);
    }
    assert!(!world.server.is_closed());
}

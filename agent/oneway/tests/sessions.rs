//! Whole sessions between the two ends, in all modes, with no socket and no clock.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod world;

use core::time::Duration;

use wattle_oneway::ErrorEstimate;
use wattle_oneway::Timestamp;
use wattle_oneway::TimestampFormat;
use wattle_oneway::control::*;
use wattle_oneway::owamp::*;
use wattle_oneway::twamp::ReflectorLimits;
use wattle_oneway::twamp::ReplyVerdict;
use wattle_oneway::twamp::RoundTrip;
use wattle_oneway::twamp::SenderConfig;
use wattle_oneway::twamp::SessionReflector;
use wattle_oneway::twamp::SessionSender;
use world::*;

const ERROR: ErrorEstimate = ErrorEstimate::synchronised(50_000);
const ALL: [Security; 4] = [
    Security::Open,
    Security::Authenticated,
    Security::Encrypted,
    Security::Mixed,
];

/// Sends a whole session over a link that takes `delay` milliseconds and loses packet 3 and doubles packet 5.
fn fly(sender: &mut TestSender, receiver: &mut TestReceiver, delay: i64) {
    let (mut moment, mut clock) = (Duration::from_secs(1000), wall(0.0));
    while let Some(due) = sender
        .poll_timeout()
        .into_iter()
        .chain(receiver.poll_timeout())
        .min()
    {
        clock = later(clock, due - moment);
        moment = due;
        sender.handle_timeout(moment, clock);
        receiver.handle_timeout(moment, clock);
        while let Some(packet) = sender.poll_transmit(moment, clock, ERROR) {
            let arrival = Arrival {
                received: clock.plus_nanos(delay * 1_000_000),
                error: ERROR,
                ttl: 254,
            };
            let times = match packet.sequence {
                3 => 0,
                5 => 2,
                _ => 1,
            };
            for _ in 0..times {
                receiver.handle_packet(moment, &packet.octets, arrival);
            }
        }
    }
}

fn later(clock: Timestamp, passed: Duration) -> Timestamp {
    clock.plus_nanos(i64::try_from(passed.as_nanos()).unwrap())
}

fn check_records(records: &[Record], delay: i64) {
    assert_eq!(records.len(), 41, "40 packets, one of them twice");
    assert_eq!(
        records
            .iter()
            .filter(|record| record.is_lost())
            .map(|record| record.sequence)
            .collect::<Vec<_>>(),
        [3]
    );
    for record in records.iter().filter(|record| !record.is_lost()) {
        assert_eq!(record.received.nanos_since(record.sent), delay * 1_000_000);
        assert_eq!((record.ttl, record.send_error), (254, ERROR));
    }
}

#[test]
fn one_way_sessions_in_both_directions_in_every_mode() {
    for security in [Security::Open, Security::Authenticated, Security::Encrypted] {
        let mut world = World::of(Protocol::Owamp, security);
        world.exchange();
        let modes = security.mode();
        let ready = ClientEvent::Ready {
            modes,
            start_time: wall(-100.0),
        };
        assert_eq!(world.client_events(), [ready]);
        let key_id = security.protects_control().then(key_id);
        assert_eq!(world.server_events(), [ServerEvent::Connected { modes, key_id }]);

        let there = world.arrange(request(Direction::ToServer));
        assert_eq!(there.receiver_port, 9001);
        let back = world.arrange(request(Direction::FromServer));
        assert_eq!((back.sender_port, back.sid), (9001, Sid([0x5a; 16])));
        world.start();

        let (client, server) = (&world.client, &world.server);
        let (plan, sid) = (Plan::of(&there), there.sid);
        let config = ReceiverConfig::new(plan.clone(), server.test_protection(sid));
        let mut far = TestReceiver::new(world.now, wall(0.0), config);
        let mut near = TestSender::new(world.now, wall(0.0), &plan, client.test_protection(sid), &[0; 27]);
        fly(&mut near, &mut far, 12);
        let (plan, sid) = (Plan::of(&back), back.sid);
        let config = ReceiverConfig::new(plan.clone(), client.test_protection(sid));
        let mut near_end = TestReceiver::new(world.now, wall(0.0), config);
        let mut far_end = TestSender::new(world.now, wall(0.0), &plan, server.test_protection(sid), &[0; 27]);
        fly(&mut far_end, &mut near_end, 34);

        world
            .client
            .stop(world.now, Accept::Ok, vec![near.sent()])
            .unwrap();
        // Fetch right away, as the reference does: the server answers in order.
        world
            .server
            .stop(world.now, Accept::Ok, vec![far_end.sent()])
            .unwrap();
        world.exchange();
        let stop = StopSessions {
            accept: Accept::Ok,
            sent: vec![far_end.sent()],
        };
        assert_eq!(world.client_events(), [ClientEvent::Stopped(stop)]);
        assert_eq!(
            world.server_events(),
            [ServerEvent::Stopped(Accept::Ok, vec![near.sent()])]
        );
        far.handle_stop(wall(60.0), &near.sent());
        near_end.handle_stop(wall(60.0), &far_end.sent());
        check_records(near_end.records(), 34);

        world
            .client
            .fetch(world.now, FetchSession::all(there.sid))
            .unwrap();
        world.exchange();
        let asked = FetchSession::all(there.sid);
        assert_eq!(world.server_events(), [ServerEvent::FetchRequested(asked)]);
        let results = far.fetch(&there, &asked);
        world.server.answer_fetch(world.now, Ok(&results)).unwrap();
        world.exchange();
        let events = world.client_events();
        let [ClientEvent::Fetched(fetched)] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!(**fetched, results);
        assert_eq!((fetched.finished, fetched.next_sequence), (true, 40));
        check_records(&fetched.records, 12);
    }
}

#[test]
fn two_way_sessions_in_every_mode() {
    for security in ALL {
        let mut config = client_config(Protocol::Twamp, security);
        config.features = Modes::SYMMETRICAL_SIZE.with(Modes::PTP_TIMESTAMPS);
        let mut world = World::new(config, server_config(Protocol::Twamp));
        world.exchange();
        assert_eq!(
            world.client.modes(),
            security.mode().with(Modes::SYMMETRICAL_SIZE)
        );
        world.client_events();
        let session = world.arrange(request(Direction::TwoWay));
        world.start();
        let trips = fly_round(&world, &session);
        assert_eq!(trips.len(), 39);
        for trip in &trips {
            assert_eq!(trip.reflector_received.nanos_since(trip.sent.time()), 12_000_000);
            assert_eq!(trip.received.nanos_since(trip.reflector_sent.time()), 34_000_000);
            assert_eq!((trip.reflector_ttl, trip.ttl), (254, 254));
        }
        assert!(
            trips
                .iter()
                .any(|trip| trip.sequence == 39 && trip.reflector_sequence == 38)
        );
        world.client.stop(world.now, Accept::Ok, Vec::new()).unwrap();
        world.exchange();
        assert_eq!(
            world.server_events(),
            [ServerEvent::Stopped(Accept::Ok, Vec::new())]
        );
        // The connection is good for another session.
        world.arrange(request(Direction::TwoWay));
    }
}

/// A two-way session of 40 packets, of which number 3 is lost on the way there.
fn fly_round(world: &World, session: &SessionRequest) -> Vec<RoundTrip> {
    let plan = Plan {
        packets: 40,
        slots: request(Direction::ToServer).slots,
        ..Plan::of(session)
    };
    let config = SenderConfig {
        plan,
        protection: world.client.test_protection(session.sid),
        padding: Box::new([0; 9]),
        symmetrical: world.client.modes().contains(Modes::SYMMETRICAL_SIZE),
    };
    let (mut moment, mut clock) = (world.now, wall(0.0));
    let mut sender = SessionSender::new(moment, clock, config);
    let protection = world.server.test_protection(session.sid);
    let mut reflector = SessionReflector::new(moment, protection, ReflectorLimits::default());
    let mut trips = Vec::new();
    while let Some(due) = sender.poll_timeout() {
        clock = later(clock, due - moment);
        moment = due;
        sender.handle_timeout(moment, clock);
        while let Some(packet) = sender.poll_transmit(moment, clock, ERROR) {
            let arrival = |delay| Arrival {
                received: clock.plus_nanos(delay),
                error: ERROR,
                ttl: 254,
            };
            if packet.sequence == 3 {
                continue;
            }
            assert!(reflector.handle_packet(moment, &packet.octets, arrival(12_000_000)));
            let reply = reflector
                .poll_transmit(clock.plus_nanos(12_500_000), ERROR)
                .unwrap();
            assert_eq!(reply.octets.len(), packet.octets.len());
            match sender.handle_packet(moment, &reply.octets, arrival(46_500_000)) {
                ReplyVerdict::New(trip) => trips.push(trip),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(sender.counts().lost, 1);
    trips
}

#[test]
fn either_end_may_write_times_as_ptp_does() {
    let ptp = ERROR.with_format(TimestampFormat::Ptp);
    for (near, far) in [(ptp, ERROR), (ERROR, ptp), (ptp, ptp)] {
        let config = SenderConfig {
            plan: Plan::of(&request(Direction::ToServer)),
            protection: TestProtection::Open,
            padding: Box::new([]),
            symmetrical: true,
        };
        let mut sender = SessionSender::new(Duration::ZERO, wall(2.0), config);
        let mut reflector =
            SessionReflector::new(Duration::ZERO, TestProtection::Open, ReflectorLimits::default());
        let packet = sender.poll_transmit(Duration::ZERO, wall(2.0), near).unwrap();
        let arrival = |received| Arrival {
            received,
            error: ERROR,
            ttl: 255,
        };
        reflector.handle_packet(Duration::ZERO, &packet.octets, arrival(wall(2.25)));
        let reply = reflector.poll_transmit(wall(2.5), far).unwrap();
        let verdict = sender.handle_packet(Duration::ZERO, &reply.octets, arrival(wall(3.0)));
        let ReplyVerdict::New(trip) = verdict else {
            panic!("{verdict:?}")
        };
        assert_eq!(trip.sent.time(), wall(2.0));
        assert_eq!(
            (trip.reflector_received, trip.reflector_sent.time()),
            (wall(2.25), wall(2.5))
        );
    }
}

#[test]
fn commands_sent_ahead_are_answered_in_order() {
    let mut world = World::of(Protocol::Owamp, Security::Open);
    world.exchange();
    let there = world.arrange(request(Direction::ToServer));
    world.start();
    let sent = SentSession {
        sid: there.sid,
        next_sequence: 40,
        skipped: Vec::new(),
    };
    let mut octets = StopSessions {
        accept: Accept::Ok,
        sent: vec![sent],
    }
    .encode()
    .unwrap();
    octets.extend(FetchSession::all(there.sid).encode());
    world.server.handle_bytes(world.now, &octets);
    assert!(matches!(
        world.server_events().as_slice(),
        [ServerEvent::Stopped(..)]
    ));
    world.server.stop(world.now, Accept::Ok, Vec::new()).unwrap();
    assert_eq!(
        world.server_events(),
        [ServerEvent::FetchRequested(FetchSession::all(there.sid))]
    );
    world
        .server
        .answer_fetch(world.now, Err(Accept::Failure))
        .unwrap();
}

#[test]
fn a_wrong_pass_phrase_or_an_unknown_name_is_refused() {
    let impostor = |id: &str, secret: &[u8]| {
        ClientConfig::protected(
            Protocol::Twamp,
            Security::Encrypted,
            KeyId::new(id).unwrap(),
            PassPhrase::new(secret),
        )
    };
    for config in [
        impostor("jan", b"open barley"),
        impostor("piet", b"open sesame"),
        impostor("piet", b""),
    ] {
        let mut world = World::new(config, server_config(Protocol::Twamp));
        world.exchange();
        let refused = ControlError::Refused(Accept::Failure);
        assert_eq!(world.client_events(), [ClientEvent::Closed(refused)]);
        assert_eq!(
            world.server_events(),
            [ServerEvent::Closed(ControlError::NotAuthenticated)]
        );
    }
}

#[test]
fn a_client_without_a_secret_says_so() {
    let config = ClientConfig {
        security: Security::Encrypted,
        ..ClientConfig::open(Protocol::Owamp)
    };
    let mut world = World::new(config, server_config(Protocol::Owamp));
    world.exchange();
    assert_eq!(world.client_events(), [ClientEvent::Closed(ControlError::NoKey)]);
}

#[test]
fn a_server_that_offers_nothing_sends_clients_away() {
    let config = ServerConfig {
        modes: Modes::NONE,
        ..server_config(Protocol::Owamp)
    };
    let mut world = World::new(client_config(Protocol::Owamp, Security::Open), config);
    world.exchange();
    assert_eq!(
        world.client_events(),
        [ClientEvent::Closed(ControlError::Unwilling)]
    );
    assert_eq!(
        world.server_events(),
        [ServerEvent::Closed(ControlError::Unwilling)]
    );
}

#[test]
fn a_mode_that_is_not_offered_is_not_forced() {
    let config = ServerConfig {
        modes: Modes::AUTHENTICATED,
        ..server_config(Protocol::Owamp)
    };
    let mut world = World::new(client_config(Protocol::Owamp, Security::Open), config.clone());
    world.exchange();
    let error = ControlError::ModeNotOffered {
        offered: Modes::AUTHENTICATED,
    };
    assert_eq!(world.client_events(), [ClientEvent::Closed(error)]);

    for mode in [
        Modes::OPEN,
        Modes::NONE,
        Modes::AUTHENTICATED.with(Modes::SYMMETRICAL_SIZE),
    ] {
        let mut server = ControlServer::new(world.now, wall(0.0), config.clone(), [1; 48]);
        let response = SetUpResponse {
            mode,
            key_id: key_id(),
            token: [0; 64],
            iv: [0; 16],
        };
        server.handle_bytes(world.now, &response.encode());
        assert_eq!(
            server.poll_event(),
            Some(ServerEvent::Closed(ControlError::BadChoice { chosen: mode }))
        );
        server.poll_transmit().unwrap();
        let start = ServerStart::decode(&server.poll_transmit().unwrap()).unwrap();
        assert_eq!(start.accept, Accept::NotSupported);
    }
}

#[test]
fn a_server_cannot_make_a_client_work_for_hours_or_weaken_its_key() {
    for count in [0, 1, 1023, (1 << 17) + 1, u32::MAX] {
        let mut client = ControlClient::new(
            Duration::ZERO,
            client_config(Protocol::Owamp, Security::Encrypted),
            [1; 64],
        );
        let greeting = ServerGreeting {
            modes: Modes::ENCRYPTED,
            challenge: [1; 16],
            salt: [2; 16],
            count,
        };
        client.handle_bytes(Duration::ZERO, &greeting.encode());
        let error = ControlError::BadCount {
            count,
            least: 1024,
            most: 1 << 17,
        };
        assert_eq!(client.poll_event(), Some(ClientEvent::Closed(error)));
    }
}

#[test]
fn sessions_are_refused_by_the_policy_and_by_the_shell() {
    let mut world = World::of(Protocol::Owamp, Security::Authenticated);
    world.exchange();
    world.client_events();
    let mut greedy = request(Direction::ToServer);
    greedy.packets = u32::MAX;
    world.client.request(world.now, greedy.clone()).unwrap();
    world.exchange();
    assert_eq!(
        world.client_events(),
        [ClientEvent::Refused(greedy.clone(), Accept::PermanentLimit)]
    );
    assert_eq!(
        world.server_events().pop(),
        Some(ServerEvent::Refused(greedy, Accept::PermanentLimit))
    );

    let modest = request(Direction::ToServer);
    world.client.request(world.now, modest.clone()).unwrap();
    world.exchange();
    world.server.refuse(world.now, Accept::TemporaryLimit).unwrap();
    world.exchange();
    assert_eq!(
        world.client_events(),
        [ClientEvent::Refused(modest, Accept::TemporaryLimit)]
    );

    for unsupported in [
        SessionRequest {
            sid: Sid::default(),
            ..request(Direction::FromServer)
        },
        SessionRequest {
            type_p: 1 << 30,
            ..request(Direction::ToServer)
        },
    ] {
        world.client.request(world.now, unsupported.clone()).unwrap();
        world.exchange();
        let refused = ClientEvent::Refused(unsupported, Accept::NotSupported);
        assert_eq!(world.client_events(), [refused]);
    }
    world.client.start(world.now).unwrap();
    world.exchange();
    assert_eq!(world.client_events(), [ClientEvent::NotStarted(Accept::Failure)]);
    world.arrange(request(Direction::ToServer));
}

#[test]
fn a_stop_that_forgets_a_session_voids_the_results_but_a_two_way_count_may_be_wrong() {
    let mut world = World::of(Protocol::Owamp, Security::Open);
    world.exchange();
    world.arrange(request(Direction::ToServer));
    world.start();
    let none = Vec::new();
    assert_eq!(
        world.client.stop(world.now, Accept::Ok, none),
        Err(CommandError::SessionsNotAccounted)
    );
    let forgetful = StopSessions {
        accept: Accept::Ok,
        sent: Vec::new(),
    };
    world.server.handle_bytes(world.now, &forgetful.encode().unwrap());
    assert_eq!(
        world.server_events(),
        [ServerEvent::Closed(ControlError::SessionsNotAccounted)]
    );

    let mut world = World::of(Protocol::Twamp, Security::Open);
    world.exchange();
    world.arrange(request(Direction::TwoWay));
    world.start();
    let stop = StopTwoWay {
        accept: Accept::Ok,
        sessions: 0,
    };
    world.server.handle_bytes(world.now, &stop.encode());
    assert_eq!(
        world.server_events(),
        [ServerEvent::Stopped(Accept::Ok, Vec::new())]
    );
}

#[test]
fn silence_ends_a_connection_but_not_a_test() {
    let mut world = World::of(Protocol::Twamp, Security::Open);
    let greeting_wait = world.server.poll_timeout().unwrap();
    assert_eq!(greeting_wait, world.now + Duration::from_secs(60));
    world.exchange();
    assert_eq!(world.client.poll_timeout(), None);
    let serv_wait = world.server.poll_timeout().unwrap();
    assert_eq!(serv_wait, world.now + Duration::from_secs(900));
    world.arrange(request(Direction::TwoWay));
    world.start();
    assert_eq!(world.server.poll_timeout(), None);
    world.server.wait_for_client(world.now);
    world.server.handle_timeout(serv_wait - Duration::from_nanos(1));
    assert!(!world.server.is_closed());
    world.server.handle_timeout(serv_wait);
    assert_eq!(
        world.server_events(),
        [ServerEvent::Closed(ControlError::TimedOut)]
    );
    world.client.handle_closed();
    assert_eq!(
        world.client_events(),
        [ClientEvent::Closed(ControlError::ClosedByPeer)]
    );
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut client = ControlClient::new(Duration::ZERO, ClientConfig::open(Protocol::Owamp), [0; 64]);
    let deadline = client.poll_timeout().unwrap();
    client.handle_timeout(deadline);
    assert_eq!(
        client.poll_event(),
        Some(ClientEvent::Closed(ControlError::TimedOut))
    );
    assert_eq!(client.poll_timeout(), None);
}

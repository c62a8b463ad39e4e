//! Octets from an enemy, at every parser and every state machine: none of them may panic, and what is understood must be
//! the same after it is written and read again.
//!
//! `WATTLE_HOSTILE_INPUTS` says how many inputs; without it 10 million, or 500,000 where the build is not optimised.
//! A parser gets its share by one line in [`PARSERS`].

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]

mod world;

use core::fmt::Debug;
use core::time::Duration;

use wattle_oneway::ErrorEstimate;
use wattle_oneway::Slot;
use wattle_oneway::Timestamp;
use wattle_oneway::control::*;
use wattle_oneway::owamp::*;
use wattle_oneway::twamp::ReflectedPacket;
use wattle_oneway::twamp::ReflectorLimits;
use wattle_oneway::twamp::SenderConfig;
use wattle_oneway::twamp::SessionReflector;
use wattle_oneway::twamp::SessionSender;
use world::*;

/// A parser, and octets that it understands, to begin with.
struct Parser {
    name: &'static str,
    seed: fn() -> Vec<u8>,
    parse: fn(&[u8]),
}

#[rustfmt::skip]
const PARSERS: &[Parser] = &[
    Parser { name: "Server-Greeting", seed: greeting, parse: |it| whole(it, ServerGreeting::decode, ServerGreeting::encode) },
    Parser { name: "Set-Up-Response", seed: set_up, parse: |it| whole(it, SetUpResponse::decode, SetUpResponse::encode) },
    Parser { name: "Server-Start", seed: || vec![0; 48], parse: |it| whole(it, ServerStart::decode, ServerStart::encode) },
    Parser { name: "Request-Session", seed: asked, parse: |it| whole(it, SessionRequest::decode, |it| it.encode().unwrap()) },
    Parser { name: "Request-TW-Session", seed: asked_two_way, parse: |it| whole(it, SessionRequest::decode, |it| it.encode().unwrap()) },
    Parser { name: "Accept-Session", seed: || vec![0; 48], parse: |it| whole(it, AcceptSession::decode, AcceptSession::encode) },
    Parser { name: "Start-Sessions", seed: || StartSessions.encode(), parse: |it| whole(it, StartSessions::decode, StartSessions::encode) },
    Parser { name: "Start-Ack", seed: || vec![0; 32], parse: |it| whole(it, StartAck::decode, StartAck::encode) },
    Parser { name: "Stop-Sessions", seed: stopped, parse: |it| whole(it, StopSessions::decode, |it| it.encode().unwrap()) },
    Parser { name: "Stop-Sessions of TWAMP", seed: stopped, parse: |it| whole(it, StopTwoWay::decode, StopTwoWay::encode) },
    Parser { name: "Fetch-Session", seed: fetch, parse: |it| whole(it, FetchSession::decode, FetchSession::encode) },
    Parser { name: "Fetch-Ack and data", seed: fetched, parse: parse_fetched },
    Parser { name: "OWAMP-Test", seed: || vec![1; 30], parse: |it| whole(it, |it| TestPacket::decode(&OPEN, it), |it| it.encode(&OPEN, &[])) },
    Parser { name: "TWAMP-Test reply", seed: || vec![1; 50], parse: |it| stable(it, |it| ReflectedPacket::decode(&OPEN, it), |it| it.encode(&OPEN, &[])) },
];
const OPEN: TestProtection = TestProtection::Open;

/// What was read is written and read again as the same.
fn whole<T: PartialEq + Debug, E: Debug>(
    octets: &[u8],
    decode: fn(&[u8]) -> Result<T, E>,
    encode: fn(&T) -> Vec<u8>,
) {
    if let Ok(message) = decode(octets) {
        assert_eq!(decode(&encode(&message)).unwrap(), message);
    }
}

/// For messages that hold times in PTP's format, of which some octets are no time: read twice, they stay as they are.
fn stable<T: PartialEq + Debug, E: Debug>(
    octets: &[u8],
    decode: fn(&[u8]) -> Result<T, E>,
    encode: fn(&T) -> Vec<u8>,
) {
    if let Ok(message) = decode(octets) {
        let once = decode(&encode(&message)).unwrap();
        assert_eq!(decode(&encode(&once)).unwrap(), once);
    }
}

fn parse_fetched(octets: &[u8]) {
    let Some((ack, data)) = octets.split_at_checked(FetchAck::SIZE) else {
        return;
    };
    let ack = FetchAck::decode(ack).unwrap();
    assert_eq!(FetchAck::decode(&ack.encode()), Ok(ack));
    if let Ok(session) = FetchedSession::decode(&ack, data, 1000) {
        let again = FetchedSession::decode(&session.ack(), &session.encode().unwrap(), 1000);
        assert_eq!(again.unwrap(), session);
    }
}

fn greeting() -> Vec<u8> {
    ServerGreeting {
        modes: Modes::from_bits(7),
        challenge: [1; 16],
        salt: [2; 16],
        count: 1024,
    }
    .encode()
}

fn set_up() -> Vec<u8> {
    SetUpResponse {
        mode: Modes::OPEN,
        key_id: key_id(),
        token: [0; 64],
        iv: [0; 16],
    }
    .encode()
}

fn asked() -> Vec<u8> {
    request(Direction::ToServer).encode().unwrap()
}

fn asked_two_way() -> Vec<u8> {
    request(Direction::TwoWay).encode().unwrap()
}

fn stopped() -> Vec<u8> {
    let skipped = vec![SkipRange { first: 3, last: 4 }, SkipRange { first: 7, last: 7 }];
    let sent = SentSession {
        sid: Sid([7; 16]),
        next_sequence: 40,
        skipped,
    };
    StopSessions {
        accept: Accept::Ok,
        sent: vec![sent],
    }
    .encode()
    .unwrap()
}

fn fetch() -> Vec<u8> {
    FetchSession::all(Sid([7; 16])).encode()
}

fn fetched() -> Vec<u8> {
    let session = fetched_session();
    [session.ack().encode(), session.encode().unwrap()].concat()
}

fn fetched_session() -> FetchedSession {
    FetchedSession {
        finished: true,
        next_sequence: 40,
        request: request(Direction::ToServer),
        skipped: vec![SkipRange { first: 3, last: 4 }],
        records: (0..3)
            .map(|n| Record::lost(n, wall(1.0), ErrorEstimate::unsynchronised()))
            .collect(),
    }
}

/// Changes octets as an enemy would: turned bits, extreme numbers, cut, grown, or nothing of it left.
fn mutate(dice: &mut Dice, octets: &mut Vec<u8>) {
    if dice.below(16) == 0 {
        let size = dice.below(400);
        *octets = (0..size).map(|_| dice.roll() as u8).collect();
    }
    for _ in 0..dice.below(5) {
        let place = dice.below(octets.len());
        match dice.below(6) {
            0 => octets.truncate(place),
            1 => octets.extend((0..dice.below(40)).map(|n| n as u8)),
            2 => {
                let extreme = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)];
                octets
                    .iter_mut()
                    .skip(place)
                    .take(4)
                    .for_each(|octet| *octet = extreme);
            }
            3 => octets
                .iter_mut()
                .skip(place)
                .take(8)
                .for_each(|octet| *octet = dice.roll() as u8),
            _ => octets
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|octet| *octet ^= 1 << dice.below(8)),
        }
    }
}

/// Throws so many inputs at everything. The same numbers in each run.
pub fn throw(inputs: u64) {
    let mut dice = Dice(1);
    for parser in PARSERS {
        let seed = (parser.seed)();
        (parser.parse)(&seed);
        for _ in 0..inputs / 2 / PARSERS.len() as u64 {
            let mut octets = seed.clone();
            mutate(&mut dice, &mut octets);
            (parser.parse)(&octets);
        }
        println!("{}: {} inputs", parser.name, inputs / 2 / PARSERS.len() as u64);
    }
    let mut thrown = 0;
    let mut rounds = 0;
    while thrown < inputs / 4 {
        let protected = rounds % 1000 == 0;
        thrown += throw_at_control(&mut dice, protected);
        rounds += 1;
    }
    println!("control connections: {thrown} inputs on {rounds} of them");
    let mut thrown = 0;
    while thrown < inputs.div_ceil(4) {
        thrown += throw_at_tests(&mut dice);
    }
    println!("senders, receivers and reflectors: {thrown} inputs");
}

/// One connection that goes well up to some point, and then its two ends hear only nonsense.
fn throw_at_control(dice: &mut Dice, protected: bool) -> u64 {
    let protocol = [Protocol::Owamp, Protocol::Twamp][dice.below(2)];
    let security = if protected {
        Security::Encrypted
    } else {
        Security::Open
    };
    let mut world = World::of(protocol, security);
    let depth = dice.below(8);
    go_well(&mut world, protocol, depth);
    let seeds = [
        asked(),
        asked_two_way(),
        stopped(),
        fetch(),
        fetched(),
        StartSessions.encode(),
        greeting(),
        set_up(),
    ];
    let mut thrown = 0;
    for _ in 0..8 {
        let mut octets = seeds[dice.below(seeds.len())].clone();
        mutate(dice, &mut octets);
        for piece in split(dice, &octets) {
            world.server.handle_bytes(world.now, &piece);
            world.client.handle_bytes(world.now, &piece);
            thrown += 2;
        }
        answer(&mut world, dice);
        assert!(world.server.poll_timeout().is_none_or(|at| at > world.now));
    }
    world.now += Duration::from_secs(1000);
    world.server.handle_timeout(world.now);
    world.client.handle_timeout(world.now);
    thrown
}

fn go_well(world: &mut World, protocol: Protocol, depth: usize) {
    if depth == 0 {
        return;
    }
    world.exchange();
    let direction = if protocol == Protocol::Owamp {
        Direction::ToServer
    } else {
        Direction::TwoWay
    };
    if depth > 1 {
        world.client.request(world.now, request(direction)).unwrap();
        if depth > 2 {
            world.exchange();
        }
    }
    if depth > 3 {
        world.server.accept(world.now, 9001, Sid([7; 16])).unwrap();
        world.exchange();
        world.client.start(world.now).unwrap();
    }
    if depth > 4 {
        world.exchange();
    }
    if depth > 5 && protocol == Protocol::Owamp {
        let sent = SentSession {
            sid: Sid([7; 16]),
            next_sequence: 40,
            skipped: Vec::new(),
        };
        world.client.stop(world.now, Accept::Ok, vec![sent]).unwrap();
        world.server.stop(world.now, Accept::Ok, Vec::new()).unwrap();
        world.exchange();
        world
            .client
            .fetch(world.now, FetchSession::all(Sid([7; 16])))
            .unwrap();
        if depth > 6 {
            world.carry_to_server(None);
        }
    }
}

/// Does whatever a shell would, at the wrong times too.
fn answer(world: &mut World, dice: &mut Dice) {
    let now = world.now;
    let sid = Sid([dice.below(3) as u8; 16]);
    // Refusals are part of it.
    let _ = match dice.below(7) {
        0 => world.server.accept(now, 9001, sid),
        1 => world.server.refuse(now, Accept::Failure),
        2 => world.server.stop(now, Accept::Ok, Vec::new()),
        3 => world.server.answer_fetch(now, Ok(&fetched_session())),
        4 => world.client.start(now),
        5 => world.client.stop(now, Accept::Ok, Vec::new()),
        _ => world.client.fetch(now, FetchSession::all(sid)),
    };
    while world.server.poll_transmit().is_some() {}
    while world.client.poll_transmit().is_some() {}
    world.server_events();
    world.client_events();
}

/// Test packets from an enemy, to ends whose plan may itself come from an enemy.
fn throw_at_tests(dice: &mut Dice) -> u64 {
    let (mut now, mut clock) = (Duration::from_secs(1), wall(0.0));
    let plan = Plan {
        sid: Sid([dice.roll() as u8; 16]),
        start: [wall(0.0), Timestamp::from_ntp(dice.roll())][dice.below(2)],
        packets: if dice.below(64) == 0 {
            u32::MAX
        } else {
            dice.below(100) as u32
        },
        timeout: [0, SECOND, 2 * SECOND, u64::MAX][dice.below(4)],
        slots: vec![
            Slot::Fixed([1 << 24, SECOND, u64::MAX][dice.below(3)]),
            Slot::Exponential(dice.roll() >> dice.below(64)),
        ],
    };
    let error = ErrorEstimate::from_bytes((dice.roll() as u16).to_be_bytes());
    let config = ReceiverConfig {
        plan: plan.clone(),
        protection: TestProtection::Open,
        most_records: 1000,
    };
    let mut receiver = TestReceiver::new(now, clock, config);
    let mut sender = TestSender::new(now, clock, &plan, TestProtection::Open, &[0; 3]);
    let config = SenderConfig {
        plan,
        protection: TestProtection::Open,
        padding: Box::new([]),
        symmetrical: true,
    };
    let mut session = SessionSender::new(now, clock, config);
    let mut reflector = SessionReflector::new(now, TestProtection::Open, ReflectorLimits::default());
    let mut thrown = 0;
    for _ in 0..40 {
        let passed = Duration::from_millis(dice.below(1000) as u64);
        now += passed;
        clock = clock.plus_nanos(i64::try_from(passed.as_nanos()).unwrap());
        let arrival = Arrival {
            received: clock,
            error,
            ttl: dice.roll() as u8,
        };
        let mut octets = [
            sender.poll_transmit(now, clock, error),
            session.poll_transmit(now, clock, error),
            reflector.poll_transmit(clock, error),
        ][dice.below(3)]
        .take()
        .map_or_else(Vec::new, |packet| packet.octets);
        for _ in 0..3 {
            receiver.handle_packet(now, &octets, arrival);
            session.handle_packet(now, &octets, arrival);
            reflector.handle_packet(now, &octets, arrival);
            thrown += 3;
            mutate(dice, &mut octets);
        }
        receiver.handle_timeout(now, clock);
        reflector.handle_timeout(now);
        let _ = (
            receiver.poll_timeout(),
            sender.poll_timeout(),
            session.poll_timeout(),
        );
        while receiver.poll_event().is_some() {}
    }
    receiver.handle_stop(clock, &sender.sent());
    let results = receiver.fetch(&request(Direction::ToServer), &FetchSession::all(Sid::default()));
    results.encode().unwrap();
    thrown
}

#[test]
fn an_enemy_breaks_nothing() {
    let asked = std::env::var("WATTLE_HOSTILE_INPUTS").ok();
    let usual = if cfg!(debug_assertions) {
        500_000
    } else {
        10_000_000
    };
    let inputs = asked.map_or(usual, |inputs| {
        inputs.parse().expect("WATTLE_HOSTILE_INPUTS is a number")
    });
    throw(inputs);
}

//! What becomes of a packet, one situation at a time.

use core::time::Duration;

use wattle_oneway::simulate::Random;
use wattle_oneway::statistics::Arrival;
use wattle_oneway::statistics::Counts;
use wattle_oneway::statistics::Direction;
use wattle_oneway::statistics::Packet;
use wattle_oneway::statistics::Quantile;
use wattle_oneway::statistics::Settings;

const WAIT: Duration = Duration::from_secs(2);
const OVER: Duration = Duration::from_millis(2126);

fn direction() -> Direction {
    Direction::new(Settings::default())
}

fn from(first: u32) -> Direction {
    let mut direction = direction();
    direction.begin_epoch(Some(first));
    direction
}

fn arrive(direction: &mut Direction, now: Duration, numbers: impl IntoIterator<Item = u32>) -> Vec<Arrival> {
    let packet = |number| Packet {
        number,
        delay: 1_000,
        ttl: None,
    };
    numbers
        .into_iter()
        .map(|number| direction.handle_arrival(now, packet(number)))
        .collect()
}

const IN_TIME: Arrival = Arrival::InTime { queueing: 0 };

#[test]
fn a_packet_is_lost_when_the_waiting_time_is_over_and_not_before() {
    let mut direction = from(0);
    direction.handle_sent(Duration::ZERO, 0);
    assert_eq!(direction.poll_timeout(), Some(WAIT));
    direction.handle_timeout(WAIT - Duration::from_nanos(1));
    assert_eq!((direction.counts().lost, direction.outstanding()), (0, 1));
    direction.handle_timeout(WAIT);
    assert_eq!((direction.counts().lost, direction.outstanding()), (1, 0));
    assert_eq!(direction.poll_timeout(), None);
}

#[test]
fn a_lost_packet_that_arrives_is_late_and_stays_lost() {
    let mut direction = from(0);
    direction.handle_sent(Duration::ZERO, 1);
    assert_eq!(
        arrive(&mut direction, OVER, [0, 0]),
        [Arrival::Late, Arrival::Duplicate]
    );
    let expected = Counts {
        sent: 2,
        lost: 2,
        late: 1,
        duplicate: 1,
        ..Counts::default()
    };
    assert_eq!(direction.counts(), expected);
    assert_eq!(expected.never_arrived(), 1);
    assert_eq!(direction.quantile(1), Some(Quantile::Infinite));
}

#[test]
fn what_was_not_sent_is_not_lost() {
    let mut direction = from(0);
    arrive(&mut direction, Duration::ZERO, [0, 1, 5]);
    direction.handle_unsent(Duration::ZERO, 2, 3);
    direction.handle_unsent(Duration::ZERO, 6, 9);
    direction.count_unsent(3);
    direction.handle_timeout(OVER);
    let expected = Counts {
        sent: 4,
        received: 3,
        lost: 1,
        unsent: 9,
        ..Counts::default()
    };
    assert_eq!(direction.counts(), expected);
}

#[test]
fn what_turns_out_not_to_have_been_sent_is_retracted() {
    let mut direction = from(0);
    arrive(&mut direction, Duration::ZERO, [5000]);
    direction.handle_timeout(OVER);
    assert_eq!(direction.counts().lost, 5000);
    direction.handle_unsent(OVER, 0, 4999);
    let counts = direction.counts();
    assert_eq!(
        (counts.sent, counts.lost, counts.unsent, counts.retracted),
        (5001, 5000, 5000, 5000)
    );
    assert_eq!(counts.never_arrived(), 0);
    assert_eq!(direction.quantile(1_000_000), Some(Quantile::Finite(1_000)));
}

#[test]
fn a_sender_that_lies_about_what_it_sent_makes_no_count_negative() {
    let mut direction = from(0);
    arrive(&mut direction, Duration::ZERO, 0..5000);
    for (first, last) in [
        (0, 4999),
        (0, u32::MAX),
        (7, 3),
        (1 << 31, 1 << 31),
        (5000, 5003),
        (5000, 5000),
    ] {
        direction.handle_unsent(Duration::ZERO, first, last);
    }
    let counts = direction.counts();
    assert_eq!(
        (counts.received, counts.lost, counts.retracted, counts.unsent),
        (5000, 0, 0, 4)
    );
    assert_eq!(
        arrive(&mut direction, Duration::ZERO, [5002]),
        [Arrival::Implausible]
    );
}

#[test]
fn the_numbers_of_a_packet_turn_over() {
    let mut direction = from(u32::MAX - 1);
    assert_eq!(
        arrive(
            &mut direction,
            Duration::ZERO,
            [u32::MAX - 1, u32::MAX, 0, 2, 1, 0, u32::MAX]
        )
        .len(),
        7
    );
    let counts = direction.counts();
    assert_eq!(
        (counts.received, counts.reordered, counts.duplicate, counts.lost),
        (5, 1, 2, 0)
    );
    assert_eq!(direction.outstanding(), 0);
}

#[test]
fn a_new_epoch_is_neither_loss_nor_reordering() {
    let mut direction = from(0);
    arrive(&mut direction, Duration::ZERO, [0, 1, 3]);
    direction.begin_epoch(Some(0));
    assert_eq!(arrive(&mut direction, Duration::ZERO, [0, 1]), [IN_TIME, IN_TIME]);
    direction.begin_epoch(None);
    assert_eq!(
        arrive(&mut direction, Duration::ZERO, [70_000, 70_001]),
        [IN_TIME, IN_TIME]
    );
    direction.handle_timeout(OVER);
    let expected = Counts {
        sent: 7,
        received: 7,
        abandoned: 1,
        ..Counts::default()
    };
    assert_eq!(direction.counts(), expected);
    assert_eq!(direction.epochs(), 3);
}

#[test]
fn a_clock_that_is_set_is_no_queue_and_no_jitter() {
    let mut direction = from(0);
    arrive(&mut direction, Duration::ZERO, 0..4);
    direction.handle_clock_step();
    let after = |number, delay| Packet {
        number,
        delay,
        ttl: None,
    };
    for (number, queueing) in [(5, 0), (4, 3_000), (6, 1_000)] {
        let packet = after(number, 5_000_000 + queueing);
        let queueing = queueing.unsigned_abs();
        assert_eq!(
            direction.handle_arrival(Duration::ZERO, packet),
            Arrival::InTime { queueing }
        );
    }
    assert_eq!(direction.delays().jitter(), (3_000 * 15 / 16 + 2_000) / 16);
    assert_eq!(direction.delays().variation().count(), 3 + 2);
    assert_eq!(direction.reordering().reordered(), 1);
}

#[test]
fn a_listener_that_comes_later_has_lost_nothing() {
    let mut direction = direction();
    assert_eq!(
        arrive(&mut direction, Duration::ZERO, [5000, 4999, 5001]),
        [IN_TIME, Arrival::TooOld, IN_TIME]
    );
    direction.handle_timeout(OVER);
    assert_eq!((direction.counts().lost, direction.counts().too_old), (0, 1));
}

#[test]
fn numbers_far_ahead_are_not_believed() {
    let mut direction = from(0);
    let far = [1 << 26, (1 << 31) - 1, 1 << 31, u32::MAX];
    let (implausible, old) = (Arrival::Implausible, Arrival::TooOld);
    assert_eq!(
        arrive(&mut direction, Duration::ZERO, far),
        [implausible, implausible, old, old]
    );
    direction.handle_sent(Duration::ZERO, 1 << 26);
    assert_eq!(direction.outstanding(), 0);
    assert_eq!(direction.counts().sent, 0);
}

#[test]
fn an_outage_is_one_run_of_losses() {
    let mut direction = from(0);
    arrive(&mut direction, Duration::ZERO, [0, 2]);
    let later = Duration::from_hours(1);
    arrive(&mut direction, later, [36_000]);
    direction.handle_timeout(later + OVER);
    let counts = direction.counts();
    assert_eq!((counts.sent, counts.received, counts.lost), (36_001, 3, 35_998));
    let runs = direction.loss_runs();
    assert_eq!((runs.count(), runs.longest(), runs.open()), (2, 35_997, 0));
}

#[test]
fn nothing_that_arrives_takes_more_memory_than_stated() {
    let mut direction = direction();
    let mut random = Random::new(1);
    for n in 0..200_000 {
        let bits = random.bits();
        let packet = Packet {
            number: n * 3 / 2 + (bits >> 55) as u32,
            delay: bits.cast_signed() >> (bits % 61),
            ttl: Some(bits as u8),
        };
        direction.handle_arrival(Duration::from_micros(u64::from(n) * 100), packet);
        direction.handle_sent(Duration::from_micros(u64::from(n) * 100), n * 3 / 2 + 300);
    }
    assert!(direction.bytes() < 32 << 10, "{} bytes", direction.bytes());
}

#[test]
fn a_usual_path_takes_little_memory() {
    let mut direction = direction();
    let mut random = Random::new(1);
    for number in 0..100_000 {
        let bits = random.bits();
        let packet = Packet {
            number,
            delay: 250_000 + ((bits >> 47).cast_signed()),
            ttl: Some(250),
        };
        direction.handle_arrival(Duration::from_millis(100) * number, packet);
    }
    println!(
        "{} bytes, {} of them without the heap",
        direction.bytes(),
        size_of::<Direction>()
    );
    assert!(direction.bytes() < 6 << 10, "{} bytes", direction.bytes());
}

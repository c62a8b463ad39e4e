//! Two clocks, known only by the packets between them.

use core::time::Duration;

use proptest::prelude::*;
use wattle_oneway::clock::ClockTrack;
use wattle_oneway::clock::Exchange;
use wattle_oneway::clock::Step;
use wattle_oneway::simulate::End;
use wattle_oneway::simulate::Jitter;
use wattle_oneway::simulate::Link;
use wattle_oneway::simulate::Loss;
use wattle_oneway::simulate::Path;
use wattle_oneway::simulate::VirtualClock;

const SPAN: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);
const TURNAROUND: Duration = Duration::from_micros(50);

/// Two hosts that exchange a packet every second.
struct Pair {
    link: Link<()>,
    here: VirtualClock,
    there: VirtualClock,
    now: Duration,
    track: ClockTrack,
}

impl Pair {
    fn new(to: Path, from: Path, there: VirtualClock, seed: u64) -> Self {
        Self {
            link: Link::new(to, from, seed),
            here: VirtualClock::default(),
            there,
            now: SECOND,
            track: ClockTrack::new(SPAN),
        }
    }

    /// Lets so many seconds pass, and says when clocks seemed to be set.
    fn run(&mut self, seconds: u32) -> Vec<Step> {
        let end = self.now + SECOND * seconds;
        let mut steps = Vec::new();
        while self.now < end {
            steps.extend(self.exchange());
            self.now += SECOND;
        }
        steps
    }

    fn exchange(&mut self) -> Option<Step> {
        let far = self.link.send(End::A, self.now, ()).first().copied()?;
        let back = self.link.send(End::B, far + TURNAROUND, ()).first().copied()?;
        let exchange = Exchange {
            sent: self.here.read(self.now),
            far_received: self.there.read(far),
            far_sent: self.there.read(far + TURNAROUND),
            received: self.here.read(back),
        };
        let step = self.track.observe(back, &exchange);
        assert!(self.track.bytes() < 2 << 10);
        step
    }

    fn true_offset(&self) -> i64 {
        self.there.error(self.now) - self.here.error(self.now)
    }

    /// By how much the estimate is wrong; the error stated must not be less.
    fn assert_within_error(&self) -> u64 {
        let offset = self.track.offset(self.now).unwrap();
        let wrong = offset.nanos.abs_diff(self.true_offset());
        assert!(
            wrong <= offset.error + 1,
            "{offset:?} is not {}",
            self.true_offset()
        );
        wrong
    }
}

fn path(latency_us: u64, jitter_us: u64, loss: u32) -> Path {
    Path {
        jitter: Jitter::Exponential(Duration::from_micros(jitter_us)),
        loss: Loss::alone(loss),
        ..Path::of(Duration::from_micros(latency_us))
    }
}

fn clock(offset: i64, skew: i64) -> VirtualClock {
    VirtualClock {
        offset,
        skew,
        ..VirtualClock::default()
    }
}

#[test]
fn offset_and_rate_of_a_clock_that_runs_away_are_found() {
    let mut pair = Pair::new(
        path(100, 300, 50_000),
        path(100, 100, 50_000),
        clock(-7_000_000_000, 23_000),
        5,
    );
    assert_eq!(pair.run(600), []);
    let offset = pair.track.offset(pair.now).unwrap();
    let rate = pair.track.rate().unwrap();
    println!(
        "offset wrong by {} ns, {offset:?}; {rate:?}",
        pair.assert_within_error()
    );
    assert!(offset.error < 150_000);
    assert!((rate.gain - 23_000.0).abs() <= rate.error);
    assert!((rate.gain - 23_000.0).abs() < 100.0, "{rate:?}");
    assert!(rate.error < 1_500.0);
}

#[test]
fn how_the_round_trip_is_divided_is_within_the_error() {
    let mut pair = Pair::new(path(10_000, 200, 0), path(2_000, 200, 0), clock(5_000_000, 0), 6);
    assert_eq!(pair.run(300), []);
    let offset = pair.track.offset(pair.now).unwrap();
    assert!(
        pair.assert_within_error() > 3_900_000,
        "half of the asymmetry cannot be seen"
    );
    assert!((6_000_000..6_300_000).contains(&offset.error));
}

#[test]
fn a_clock_that_is_set_is_seen_in_three_exchanges() {
    for moved in [5_000_000, -5_000_000, 1_000_000_000_000] {
        let mut pair = Pair::new(path(200, 500, 0), path(200, 500, 0), clock(0, -8_000), 7);
        assert_eq!(pair.run(200), []);
        pair.there.offset += moved;
        let steps = pair.run(5);
        assert_eq!(steps.len(), 1, "{moved}");
        assert!(
            steps[0].moved.nanos.abs_diff(moved) <= steps[0].moved.error,
            "{steps:?}"
        );
        pair.assert_within_error();
        assert_eq!(pair.run(300), []);
        pair.assert_within_error();
        assert_eq!(pair.track.steps(), 1);
    }
}

#[test]
fn a_step_far_shorter_than_the_round_trip_is_seen_by_both_directions() {
    for moved in [2_000_000, -2_000_000] {
        let mut pair = Pair::new(path(10_000, 30, 0), path(10_000, 30, 0), clock(0, 4_000), 8);
        assert_eq!(pair.run(200), []);
        pair.there.offset += moved;
        let steps = pair.run(40);
        assert_eq!(steps.len(), 1);
        assert!(steps[0].moved.nanos.abs_diff(moved) < 100_000, "{steps:?}");
        assert_eq!(pair.run(300), []);
        pair.assert_within_error();
    }
}

#[test]
fn a_path_that_changes_is_not_a_step() {
    let mut pair = Pair::new(
        path(3_000, 50, 0),
        path(3_000, 50, 0),
        clock(1_000_000, 10_000),
        9,
    );
    assert_eq!(pair.run(200), []);
    pair.link.set_path(End::A, path(8_000, 50, 0));
    assert_eq!(pair.run(200), []);
    pair.link.set_path(End::B, path(1_000, 50, 0));
    pair.link.set_path(End::A, path(1_500, 50, 0));
    assert_eq!(pair.run(400), []);
    pair.assert_within_error();
}

#[test]
fn a_clock_that_changes_its_rate_is_followed() {
    let mut pair = Pair::new(path(50, 20, 0), path(50, 20, 0), clock(0, 3_000), 10);
    assert_eq!(pair.run(400), []);
    let gained = pair.there.error(pair.now);
    pair.there.skew = -4_000;
    pair.there.offset += gained - pair.there.error(pair.now);
    assert_eq!(pair.run(700), []);
    pair.assert_within_error();
    let rate = pair.track.rate().unwrap();
    assert!((rate.gain + 4_000.0).abs() <= rate.error, "{rate:?}");
}

#[test]
fn one_exchange_that_is_garbage_is_ignored() {
    let mut pair = Pair::new(path(100, 50, 0), path(100, 50, 0), clock(0, 0), 11);
    pair.run(100);
    let start = VirtualClock::default().start;
    for nanos in [1_000_000_000, -77_000_000_000] {
        let garbage = Exchange {
            sent: start,
            far_received: start.plus_nanos(nanos),
            far_sent: start.plus_nanos(nanos),
            received: start.plus_nanos(1_000),
        };
        assert_eq!(pair.track.observe(pair.now, &garbage), None);
    }
    assert_eq!(pair.run(100), []);
    assert!(pair.assert_within_error() < 100_000);
    pair.track.clear();
    assert_eq!(pair.track.offset(pair.now), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn neither_offset_nor_rate_is_ever_outside_its_error(
        latency in 1..20_000_u64, back in 1..20_000_u64, jitter in 1..20_000_u64, offset in -10_000_000_000..10_000_000_000_i64,
        skew in -90_000..90_000_i64, seed: u64
    ) {
        let mut pair = Pair::new(path(latency, jitter, 200_000), path(back, 10, 100_000), clock(offset, skew), seed);
        for _ in 0..20 {
            prop_assert_eq!(pair.run(37), []);
            if pair.track.offset(pair.now).is_some() {
                pair.assert_within_error();
            }
            if let Some(rate) = pair.track.rate() {
                prop_assert!((rate.gain - skew as f64).abs() <= rate.error + 1.0, "{:?} is not {}", rate, skew);
            }
        }
    }

    #[test]
    fn any_timestamps_do_no_harm(stamps in proptest::collection::vec(any::<(u64, u64, u64, u64, u16)>(), 0..300)) {
        let mut track = ClockTrack::new(SPAN);
        let mut now = Duration::ZERO;
        for (sent, far_received, far_sent, received, later) in stamps {
            let stamp = wattle_oneway::Timestamp::from_ntp;
            now += Duration::from_millis(u64::from(later));
            let exchange = Exchange {
                sent: stamp(sent),
                far_received: stamp(far_received),
                far_sent: stamp(far_sent),
                received: stamp(received),
            };
            track.observe(now, &exchange);
            track.offset(now);
            prop_assert!(track.bytes() < 2 << 10);
        }
    }
}

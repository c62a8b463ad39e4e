//! One direction over a link whose truth is known: counts exact, delays exact to rounding, quantiles to a bucket.

use core::time::Duration;

use wattle_oneway::Timestamp;
use wattle_oneway::simulate::Arrived;
use wattle_oneway::simulate::End;
use wattle_oneway::simulate::Jitter;
use wattle_oneway::simulate::Link;
use wattle_oneway::simulate::Loss;
use wattle_oneway::simulate::Path;
use wattle_oneway::simulate::VirtualClock;
use wattle_oneway::statistics::Arrival;
use wattle_oneway::statistics::Direction;
use wattle_oneway::statistics::Packet;
use wattle_oneway::statistics::Quantile;
use wattle_oneway::statistics::Settings;

const GAP: Duration = Duration::from_millis(10);
const MILLISECOND: i64 = 1_000_000;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What the link did to the first copy of each packet, and how many further copies it made.
#[derive(Default)]
struct Truth {
    delays: Vec<Option<Duration>>,
    copies: u64,
}

impl Truth {
    fn finite(&self) -> Vec<Duration> {
        let mut delays: Vec<Duration> = self.delays.iter().copied().flatten().collect();
        delays.sort_unstable();
        delays
    }

    /// By the definition: the least delay that so many millionths of all packets do not exceed.
    fn quantile(&self, millionths: u64) -> Option<Duration> {
        let rank = (self.delays.len() as u64 * millionths).div_ceil(1_000_000).max(1);
        self.finite().get(rank as usize - 1).copied()
    }
}

/// Sends so many packets from A to B, whose clock is this one, and keeps B's statistics.
fn run(path: Path, packets: u32, clock_b: VirtualClock) -> (Direction, Truth) {
    let mut link: Link<(u32, Timestamp)> = Link::new(path, Path::default(), 42);
    let (clock_a, mut truth) = (VirtualClock::default(), Truth::default());
    let mut at_b = Direction::new(Settings::default());
    at_b.begin_epoch(Some(0));
    for number in 0..packets {
        let now = GAP * number;
        deliver(&mut link, now, &mut at_b, &clock_b);
        let arrivals = link.send(End::A, now, (number, clock_a.read(now)));
        at_b.handle_sent(now, number);
        truth.copies += arrivals.len().saturating_sub(1) as u64;
        truth.delays.push(arrivals.into_iter().min().map(|at| at - now));
    }
    let end = GAP * packets + ms(10_000);
    deliver(&mut link, end, &mut at_b, &clock_b);
    at_b.handle_timeout(end);
    (at_b, truth)
}

fn deliver(link: &mut Link<(u32, Timestamp)>, until: Duration, to: &mut Direction, clock: &VirtualClock) {
    while let Some(Arrived { at, packet, .. }) = link.receive(until) {
        let (number, sent) = packet;
        let delay = clock.read(at).nanos_since(sent);
        to.handle_arrival(
            at,
            Packet {
                number,
                delay,
                ttl: Some(252),
            },
        );
    }
}

fn assert_near(found: Option<Quantile>, truth: Option<Duration>, offset: i64) {
    let Some(truth) = truth else {
        assert_eq!(found, Some(Quantile::Infinite));
        return;
    };
    let truth = i64::try_from(truth.as_nanos()).unwrap() + offset;
    let Some(Quantile::Finite(nanos)) = found else {
        panic!("{found:?} is not {truth}");
    };
    assert!(
        nanos.abs_diff(truth) <= truth.unsigned_abs() / 32 + 1,
        "{nanos} is not {truth}"
    );
}

#[test]
fn ten_minutes_of_a_bad_path_are_told_exactly() {
    let path = Path {
        latency: ms(10),
        jitter: Jitter::Exponential(Duration::from_micros(800)),
        loss: Loss::alone(100_000),
        duplicates: 10_000,
        held_back: 20_000,
        hold: ms(35),
    };
    let (found, truth) = run(path, 60_000, VirtualClock::default());
    let (arrived, counts) = (truth.finite().len() as u64, found.counts());
    assert_eq!(
        (counts.sent, counts.received, counts.lost),
        (60_000, arrived, 60_000 - arrived)
    );
    assert_eq!(
        (counts.duplicate, counts.late, counts.too_old),
        (truth.copies, 0, 0)
    );
    assert!((5_700..6_300).contains(&counts.lost) && (450..650).contains(&counts.duplicate));
    assert!((900..1_300).contains(&counts.reordered), "{counts:?}");
    assert_eq!(found.reordering().extent_max(), 4);

    let (delays, finite) = (found.delays().one_way(), truth.finite());
    let nanos = |delay: &Duration| i64::try_from(delay.as_nanos()).unwrap();
    assert!(delays.minimum().unwrap().abs_diff(nanos(finite.first().unwrap())) <= 1);
    assert!(delays.maximum().unwrap().abs_diff(nanos(finite.last().unwrap())) <= 1);
    let sum: i64 = finite.iter().map(nanos).sum();
    assert!(delays.sum().abs_diff(i128::from(sum)) <= u128::from(arrived));
    for millionths in [
        1, 10_000, 250_000, 500_000, 850_000, 890_000, 899_000, 905_000, 999_000,
    ] {
        assert_near(
            found.quantile(millionths),
            truth.quantile(u64::from(millionths)),
            0,
        );
    }
    assert_eq!(found.quantile(950_000), Some(Quantile::Infinite));
    assert_eq!(found.hops().range(), Some((3, 3)));
}

#[test]
fn bursts_of_losses_are_runs() {
    let loss = Loss {
        begins: 10_000,
        ends: 250_000,
    };
    let (found, truth) = run(
        Path {
            loss,
            ..Path::of(ms(1))
        },
        50_000,
        VirtualClock::default(),
    );
    let lost: Vec<bool> = truth.delays.iter().map(Option::is_none).collect();
    let runs: Vec<u64> = lost
        .split(|lost| !lost)
        .map(|run| run.len() as u64)
        .filter(|&len| len > 0)
        .collect();
    assert_eq!(found.loss_runs().longest(), runs.iter().copied().max().unwrap());
    assert_eq!(
        found.loss_runs().count() + u64::from(found.loss_runs().open() > 0),
        runs.len() as u64
    );
    let mean = runs.iter().sum::<u64>() as f64 / runs.len() as f64;
    assert!((3.5..4.5).contains(&mean), "runs of {mean} packets");
}

#[test]
fn a_packet_slower_than_the_waiting_time_is_late_and_not_lost_for_good() {
    let path = Path {
        held_back: 50_000,
        hold: ms(3_000),
        ..Path::of(ms(1))
    };
    let (found, truth) = run(path, 10_000, VirtualClock::default());
    let slow = truth.finite().iter().filter(|&&delay| delay > ms(3_000)).count() as u64;
    let counts = found.counts();
    assert!(slow > 400);
    assert_eq!(
        (counts.lost, counts.late, counts.never_arrived()),
        (slow, slow, 0)
    );
    assert_eq!(
        (counts.received, counts.reordered, counts.duplicate),
        (10_000 - slow, 0, 0)
    );
}

#[test]
fn a_wrong_clock_changes_the_delays_and_nothing_else() {
    let path = Path {
        jitter: Jitter::Even(ms(3)),
        loss: Loss::alone(20_000),
        ..Path::of(ms(2))
    };
    let (right, truth) = run(path, 20_000, VirtualClock::default());
    let offset = -50 * MILLISECOND;
    let (wrong, _) = run(
        path,
        20_000,
        VirtualClock {
            offset,
            ..VirtualClock::default()
        },
    );
    assert_eq!(right.counts(), wrong.counts());
    assert!(wrong.delays().one_way().maximum().unwrap() < 0);
    for millionths in [10_000, 500_000, 950_000] {
        assert_near(
            wrong.quantile(millionths),
            truth.quantile(u64::from(millionths)),
            offset,
        );
        let queueing = |direction: &Direction| direction.delays().queueing().quantile(millionths, 0);
        assert_eq!(queueing(&right), queueing(&wrong));
        let variation = |direction: &Direction| direction.delays().variation().quantile(millionths, 0);
        assert_eq!(variation(&right), variation(&wrong));
    }
    assert_eq!(right.delays().jitter(), wrong.delays().jitter());
    assert!((MILLISECOND / 2..2 * MILLISECOND).contains(&right.delays().jitter().cast_signed()));
}

#[test]
fn a_queue_shows_above_the_minimum_even_if_a_clock_runs_away() {
    let mut at_b = Direction::new(Settings::default());
    let fast = VirtualClock {
        skew: 50_000,
        offset: -7 * MILLISECOND,
        ..VirtualClock::default()
    };
    let right = VirtualClock::default();
    for number in 0..36_000 {
        let queue = if number % 100 == 99 { ms(5) } else { ms(0) };
        let (sent, received) = (ms(100) * number, ms(100) * number + ms(1) + queue);
        let delay = fast.read(received).nanos_since(right.read(sent));
        let Arrival::InTime { queueing } = at_b.handle_arrival(
            received,
            Packet {
                number,
                delay,
                ttl: None,
            },
        ) else {
            panic!("packet {number} is in order");
        };
        // In a window of a minute and a sixteenth, the clock gains 3.2 ms.
        let truth = queue.as_nanos() as u64;
        assert!(
            (truth..=truth + 3_200_000).contains(&queueing) || number < 1,
            "{queueing} is not {truth}"
        );
    }
    // An hour at 50 ppm is 180 ms: the whole range of the delays says nothing of the queue.
    assert!(at_b.quantile_above_minimum(990_000).unwrap() > Quantile::Finite(170 * MILLISECOND));
    assert!(at_b.delays().queueing().quantile(990_000, 0).unwrap() < Quantile::Finite(4 * MILLISECOND));
}

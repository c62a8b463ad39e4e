//! The streaming figures against a model that keeps every packet.

use core::time::Duration;

use proptest::prelude::*;
use wattle_oneway::statistics::Counts;
use wattle_oneway::statistics::Direction;
use wattle_oneway::statistics::Packet;
use wattle_oneway::statistics::Settings;

/// Packets are sent at quarters of a second, waited for eight, and arrive a little after quarters: far from deadlines.
const SETTINGS: Settings = Settings {
    wait: Duration::from_secs(2),
    packets: 256,
    minimum_window: Duration::from_mins(1),
};

/// What happens to one packet.
#[derive(Clone, Debug)]
struct Fate {
    unsent: bool,
    /// Quarters of a second until the next packet.
    gap: u32,
    /// Quarters of a second after it was sent, of each copy.
    copies: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Sent(usize),
    Unsent(usize),
    Arrived(usize),
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let copy = prop_oneof![6 => 0..3_u64, 2 => 0..7_u64, 1 => 10..40_u64];
    let copies = proptest::collection::vec(copy, 0..4);
    let fate = (proptest::bool::weighted(0.1), 0..3_u32, copies);
    proptest::collection::vec(fate, 1..150).prop_map(|fates| {
        let fate = |(unsent, gap, copies)| Fate {
            copies: if unsent { Vec::new() } else { copies },
            unsent,
            gap,
        };
        fates.into_iter().map(fate).collect()
    })
}

/// All events in the order of their time.
fn events(fates: &[Fate]) -> Vec<(Duration, Event)> {
    let quarter = Duration::from_millis(250);
    let (mut events, mut sent) = (Vec::new(), Duration::ZERO);
    for (n, fate) in fates.iter().enumerate() {
        events.push((
            sent,
            if fate.unsent {
                Event::Unsent(n)
            } else {
                Event::Sent(n)
            },
        ));
        for &copy in &fate.copies {
            events.push((
                sent + quarter * copy as u32 + Duration::from_millis(1 + n as u64 % 7),
                Event::Arrived(n),
            ));
        }
        sent += quarter * fate.gap;
    }
    events.sort_by_key(|&(at, _)| at);
    events
}

fn delay(n: usize) -> i64 {
    (n as u64 * 7919 % 1009).cast_signed() * 1_000 - 200_000
}

fn stream(first: u32, events: &[(Duration, Event)]) -> Direction {
    let mut direction = Direction::new(SETTINGS);
    direction.begin_epoch(Some(first));
    for &(at, event) in events {
        let number = |n: usize| first.wrapping_add(n as u32);
        match event {
            Event::Sent(n) => direction.handle_sent(at, number(n)),
            Event::Unsent(n) => direction.handle_unsent(at, number(n), number(n)),
            Event::Arrived(n) => {
                let packet = Packet {
                    number: number(n),
                    delay: delay(n),
                    ttl: None,
                };
                direction.handle_arrival(at, packet);
            }
        }
    }
    direction.handle_timeout(Duration::from_hours(1));
    direction
}

/// The packets that arrived in time, in the order in which they did.
fn in_time(fates: &[Fate], events: &[(Duration, Event)]) -> Vec<usize> {
    let mut order = Vec::new();
    for &(_, event) in events {
        if let Event::Arrived(n) = event
            && fates[n].copies.iter().min() < Some(&8)
            && !order.contains(&n)
        {
            order.push(n);
        }
    }
    order
}

fn counts(fates: &[Fate], order: &[usize]) -> Counts {
    let sent = fates.iter().filter(|fate| !fate.unsent);
    let count = |condition: fn(&Fate) -> bool| fates.iter().filter(|fate| condition(fate)).count() as u64;
    let late = count(|fate| fate.copies.iter().min() >= Some(&8));
    let (sent, received) = (sent.count() as u64, order.len() as u64);
    let copies: usize = fates.iter().map(|fate| fate.copies.len()).sum();
    Counts {
        sent,
        received,
        lost: sent - received,
        late,
        duplicate: copies as u64 - received - late,
        unsent: count(|fate| fate.unsent),
        reordered: extents(order).len() as u64,
        ..Counts::default()
    }
}

/// RFC 4737 section 4.2, as it is written.
fn extents(order: &[usize]) -> Vec<u64> {
    let extent = |i: usize| {
        let first_higher = order[..i].iter().position(|&before| before > order[i])?;
        Some((i - first_higher) as u64)
    };
    (0..order.len()).filter_map(extent).collect()
}

/// RFC 4737 section 5.4, as it is written.
fn n_reordered(order: &[usize], n: usize) -> u64 {
    let is = |i: usize| i >= n && order[i - n..i].iter().all(|&before| before > order[i]);
    (0..order.len()).filter(|&i| is(i)).count() as u64
}

fn runs(fates: &[Fate], order: &[usize]) -> (u64, u64) {
    let sent = (0..fates.len()).filter(|&n| !fates[n].unsent);
    let lost: Vec<bool> = sent.map(|n| !order.contains(&n)).collect();
    let runs: Vec<u64> = lost
        .split(|lost| !lost)
        .map(|run| run.len() as u64)
        .filter(|&len| len > 0)
        .collect();
    (runs.len() as u64, runs.into_iter().max().unwrap_or_default())
}

/// Differences of neighbours, the second of which came at most eight arrivals after the first or before it.
fn variations(order: &[usize]) -> (u64, i128) {
    let place = |n: usize| order.iter().position(|&other| other == n);
    let near = |&n: &usize| matches!((place(n), place(n + 1)), (Some(a), Some(b)) if a.abs_diff(b) <= 8);
    let differences = order
        .iter()
        .copied()
        .filter(near)
        .map(|n| i128::from(delay(n + 1) - delay(n)));
    (differences.clone().count() as u64, differences.sum())
}

proptest! {
    #[test]
    fn every_figure_is_that_of_a_model_that_keeps_everything(fates in fates(), first in prop_oneof![Just(0), any::<u32>()]) {
        let events = events(&fates);
        let order = in_time(&fates, &events);
        let direction = stream(first, &events);

        prop_assert_eq!(direction.counts(), counts(&fates, &order));
        prop_assert_eq!(direction.outstanding(), 0);
        let runs_found = direction.loss_runs();
        let open = u64::from(runs_found.open() > 0);
        prop_assert_eq!((runs_found.count() + open, runs_found.longest()), runs(&fates, &order));

        let reordering = direction.reordering();
        let extents = extents(&order);
        prop_assert_eq!(reordering.extent_sum(), extents.iter().sum::<u64>());
        prop_assert_eq!(reordering.extent_max(), extents.iter().copied().max().unwrap_or_default());
        for (n, (count, of)) in (1..).zip(reordering.by_degree()) {
            prop_assert_eq!((count, of), (n_reordered(&order, n), order.len().saturating_sub(n) as u64));
        }

        let delays = direction.delays();
        prop_assert_eq!(delays.one_way().minimum(), order.iter().map(|&n| delay(n)).min());
        prop_assert_eq!(delays.one_way().maximum(), order.iter().map(|&n| delay(n)).max());
        prop_assert_eq!(delays.one_way().sum(), order.iter().map(|&n| i128::from(delay(n))).sum::<i128>());
        prop_assert_eq!((delays.variation().count(), delays.variation().sum()), variations(&order));
        let jitter = order.windows(2).fold(0.0, |jitter, pair| {
            jitter + (delay(pair[0]).abs_diff(delay(pair[1])) as f64 - jitter) / 16.0
        });
        prop_assert!((delays.jitter() as f64 - jitter).abs() <= 2.0, "{} is not {}", delays.jitter(), jitter);
    }

    #[test]
    fn any_events_in_any_order_keep_the_sums(events in proptest::collection::vec((0..6_u8, any::<u32>(), 0..3_000_u64, any::<i64>()), 0..300)) {
        let mut direction = Direction::new(SETTINGS);
        let (mut now, mut before) = (Duration::ZERO, Counts::default());
        for (what, number, later, delay) in events {
            now += Duration::from_millis(later);
            let near = number % 2000;
            match what {
                0 => direction.handle_sent(now, near),
                1 => direction.handle_unsent(now, near, near.wrapping_add(number >> 20)),
                2 => direction.handle_unsent(now, number, number.rotate_left(9)),
                3 if number % 50 == 0 => direction.begin_epoch((number % 3 > 0).then_some(near)),
                4 => { direction.handle_arrival(now, Packet { number, delay, ttl: None }); }
                _ => { direction.handle_arrival(now, Packet { number: near, delay, ttl: Some(near as u8) }); }
            }
            let counts = direction.counts();
            prop_assert_eq!(counts.sent, counts.received + counts.lost);
            prop_assert!(counts.late + counts.retracted <= counts.lost);
            prop_assert!(counts.lost >= before.lost && counts.unsent >= before.unsent && counts.abandoned >= before.abandoned);
            prop_assert!(direction.poll_timeout().is_none_or(|due| due > now));
            before = counts;
        }
    }
}

//! The figures, computed once, shown as text or as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use wattle_oneway::Timestamp;

use super::outcome::Outcome;
use super::outcome::RoundTrips;
use super::outcome::Way;

/// What is printed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// `stamp`, `owamp` or `twamp`.
    pub protocol: &'static str,
    /// `open`, `authenticated`, `encrypted` or `mixed`.
    pub mode: &'static str,
    /// From here, then to here.
    pub directions: Vec<DirectionReport>,
    /// There and back; nothing in OWAMP.
    pub round_trip: Option<RoundTripReport>,
}

/// One direction. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DirectionReport {
    /// `forward` is from here, `reverse` is to here.
    pub direction: &'static str,
    /// The sending end.
    pub from: String,
    /// The receiving end.
    pub to: String,
    /// The session's name, if it has one.
    pub sid: Option<String>,
    /// When the first packet that arrived was sent, since 1970.
    pub first: Option<f64>,
    /// The last one.
    pub last: Option<f64>,
    /// Packets sent, so late that nobody knows their fate left out.
    pub sent: u64,
    /// Packets that were due and not sent.
    pub unsent: u64,
    /// Packets that did not arrive in time.
    pub lost: u64,
    /// Copies beyond the first.
    pub duplicates: u64,
    /// Whether both clocks claim to be synchronised. If not, the difference of the clocks is in the delay, and only jitter, loss and
    /// order mean something.
    pub synchronised: bool,
    /// How wrong the delay is at most, if both claim to be.
    pub error: Option<f64>,
    /// The delay, with the clocks' difference in it.
    pub delay: Delay,
    /// The 95th percentile minus the median, as owping's; nothing if it is infinite.
    pub jitter: Option<f64>,
    /// Interarrival jitter (RFC 3550 section 6.4.1).
    pub interarrival_jitter: f64,
    /// Routers passed, fewest and most.
    pub hops: Option<(u8, u8)>,
    /// Packets that arrived after a later one (RFC 4737).
    pub reordered: u64,
    /// For n = 1, 2, …: the share of packets with n later ones right before them (RFC 4737 section 5.4).
    pub n_reordering: Vec<f64>,
    /// How far the clocks must be apart, if all packets were dropped for impossible times.
    pub clock_difference: Option<f64>,
}

/// There and back, in seconds, without the time at the far end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoundTripReport {
    /// Packets sent.
    pub sent: u64,
    /// Packets not answered in time.
    pub lost: u64,
    /// Of those, lost in a direction that nobody knows.
    pub lost_somewhere: u64,
    /// The delay.
    pub delay: Delay,
    /// The 95th percentile minus the median; nothing if it is infinite.
    pub jitter: Option<f64>,
    /// The time at the far end, least and greatest.
    pub turnaround: Option<(f64, f64)>,
    /// Whether it was measured by the kernels or network cards in all four places.
    pub is_wire: bool,
}

/// Delays. The delay of a lost packet is infinite, and then there is no number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delay {
    /// Least.
    pub min: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Greatest of those that arrived.
    pub max: Option<f64>,
    /// By percentage.
    pub percentiles: BTreeMap<String, Option<f64>>,
}

impl Report {
    /// Sums up. `quantiles` are in millionths; `now` tells the era of timestamps.
    pub fn new(outcome: &Outcome, quantiles: &[u32], now: Duration) -> Self {
        let directions = outcome.ways.iter();
        Self {
            protocol: outcome.spoken.name(),
            mode: outcome.security,
            directions: directions.map(|way| direction(way, quantiles, now)).collect(),
            round_trip: outcome
                .round_trips
                .as_ref()
                .map(|trips| round_trip(trips, quantiles)),
        }
    }

    /// Whether packets arrived in each direction.
    pub fn is_answered(&self) -> bool {
        self.directions
            .iter()
            .all(|direction| direction.delay.min.is_some())
    }
}

fn direction(way: &Way, quantiles: &[u32], now: Duration) -> DirectionReport {
    let trips = &way.trips;
    let statistics = trips.statistics();
    let sorted = sorted(&trips.delays);
    let bound = trips.bound_nanos.filter(|_| !sorted.is_empty());
    let since_1970 = |time: Timestamp| time.to_unix(now).as_secs_f64();
    DirectionReport {
        direction: way.direction,
        from: way.from.to_string(),
        to: way.to.to_string(),
        sid: way.sid.clone(),
        first: trips.first.map(since_1970),
        last: trips.last.map(since_1970),
        sent: way.sent,
        unsent: way.unsent,
        lost: way.lost,
        duplicates: trips.duplicates,
        synchronised: bound.is_some(),
        error: bound.map(|nanos| nanos as f64 / 1e9),
        delay: delay(&sorted, way.lost, quantiles),
        jitter: jitter(&sorted, way.lost),
        interarrival_jitter: statistics.delays().jitter() as f64 / 1e9,
        hops: statistics.hops().range(),
        reordered: statistics.reordering().reordered(),
        n_reordering: n_reordering(statistics.reordering().by_degree()),
        clock_difference: way.clock_difference.map(seconds),
    }
}

fn n_reordering(degrees: impl Iterator<Item = (u64, u64)>) -> Vec<f64> {
    let had = degrees.take_while(|(count, _)| *count > 0);
    had.map(|(count, of)| count as f64 / of.max(1) as f64).collect()
}

fn round_trip(trips: &RoundTrips, quantiles: &[u32]) -> RoundTripReport {
    let delays = sorted(&trips.delays);
    let turnarounds = sorted(&trips.turnarounds);
    let turnaround = turnarounds.first().zip(turnarounds.last());
    RoundTripReport {
        sent: trips.sent,
        lost: trips.lost,
        lost_somewhere: trips.lost_somewhere,
        delay: delay(&delays, trips.lost, quantiles),
        jitter: jitter(&delays, trips.lost),
        turnaround: turnaround.map(|(least, most)| (seconds(*least), seconds(*most))),
        is_wire: trips.is_wire && !delays.is_empty(),
    }
}

fn sorted(delays: &[i64]) -> Vec<i64> {
    let mut sorted = delays.to_vec();
    sorted.sort_unstable();
    sorted
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

fn delay(sorted: &[i64], lost: u64, quantiles: &[u32]) -> Delay {
    let percentile = |millionths: &u32| {
        let name = format!("{}", f64::from(*millionths) / 1e4);
        (name, quantile(sorted, lost, *millionths).map(seconds))
    };
    Delay {
        min: sorted.first().copied().map(seconds),
        median: quantile(sorted, lost, MEDIAN).map(seconds),
        max: sorted.last().copied().map(seconds),
        percentiles: quantiles.iter().map(percentile).collect(),
    }
}

const MEDIAN: u32 = 500_000;
const P95: u32 = 950_000;

fn jitter(sorted: &[i64], lost: u64) -> Option<f64> {
    let (high, middle) = (quantile(sorted, lost, P95)?, quantile(sorted, lost, MEDIAN)?);
    Some(seconds(high.saturating_sub(middle)))
}

/// The least delay that is not exceeded by so large a share of the packets, of which the lost ones have an infinite delay
/// (RFC 7679 section 3.6); nothing where it is infinite.
fn quantile(sorted: &[i64], lost: u64, millionths: u32) -> Option<i64> {
    let all = u128::from(lost) + sorted.len() as u128;
    let rank = (all * u128::from(millionths)).div_ceil(1_000_000).max(1);
    sorted.get(usize::try_from(rank - 1).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_sent() {
        let delays: Vec<i64> = (1..=90).collect();
        assert_eq!(quantile(&delays, 10, 500_000), Some(50));
        assert_eq!(quantile(&delays, 10, 900_000), Some(90));
        assert_eq!(quantile(&delays, 10, 900_001), None);
        assert_eq!(quantile(&delays, 0, 0), Some(1));
        assert_eq!(quantile(&delays, 0, 1_000_000), Some(90));
        assert_eq!(quantile(&[], 3, 500_000), None);
    }

    #[test]
    fn jitter_is_infinite_with_more_loss_than_it_can_bear() {
        let delays: Vec<i64> = (1..=95).map(|millis| millis * 1_000_000).collect();
        assert_eq!(jitter(&delays, 5), Some(0.045));
        assert_eq!(jitter(&delays, 6), None);
    }
}

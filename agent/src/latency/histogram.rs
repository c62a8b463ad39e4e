//! Delays by size: with fixed bounds for every Prometheus, and as a native histogram for those that take one.

use std::collections::BTreeMap;

/// Upper bounds in nanoseconds: 1, 2 and 5 of each power of ten from 1 µs to 2 s. Above is infinity.
pub const BOUNDS: [i64; 20] = [
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    1_000_000_000,
    2_000_000_000,
];
/// Eight buckets for each power of two, 9 % each (schema 3 of Prometheus).
pub const SCHEMA: i32 = 3;
const PER_OCTAVE: f64 = 8.0;

/// Signed delays in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DelayHistogram {
    counts: [u64; BOUNDS.len() + 1],
    sum_nanos: i128,
    zeros: u64,
    positive: BTreeMap<i16, u64>,
    negative: BTreeMap<i16, u64>,
}

/// One side of a native histogram, as it is written: runs of buckets (gap, length), and differences of neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sparse {
    /// Runs.
    pub spans: Vec<(i32, u32)>,
    /// Differences.
    pub deltas: Vec<i64>,
}

impl DelayHistogram {
    /// Counts one delay.
    pub fn observe(&mut self, nanos: i64) {
        self.sum_nanos += i128::from(nanos);
        let place = BOUNDS.partition_point(|bound| *bound < nanos);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        let buckets = match nanos {
            0 => {
                self.zeros += 1;
                return;
            }
            1.. => &mut self.positive,
            _ => &mut self.negative,
        };
        *buckets.entry(index(nanos.unsigned_abs())).or_default() += 1;
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum in seconds.
    #[expect(clippy::cast_precision_loss, reason = "Prometheus has nothing finer")]
    pub fn sum(&self) -> f64 {
        self.sum_nanos as f64 / 1e9
    }

    /// Upper bounds in seconds, with the number in each bucket alone.
    pub fn buckets(&self) -> [(f64, u64); BOUNDS.len() + 1] {
        std::array::from_fn(|at| {
            let bound = BOUNDS.get(at).map_or(f64::INFINITY, |bound| seconds(*bound));
            (bound, self.counts.get(at).copied().unwrap_or_default())
        })
    }

    /// A delay in seconds that this share of all did not exceed: the upper bound of a native bucket, so at most 9 % more than the
    /// least such delay.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is no more than the count"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = ((self.count() as f64 * share).ceil() as u64).max(1);
        let bound = |index: i16| (f64::from(index) / PER_OCTAVE).exp2();
        let below = self
            .negative
            .iter()
            .rev()
            .map(|(&index, &count)| (-bound(index - 1), count));
        let above = self.positive.iter().map(|(&index, &count)| (bound(index), count));
        let mut ordered = below.chain([(0.0, self.zeros)]).chain(above);
        let mut counted = 0;
        ordered.find_map(|(bound, count)| {
            counted += count;
            (counted >= rank).then_some(bound)
        })
    }

    /// How many were exactly nothing.
    pub const fn zeros(&self) -> u64 {
        self.zeros
    }

    /// The native buckets above zero. With nothing in it there is an empty run, by which a reader knows what it is.
    pub fn positive(&self) -> Sparse {
        let mut sparse = sparse(&self.positive);
        if sparse.spans.is_empty() {
            sparse.spans.push((0, 0));
        }
        sparse
    }

    /// The native buckets below zero.
    pub fn negative(&self) -> Sparse {
        sparse(&self.negative)
    }
}

/// Nanoseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "exact up to 104 days")]
pub fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// The native bucket of a magnitude: its upper bound is 2^(index / 8) seconds.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "between -240 and 280 for any number of nanoseconds"
)]
fn index(nanos: u64) -> i16 {
    ((nanos as f64 / 1e9).log2() * PER_OCTAVE).ceil() as i16
}

fn sparse(buckets: &BTreeMap<i16, u64>) -> Sparse {
    let mut sparse = Sparse::default();
    let (mut next, mut before) = (None, 0_i64);
    for (&index, &count) in buckets {
        match (next, sparse.spans.last_mut()) {
            (Some(next), Some(span)) if next == index => span.1 += 1,
            (next, _) => sparse
                .spans
                .push((i32::from(index) - i32::from(next.unwrap_or_default()), 1)),
        }
        next = Some(index + 1);
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        sparse.deltas.push(count - before);
        before = count;
    }
    sparse
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(delays: &[i64]) -> DelayHistogram {
        let mut histogram = DelayHistogram::default();
        delays.iter().for_each(|nanos| histogram.observe(*nanos));
        histogram
    }

    #[test]
    fn a_bound_is_in_its_own_bucket() {
        let filled: Vec<_> = of(&[-5, 1_000, 1_001, 3_000_000_000])
            .buckets()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(filled, [(1e-6, 2), (2e-6, 1), (f64::INFINITY, 1)]);
    }

    #[test]
    fn native_buckets_are_runs_of_differences() {
        // 1 s is bucket 0; 2 s bucket 8, 2.1 s bucket 9.
        let histogram = of(&[
            1_000_000_000,
            1_000_000_000,
            2_000_000_000,
            2_100_000_000,
            -1_000_000_000,
            0,
        ]);
        assert_eq!(
            histogram.positive(),
            Sparse {
                spans: vec![(0, 1), (7, 2)],
                deltas: vec![2, -1, 0]
            }
        );
        assert_eq!(
            histogram.negative(),
            Sparse {
                spans: vec![(0, 1)],
                deltas: vec![1]
            }
        );
        assert_eq!((histogram.zeros(), histogram.count()), (1, 6));
        assert_eq!(of(&[]).positive().spans, [(0, 0)]);
    }

    #[test]
    fn a_quantile_is_the_bound_of_its_bucket_whatever_the_sign() {
        let histogram = of(&[-1_000_000_000, -1_000_000_000, 0, 400, 1_000, 2_000_000_000]);
        let near = |share, expected: f64| {
            let found = histogram.quantile(share).unwrap();
            // From the true delay to 9 % more.
            assert!(
                (expected..=expected + expected.abs() * 0.1).contains(&found),
                "{share}: {found}"
            );
        };
        near(0.01, -1.0);
        near(0.5, 0.0);
        near(0.6, 400e-9);
        near(0.8, 1e-6);
        near(1.0, 2.0);
        assert_eq!(of(&[]).quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn a_delay_is_between_the_bounds_of_its_native_bucket(nanos in 1..10_000_000_000_i64) {
            let upper = (f64::from(index(nanos.unsigned_abs())) / PER_OCTAVE).exp2();
            let rounded = 1.0 + 1e-9;
            prop_assert!(seconds(nanos) <= upper * rounded);
            prop_assert!(seconds(nanos) * rounded > upper / (1.0 / PER_OCTAVE).exp2());
        }

        #[test]
        fn any_delays_are_counted_once(delays in proptest::collection::vec(any::<i64>(), 0..100)) {
            let histogram = of(&delays);
            let native: u64 = histogram.zeros + histogram.positive.values().sum::<u64>() + histogram.negative.values().sum::<u64>();
            prop_assert_eq!(histogram.count(), delays.len() as u64);
            prop_assert_eq!(native, delays.len() as u64);
        }
    }
}

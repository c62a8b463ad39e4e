//! The 99th percentile of what was counted lately.

use std::time::Duration;

/// Over which time packets count: from one to two of these.
const WINDOW: Duration = Duration::from_secs(300);
/// With fewer packets nothing is said.
const LEAST: f64 = 20.0;
/// The most buckets of one histogram.
pub(super) const MAX_BUCKETS: usize = 256;

/// Cumulative counts by upper bound, as they are exported.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Buckets(Vec<(f64, f64)>);

impl Buckets {
    /// Adds a bucket; false if there are too many.
    pub(super) fn add(&mut self, bound: f64, count: f64) -> bool {
        let at = self.0.partition_point(|(known, _)| *known < bound);
        self.0.insert(at, (bound, count));
        self.0.len() <= MAX_BUCKETS
    }

    /// What was counted since; everything, if the counters began anew.
    fn since(&self, before: &Self) -> Self {
        let same = self.0.len() == before.0.len();
        let pairs = || self.0.iter().zip(&before.0);
        if !same || pairs().any(|(now, then)| now.0 != then.0 || now.1 < then.1) {
            return self.clone();
        }
        Self(pairs().map(|(now, then)| (now.0, now.1 - then.1)).collect())
    }

    /// The bound of the bucket that 99 of 100 do not exceed: never less than the true value. `None` if there are too few, or if no
    /// bucket with a bound is high enough.
    fn p99(&self) -> Option<f64> {
        let all = self.0.last().filter(|(bound, _)| *bound == f64::INFINITY)?.1;
        let enough = |count: f64| count >= all * 0.99;
        let (bound, _) = self.0.iter().find(|(_, count)| enough(*count))?;
        (all >= LEAST && bound.is_finite() && *bound >= 0.0).then_some(*bound)
    }
}

/// A histogram with what it was a while ago.
#[derive(Clone, Debug)]
pub(super) struct Windowed {
    base: Option<Buckets>,
    middle: (Duration, Buckets),
    latest: Buckets,
}

impl Windowed {
    pub(super) fn new(at: Duration, latest: Buckets) -> Self {
        Self {
            base: None,
            middle: (at, latest.clone()),
            latest,
        }
    }

    pub(super) fn advance(&mut self, at: Duration, latest: Buckets) {
        if at.saturating_sub(self.middle.0) >= WINDOW {
            let old = std::mem::replace(&mut self.middle, (at, latest.clone()));
            self.base = Some(old.1);
        }
        self.latest = latest;
    }

    /// The 99th percentile of the last one to two windows; of everything, as long as less is known.
    pub(super) fn p99(&self) -> Option<f64> {
        match &self.base {
            Some(base) => self.latest.since(base).p99(),
            None => self.latest.p99(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Buckets;
    use super::Windowed;

    fn buckets(counts: [f64; 3]) -> Buckets {
        let mut buckets = Buckets::default();
        for (bound, count) in [f64::INFINITY, 0.001, 0.01]
            .into_iter()
            .zip([counts[2], counts[0], counts[1]])
        {
            assert!(buckets.add(bound, count));
        }
        buckets
    }

    #[test]
    fn the_percentile_is_the_bound_of_its_bucket_or_nothing() {
        for (counts, expected) in [
            ([99.0, 100.0, 100.0], Some(0.001)),
            ([98.0, 99.0, 100.0], Some(0.01)),
            ([98.0, 98.0, 100.0], None),
            ([10.0, 10.0, 10.0], None),
            ([f64::NAN, f64::NAN, f64::NAN], None),
        ] {
            assert_eq!(buckets(counts).p99(), expected, "{counts:?}");
        }
    }

    #[test]
    fn what_was_long_ago_does_not_count() {
        let at = Duration::from_secs;
        let mut windowed = Windowed::new(at(0), buckets([0.0, 1000.0, 1000.0]));
        assert_eq!(windowed.p99(), Some(0.01));
        windowed.advance(at(300), buckets([0.0, 1000.0, 1000.0]));
        windowed.advance(at(400), buckets([500.0, 1500.0, 1500.0]));
        assert_eq!(windowed.p99(), Some(0.001));
        windowed.advance(at(500), buckets([0.0, 40.0, 40.0]));
        assert_eq!(windowed.p99(), Some(0.01), "after a restart");
    }
}

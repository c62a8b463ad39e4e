//! Measuring one thing many times.

use std::time::Duration;

use nix::time::ClockId;
use nix::time::clock_gettime;

/// Measurements of one thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// Measures one turn.
    pub(crate) fn take<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = cpu_time();
        let value = work();
        self.push(cpu_time().saturating_sub(before));
        value
    }

    pub(crate) fn min(&self) -> Duration {
        self.at(0)
    }

    pub(crate) fn median(&self) -> Duration {
        self.at(500)
    }

    /// The sample below which so many thousandths of all are; nothing of nothing.
    pub(crate) fn at(&self, permille: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let index = sorted.len() * permille / 1000;
        sorted
            .get(index.min(sorted.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

/// CPU time of this thread.
pub(crate) fn cpu_time() -> Duration {
    // The clock is there on every kernel.
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_samples() {
        let mut samples = Samples::default();
        assert_eq!(samples.median(), Duration::ZERO);
        for millis in [5, 1, 4, 2, 3] {
            samples.push(Duration::from_millis(millis));
        }
        let found = [samples.min(), samples.median(), samples.at(990), samples.at(1000)];
        assert_eq!(found, [1, 3, 5, 5].map(Duration::from_millis));
    }
}

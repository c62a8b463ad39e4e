//! How many packets a second are answered.

use core::time::Duration;

/// So many a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// On average; 0 lets nothing through.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

impl Rate {
    fn interval(self) -> Option<Duration> {
        Duration::from_secs(1).checked_div(self.per_second)
    }
}

/// What is left of a [`Rate`]: the generic cell rate algorithm, one instant of state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    empty_until: Duration,
}

impl Bucket {
    /// Whether another packet may pass now.
    pub(super) fn take(&mut self, now: Duration, rate: Rate) -> bool {
        let Some(interval) = rate.interval() else {
            return false;
        };
        let start = self.empty_until.max(now);
        let passes = start - now <= interval * rate.burst.saturating_sub(1);
        if passes {
            self.empty_until = start + interval;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_average() {
        let rate = Rate {
            per_second: 10,
            burst: 3,
        };
        let mut bucket = Bucket::default();
        let mut passed = |millis| bucket.take(Duration::from_millis(millis), rate);
        assert_eq!([0, 0, 0, 0].map(&mut passed), [true, true, true, false]);
        assert_eq!([99, 100, 150, 200].map(&mut passed), [false, true, false, true]);
        assert_eq!([9000; 4].map(&mut passed), [true, true, true, false]);
    }

    #[test]
    fn nothing_a_second_is_nothing() {
        assert!(!Bucket::default().take(
            Duration::MAX,
            Rate {
                per_second: 0,
                burst: 9
            }
        ));
    }
}

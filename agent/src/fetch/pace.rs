//! When to ask again.

use std::time::Duration;

/// The first wait after a failure; it doubles with each.
const FIRST: Duration = Duration::from_secs(15);

/// How a service is asked: at its interval, more seldom when it wants so, and soon again, but not at once, when it failed.
#[derive(Clone, Debug)]
pub struct Pace {
    interval: Duration,
    failures: u32,
}

impl Pace {
    /// A service that is asked so often.
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            failures: 0,
        }
    }

    /// How long to wait after an answer.
    pub fn after_success(&mut self) -> Duration {
        self.failures = 0;
        self.interval
    }

    /// How long to wait after none. `wanted` is what the service said. `lasting` trouble does not go away by asking.
    pub fn after_failure(&mut self, wanted: Option<Duration>, lasting: bool) -> Duration {
        let soon = FIRST
            .saturating_mul(1 << self.failures.min(16))
            .min(self.interval);
        self.failures = self.failures.saturating_add(1);
        match wanted {
            Some(wanted) => wanted.max(soon),
            None if lasting => self.interval,
            None => soon,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_double_the_wait_up_to_the_interval() {
        let mut pace = Pace::new(Duration::from_secs(100));
        let waits: Vec<_> = (0..5)
            .map(|_| pace.after_failure(None, false).as_secs())
            .collect();
        assert_eq!(waits, [15, 30, 60, 100, 100]);
        assert_eq!(pace.after_success().as_secs(), 100);
        assert_eq!(pace.after_failure(None, false).as_secs(), 15);
    }

    #[test]
    fn a_service_is_left_alone_for_as_long_as_it_wants() {
        let mut pace = Pace::new(Duration::from_secs(100));
        for (wanted, waited) in [(3600, 3600), (0, 30), (1, 60)] {
            let wait = pace.after_failure(Some(Duration::from_secs(wanted)), true);
            assert_eq!(wait.as_secs(), waited);
        }
        assert_eq!(pace.after_failure(None, true).as_secs(), 100);
    }
}

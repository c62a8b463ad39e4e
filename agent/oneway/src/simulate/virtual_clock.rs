use core::time::Duration;

use crate::Timestamp;

/// A clock that is wrong by a known amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualClock {
    /// What a right clock shows at the beginning.
    pub start: Timestamp,
    /// How far it is ahead at the beginning, in nanoseconds. Change it to make the clock step.
    pub offset: i64,
    /// How many nanoseconds it gains each second.
    pub skew: i64,
}

impl Default for VirtualClock {
    /// A right clock, in November 2026.
    fn default() -> Self {
        Self {
            start: Timestamp::from_unix(Duration::from_secs(1_795_000_000)),
            offset: 0,
            skew: 0,
        }
    }
}

impl VirtualClock {
    /// What it shows when so much true time has passed.
    pub fn read(&self, at: Duration) -> Timestamp {
        let passed = i64::try_from(at.as_nanos()).unwrap_or(i64::MAX);
        self.start.plus_nanos(passed.saturating_add(self.error(at)))
    }

    /// How far it is ahead then, in nanoseconds.
    pub fn error(&self, at: Duration) -> i64 {
        let gained = at.as_nanos().cast_signed() * i128::from(self.skew) / 1_000_000_000;
        self.offset
            .saturating_add(i64::try_from(gained).unwrap_or(i64::MAX))
    }
}

//! The only place that asks what time it is.

use std::time::Duration;
use std::time::SystemTime;

use nix::time::ClockId;
use nix::time::clock_gettime;

/// Time, as a value that can be handed down.
pub trait Clock: Send + Sync {
    /// Time on a clock that nobody sets and that stands still while the machine sleeps.
    fn steady(&self) -> Duration;
    /// Time since 1970, as people have it.
    fn wall(&self) -> Duration;
}

/// The kernel's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn steady(&self) -> Duration {
        // CLOCK_MONOTONIC is there on every kernel; a fixed answer would only make the tick idle.
        clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the door through which time comes in"
    )]
    fn wall(&self) -> Duration {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }
}

/// A clock whose wall time is set off, for tests of what a wrong clock does.
pub struct ShiftedClock {
    inner: std::sync::Arc<dyn Clock>,
    nanos: i64,
}

impl ShiftedClock {
    /// So many nanoseconds ahead of `inner`, or behind if negative.
    pub fn new(inner: std::sync::Arc<dyn Clock>, nanos: i64) -> Self {
        Self { inner, nanos }
    }
}

impl Clock for ShiftedClock {
    fn steady(&self) -> Duration {
        self.inner.steady()
    }

    fn wall(&self) -> Duration {
        let shift = Duration::from_nanos(self.nanos.unsigned_abs());
        if self.nanos < 0 {
            self.inner.wall().saturating_sub(shift)
        } else {
            self.inner.wall() + shift
        }
    }
}

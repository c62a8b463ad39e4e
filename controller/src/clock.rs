//! The only place that asks what time it is.

use std::time::Duration;
use std::time::SystemTime;

use nix::time::ClockId;
use nix::time::clock_gettime;

/// Time on a clock that nobody sets.
pub(crate) fn steady() -> Duration {
    // CLOCK_MONOTONIC is there on every kernel.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}

/// Time since 1970, as people have it.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door through which time comes in"
)]
pub(crate) fn wall() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

//! What this host's clock is worth: whether something keeps it right, and how wrong it is at most.
//!
//! chrony is asked where it runs, since it knows more than it tells the kernel; else the kernel is.

mod chrony;
mod kernel;
mod source;

use std::time::Duration;

use serde::Serialize;
use wattle_oneway::stamp::ClockClaim;

pub use chrony::Tracking;
pub use chrony::parse as parse_tracking;
pub use chrony::request as tracking_request;
pub use kernel::judge as judge_kernel;
pub use source::ClockSource;
pub use source::HostClock;
pub use source::StatedClock;

/// Who says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Witness {
    /// Nobody could be asked.
    #[default]
    Nobody,
    /// The kernel (`adjtimex`).
    Kernel,
    /// chrony's tracking report.
    Chrony,
    /// Whoever runs a test.
    Stated,
}

impl Witness {
    /// The value of the label `source`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Kernel => "kernel",
            Self::Chrony => "chrony",
            Self::Stated => "stated",
        }
    }
}

/// What is known of the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockReading {
    /// Who says it.
    pub witness: Witness,
    /// How wrong the clock is at most; nothing if nothing keeps it right.
    pub bound: Option<Duration>,
}

/// What the kernel says now.
pub fn by_kernel() -> ClockReading {
    kernel::read().unwrap_or_default()
}

impl ClockReading {
    /// The same, as it is told to other hosts.
    pub fn claim(&self) -> ClockClaim {
        match self.bound {
            Some(bound) => ClockClaim::Synchronised {
                bound_nanos: u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX),
            },
            None if self.witness == Witness::Nobody => ClockClaim::Unknown,
            None => ClockClaim::Unsynchronised,
        }
    }
}

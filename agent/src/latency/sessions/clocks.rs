//! The two kinds of time that the machines of `wattle-oneway` want, and randomness.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use wattle_oneway::ErrorEstimate;
use wattle_oneway::Timestamp;

use crate::clock::Clock;

/// What the time is, and how far it can be believed.
#[derive(Clone)]
pub struct Clocks {
    clock: Arc<dyn Clock>,
    error: Arc<dyn Fn() -> ErrorEstimate + Send + Sync>,
}

impl Clocks {
    /// These clocks, of whose wall-clock time `error` says how wrong it is.
    pub fn new(clock: Arc<dyn Clock>, error: impl Fn() -> ErrorEstimate + Send + Sync + 'static) -> Self {
        Self {
            clock,
            error: Arc::new(error),
        }
    }

    /// The moment, by which timers run.
    pub fn moment(&self) -> Duration {
        self.clock.steady()
    }

    /// The wall-clock time, which is measured.
    pub fn wall(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.wall())
    }

    /// How wrong the wall clock is at most.
    pub fn error(&self) -> ErrorEstimate {
        (self.error)()
    }

    /// The clock itself.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Clocks").finish_non_exhaustive()
    }
}

/// How wrong this host's clock is, as far as anybody knows.
pub fn host_clock_error() -> ErrorEstimate {
    ErrorEstimate::unsynchronised()
}

/// Octets that nobody can guess.
///
/// # Errors
///
/// If the kernel gives none: keys must not be made then.
pub fn entropy<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut octets = [0; N];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| std::io::Error::other("the kernel gives no random numbers"))?;
    Ok(octets)
}

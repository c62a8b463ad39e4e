//! The two kinds of time that the machines of `wattle-oneway` want, and randomness.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use wattle_oneway::ErrorEstimate;
use wattle_oneway::Timestamp;

use crate::clock::Clock;
use crate::latency::clock_state::ClockSource;

/// What the time is, and how far it can be believed.
#[derive(Clone)]
pub struct Clocks {
    clock: Arc<dyn Clock>,
    source: Arc<Mutex<dyn ClockSource>>,
}

impl Clocks {
    /// These clocks, of whose wall-clock time `source` knows how wrong it is.
    pub fn new(clock: Arc<dyn Clock>, source: impl ClockSource + 'static) -> Self {
        Self {
            clock,
            source: Arc::new(Mutex::new(source)),
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
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.read().claim().to_estimate()
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

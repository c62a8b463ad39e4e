//! Reading that may fail without harm to anything else.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::time::Duration;

use wattle_hostfs::Error;

use crate::clock::Clock;
use crate::sensor::Quality;
use crate::sensor::SensorState;

/// Why a source did not answer.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) reason: Cow<'static, str>,
    pub(super) advice: Cow<'static, str>,
}

impl Trouble {
    pub(super) fn new(reason: &'static str, advice: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: Cow::Borrowed(reason),
            advice: advice.into(),
        }
    }
}

/// The reason becomes a label, so it is one of a few words; the whole text goes where a person reads it.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let reason = match &error {
            error if error.is_permission() => "permission denied",
            error if error.is_gone() => "not on this machine",
            Error::Parse { .. } => "not understood",
            Error::TooLong { .. } => "too long",
            Error::Io { .. } => "read error",
        };
        Self::new(reason, error.to_string())
    }
}

/// The states of all sensors, as they are read one after the other.
pub(super) struct Senses<'c> {
    clock: &'c dyn Clock,
    states: Vec<SensorState>,
}

impl<'c> Senses<'c> {
    pub(super) fn new(clock: &'c dyn Clock) -> Self {
        Self {
            clock,
            states: Vec::with_capacity(16),
        }
    }

    pub(super) fn into_states(self) -> Vec<SensorState> {
        self.states
    }

    /// Reads a source and notes how it went.
    pub(super) fn try_read<T>(
        &mut self,
        sensor: &'static str,
        source: &'static str,
        read: impl FnOnce() -> Result<T, Trouble>,
    ) -> Option<T> {
        let before = self.clock.steady();
        let outcome = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
            Err(Trouble::new(
                "defect in the agent",
                "please report the panic in the log",
            ))
        });
        let took = self.clock.steady().saturating_sub(before);
        let (value, trouble) = match outcome {
            Ok(value) => (Some(value), None),
            Err(trouble) => (None, Some(trouble)),
        };
        self.note(Cow::Borrowed(sensor), Cow::Borrowed(source), trouble, Some(took));
        value
    }

    /// Notes the state of a source that was read elsewhere.
    pub(super) fn note(
        &mut self,
        sensor: Cow<'static, str>,
        source: Cow<'static, str>,
        trouble: Option<Trouble>,
        took: Option<Duration>,
    ) {
        let up = trouble.is_none();
        let (reason, advice) =
            trouble.map_or_else(Default::default, |trouble| (trouble.reason, trouble.advice));
        self.states.push(SensorState {
            sensor,
            source,
            quality: Quality::Measured,
            up,
            reason,
            advice,
            took,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_source_that_panics_or_fails_leaves_the_others_alone() {
        let mut senses = Senses::new(&SystemClock);
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        assert_eq!(senses.try_read::<()>("one", "", || panic!("a defect")), None);
        std::panic::set_hook(hook);
        assert_eq!(
            senses.try_read::<()>("two", "", || Err(Trouble::new("no", ""))),
            None
        );
        assert_eq!(senses.try_read("three", "", || Ok(3)), Some(3));
        let states: Vec<_> = senses
            .into_states()
            .into_iter()
            .map(|state| (state.up, state.reason))
            .collect();
        assert_eq!(
            states,
            [
                (false, "defect in the agent".into()),
                (false, "no".into()),
                (true, "".into())
            ]
        );
    }
}

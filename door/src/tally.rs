//! What the door has seen.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use super::StatusCode;

/// Statuses are three digits from 100 to 599.
const FIRST_STATUS: u16 = 100;
const STATUSES: usize = 500;

/// What can happen at the door, apart from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Accepted,
    NotAccepted,
    Evicted,
    TimedOut,
    HandshakeFailed,
    PasswordChecked,
}

const EVENTS: usize = Event::PasswordChecked as usize + 1;

/// Counts what happens at a door, for the agent to export.
#[derive(Debug)]
pub struct Tally {
    events: [AtomicU64; EVENTS],
    answers: [AtomicU64; STATUSES],
}

/// The counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TallySnapshot {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Times that a connection could not be accepted, for want of descriptors in the main.
    pub not_accepted: u64,
    /// Connections that were ended to make room for a new one.
    pub evicted: u64,
    /// Connections that were ended because the peer took too long to ask or to listen; idle ones are not counted.
    pub timed_out: u64,
    /// Connections that did not get through the TLS handshake.
    pub handshakes_failed: u64,
    /// Passwords that were held against their hash; those known from before need not be.
    pub passwords_checked: u64,
    /// Answers by status, for each status that was ever given, in order.
    pub answers: Vec<(u16, u64)>,
}

impl Default for Tally {
    fn default() -> Self {
        let zero = |_| AtomicU64::new(0);
        Self {
            events: std::array::from_fn(zero),
            answers: std::array::from_fn(zero),
        }
    }
}

impl Tally {
    /// The counts now.
    pub fn snapshot(&self) -> TallySnapshot {
        TallySnapshot {
            accepted: self.of(Event::Accepted),
            not_accepted: self.of(Event::NotAccepted),
            evicted: self.of(Event::Evicted),
            timed_out: self.of(Event::TimedOut),
            handshakes_failed: self.of(Event::HandshakeFailed),
            passwords_checked: self.of(Event::PasswordChecked),
            answers: self.answers().collect(),
        }
    }

    pub(super) fn count(&self, event: Event) {
        if let Some(counter) = self.events.get(event as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn count_answer(&self, status: StatusCode) {
        let place = status.as_u16().checked_sub(FIRST_STATUS).map(usize::from);
        if let Some(counter) = place.and_then(|place| self.answers.get(place)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn of(&self, event: Event) -> u64 {
        self.events
            .get(event as usize)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    fn answers(&self) -> impl Iterator<Item = (u16, u64)> {
        let counts = self.answers.iter().map(|counter| counter.load(Ordering::Relaxed));
        (FIRST_STATUS..).zip(counts).filter(|&(_, count)| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_status_and_events_by_kind() {
        let tally = Tally::default();
        for status in [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::OK] {
            tally.count_answer(status);
        }
        tally.count(Event::Evicted);
        tally.count(Event::PasswordChecked);
        let wanted = TallySnapshot {
            evicted: 1,
            passwords_checked: 1,
            answers: vec![(200, 2), (404, 1)],
            ..TallySnapshot::default()
        };
        assert_eq!(tally.snapshot(), wanted);
    }

    #[test]
    fn a_status_beyond_the_table_is_not_counted_and_harms_nothing() {
        let tally = Tally::default();
        tally.count_answer(StatusCode::from_u16(599).unwrap());
        tally.count_answer(StatusCode::from_u16(999).unwrap());
        assert_eq!(tally.snapshot().answers, [(599, 1)]);
    }
}

//! When the packets of a session leave.

use std::collections::VecDeque;

use crate::Schedule;
use crate::Slot;
use crate::Timestamp;
use crate::control::SessionRequest;
use crate::control::Sid;
use crate::control::SkipRange;
use crate::control::StopSessions;

/// Packets that leave in one go at most, when a sender was held up. More are not made up for.
const MOST_AT_ONCE: usize = 16;
/// Packets that one call works off at most, so that a clock that jumps ahead by a year does not stop everything else.
const MOST_PER_CALL: usize = 1 << 16;

/// What is to be sent in a session, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name, from which random gaps follow.
    pub sid: Sid,
    /// When the schedule begins.
    pub start: Timestamp,
    /// How many packets.
    pub packets: u32,
    /// After what time, in steps of 2⁻³² s, a packet is given up: as not sent by the sender, as lost by the receiver.
    pub timeout: u64,
    /// The gaps between packets, in turn.
    pub slots: Vec<Slot>,
}

/// Works off the schedule of a session. A packet that is late by more than the timeout is never sent; nor are those that
/// would make a burst after the sender was held up. Both are noted as skipped, which is not lost.
#[derive(Clone, Debug)]
pub(crate) struct Pacer {
    schedule: Schedule,
    start: Timestamp,
    packets: u32,
    timeout: u64,
    /// The next packet that is not due yet, as far as is known.
    upcoming: Option<(u32, Timestamp)>,
    /// Packets that are due, with when.
    due: VecDeque<(u32, Timestamp)>,
    skipped: Vec<SkipRange>,
}

impl Plan {
    /// The plan of a session that was accepted.
    pub fn of(request: &SessionRequest) -> Self {
        Self {
            sid: request.sid,
            start: request.start,
            packets: request.packets,
            timeout: request.timeout,
            slots: request.slots.clone(),
        }
    }
}

impl Pacer {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut pacer = Self {
            schedule: Schedule::new(plan.sid.0, plan.slots.clone()),
            start: plan.start,
            packets: plan.packets,
            timeout: plan.timeout,
            upcoming: None,
            due: VecDeque::new(),
            skipped: Vec::new(),
        };
        pacer.draw(0);
        pacer
    }

    /// The time has come so far.
    pub(crate) fn advance(&mut self, clock: Timestamp) {
        while let Some(&(sequence, due)) = self.due.front()
            && is_over(clock, due, self.timeout)
        {
            self.due.pop_front();
            self.skip(sequence);
        }
        for _ in 0..MOST_PER_CALL {
            let Some((sequence, due)) = self.upcoming.filter(|(_, due)| clock.since(*due) >= 0) else {
                return;
            };
            self.draw(sequence.saturating_add(1));
            if is_over(clock, due, self.timeout) {
                self.skip(sequence);
                continue;
            }
            self.due.push_back((sequence, due));
            if self.due.len() > MOST_AT_ONCE {
                let oldest = self.due.pop_front();
                oldest.into_iter().for_each(|(sequence, _)| self.skip(sequence));
            }
        }
    }

    /// The next packet to send now.
    pub(crate) fn take(&mut self) -> Option<u32> {
        self.due.pop_front().map(|(sequence, _)| sequence)
    }

    /// When the next packet is due. In the past if some are waiting.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.front().or(self.upcoming.as_ref()).map(|(_, due)| *due)
    }

    /// Nothing is left to be sent.
    pub(crate) fn is_finished(&self) -> bool {
        self.next_due().is_none()
    }

    /// The number that the next packet will have.
    pub(crate) fn next_sequence(&self) -> u32 {
        let next = self.due.front().or(self.upcoming.as_ref());
        next.map_or(self.packets, |(sequence, _)| *sequence)
    }

    pub(crate) fn skipped(&self) -> &[SkipRange] {
        &self.skipped
    }

    /// Sends no more.
    pub(crate) fn stop(&mut self) {
        self.packets = self.next_sequence();
        self.due.clear();
        self.upcoming = None;
    }

    fn draw(&mut self, sequence: u32) {
        let left = sequence < self.packets;
        let offset = left.then(|| self.schedule.next()).flatten();
        self.upcoming = offset.map(|offset| (sequence, self.start.plus_fixed(offset)));
        if self.upcoming.is_none() {
            self.packets = self.packets.min(sequence);
        }
    }

    /// A session with more holes than a message can tell of is given up: all the rest is one more hole.
    fn skip(&mut self, sequence: u32) {
        if let Some(range) = self
            .skipped
            .last_mut()
            .filter(|range| range.last.checked_add(1) == Some(sequence))
        {
            range.last = sequence;
            return;
        }
        let is_last = self.skipped.len() + 1 >= StopSessions::MAX_SKIP_RANGES;
        let last = if is_last {
            self.packets.saturating_sub(1).max(sequence)
        } else {
            sequence
        };
        self.skipped.push(SkipRange {
            first: sequence,
            last,
        });
        if is_last {
            self.due.clear();
            self.upcoming = None;
        }
    }
}

/// Whether more than the timeout has passed.
pub(super) fn is_over(clock: Timestamp, since: Timestamp, timeout: u64) -> bool {
    u64::try_from(clock.since(since)).is_ok_and(|passed| passed > timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1 << 32;

    fn plan(packets: u32, slots: Vec<Slot>) -> Plan {
        Plan {
            sid: Sid([1; 16]),
            start: Timestamp::from_ntp(0xeeab << 48),
            packets,
            timeout: 2 * SECOND,
            slots,
        }
    }

    fn at(seconds: f64) -> Timestamp {
        Timestamp::from_ntp(0xeeab << 48).plus_nanos((seconds * 1e9) as i64)
    }

    fn take_all(pacer: &mut Pacer) -> Vec<u32> {
        core::iter::from_fn(|| pacer.take()).collect()
    }

    #[test]
    fn packets_leave_when_they_are_due() {
        let mut pacer = Pacer::new(&plan(3, vec![Slot::Fixed(SECOND)]));
        assert_eq!(pacer.next_due(), Some(at(1.0)));
        pacer.advance(at(0.999));
        assert_eq!(take_all(&mut pacer), []);
        pacer.advance(at(1.0));
        assert_eq!(take_all(&mut pacer), [0]);
        pacer.advance(at(3.5));
        assert_eq!(take_all(&mut pacer), [1, 2]);
        assert!(pacer.is_finished());
        assert_eq!((pacer.next_sequence(), pacer.skipped()), (3, [].as_slice()));
    }

    #[test]
    fn what_is_later_than_the_timeout_is_skipped() {
        let mut pacer = Pacer::new(&plan(10, vec![Slot::Fixed(SECOND)]));
        pacer.advance(at(1.0));
        assert_eq!(take_all(&mut pacer), [0]);
        pacer.advance(at(7.5));
        assert_eq!(take_all(&mut pacer), [5, 6]);
        assert_eq!(pacer.skipped(), [SkipRange { first: 1, last: 4 }]);
    }

    #[test]
    fn a_sender_that_was_held_up_makes_no_burst() {
        let mut pacer = Pacer::new(&plan(10_000, vec![Slot::Fixed(SECOND / 1000)]));
        pacer.advance(at(1.0));
        let left = take_all(&mut pacer);
        assert_eq!(left.len(), MOST_AT_ONCE);
        let first = left[0] - 1;
        assert_eq!(
            pacer.skipped(),
            [SkipRange {
                first: 0,
                last: first
            }]
        );
        assert_eq!(pacer.next_sequence(), left[15] + 1);
    }

    #[test]
    fn packets_that_waited_too_long_are_skipped_in_order() {
        let mut pacer = Pacer::new(&plan(10, vec![Slot::Fixed(SECOND)]));
        pacer.advance(at(2.0));
        pacer.advance(at(8.0));
        assert_eq!(take_all(&mut pacer), [5, 6, 7]);
        assert_eq!(pacer.skipped(), [SkipRange { first: 0, last: 4 }]);
    }

    #[test]
    fn a_clock_that_jumps_years_ahead_is_worked_off_in_pieces() {
        let mut pacer = Pacer::new(&plan(u32::MAX, vec![Slot::Fixed(1)]));
        pacer.advance(at(1e8));
        assert_eq!(
            pacer.skipped(),
            [SkipRange {
                first: 0,
                last: 65_535
            }]
        );
        assert!(pacer.next_due().is_some());
    }

    #[test]
    fn without_slots_or_packets_there_is_nothing_to_send() {
        for plan in [plan(5, Vec::new()), plan(0, vec![Slot::Fixed(1)])] {
            let pacer = Pacer::new(&plan);
            assert!(pacer.is_finished());
            assert_eq!(pacer.next_sequence(), 0);
        }
    }

    #[test]
    fn stopped_early_the_rest_counts_neither_as_sent_nor_as_skipped() {
        let mut pacer = Pacer::new(&plan(10, vec![Slot::Fixed(SECOND)]));
        pacer.advance(at(2.0));
        assert_eq!(pacer.take(), Some(0));
        pacer.stop();
        assert_eq!(pacer.next_sequence(), 1);
        assert!(pacer.is_finished());
    }
}

use core::time::Duration;
use std::collections::VecDeque;

use super::Pacer;
use super::Plan;
use super::TestPacket;
use crate::ErrorEstimate;
use crate::Timestamp;
use crate::control::SentSession;
use crate::control::Sid;
use crate::control::Stamp;
use crate::control::TestProtection;

/// A packet to send, at once: its timestamp is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number.
    pub sequence: u32,
    /// What to send.
    pub octets: Vec<u8>,
}

/// What happened to a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderEvent {
    /// All packets have been sent or skipped. Stop only when the timeout has passed since, and a little more for the
    /// difference of the clocks: the receiver has to leave out what was sent less than the timeout before it is told.
    Finished,
}

/// The sending end of an OWAMP session. See [the module](super) for how to drive it.
#[derive(Clone, Debug)]
pub struct TestSender {
    sid: Sid,
    pacer: Pacer,
    protection: TestProtection,
    padding: Box<[u8]>,
    anchor: Anchor,
    events: VecDeque<SenderEvent>,
    finished: bool,
}

/// Which moment a time of the wall clock is, as of the last look at both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    moment: Duration,
    clock: Timestamp,
}

impl Anchor {
    pub(crate) const fn new(moment: Duration, clock: Timestamp) -> Self {
        Self { moment, clock }
    }

    /// The moment of that time; now if it has passed. Rounded up: a timer never fires too early for its cause.
    pub(crate) fn moment_of(self, time: Timestamp) -> Duration {
        let ahead = time.nanos_since(self.clock);
        let more = if ahead < 0 { 0 } else { ahead.unsigned_abs() + 1 };
        self.moment.saturating_add(Duration::from_nanos(more))
    }
}

impl TestSender {
    /// A sender of this plan whose packets end in this padding: zeros, or random octets.
    pub fn new(
        now: Duration,
        clock: Timestamp,
        plan: &Plan,
        protection: TestProtection,
        padding: &[u8],
    ) -> Self {
        Self {
            sid: plan.sid,
            pacer: Pacer::new(plan),
            protection,
            padding: padding.into(),
            anchor: Anchor::new(now, clock),
            events: VecDeque::new(),
            finished: false,
        }
    }

    /// What was sent so far and what was not: for Stop-Sessions.
    pub fn sent(&self) -> SentSession {
        SentSession {
            sid: self.sid,
            next_sequence: self.pacer.next_sequence(),
            skipped: self.pacer.skipped().to_vec(),
        }
    }

    /// Whether nothing is left to be sent.
    pub fn is_finished(&self) -> bool {
        self.pacer.is_finished()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration, clock: Timestamp) {
        self.anchor = Anchor::new(now, clock);
        self.pacer.advance(clock);
        self.check_finished();
    }

    /// Sends no more packets.
    pub fn stop(&mut self) {
        self.pacer.stop();
        self.check_finished();
    }

    /// The next packet to send. The clock should have been read just now, and is `error` wrong at most.
    pub fn poll_transmit(
        &mut self,
        now: Duration,
        clock: Timestamp,
        error: ErrorEstimate,
    ) -> Option<Outgoing> {
        self.anchor = Anchor::new(now, clock);
        self.pacer.advance(clock);
        let sequence = self.pacer.take();
        self.check_finished();
        sequence.map(|sequence| {
            let sent = Stamp::new(clock, error);
            let packet = TestPacket { sequence, sent };
            Outgoing {
                sequence,
                octets: packet.encode(&self.protection, &self.padding),
            }
        })
    }

    /// When to call [`Self::handle_timeout`] and then [`Self::poll_transmit`]; nothing at the end.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.pacer.next_due().map(|due| self.anchor.moment_of(due))
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SenderEvent> {
        self.events.pop_front()
    }

    fn check_finished(&mut self) {
        if self.pacer.is_finished() && !self.finished {
            self.finished = true;
            self.events.push_back(SenderEvent::Finished);
        }
    }
}

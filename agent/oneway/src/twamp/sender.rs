use core::time::Duration;
use std::collections::VecDeque;

use super::ReflectedPacket;
use super::ReplyVerdict;
use super::RoundTrip;
use super::RoundTripCounts;
use super::SessionEvent;
use super::equal_size_padding;
use crate::ErrorEstimate;
use crate::Timestamp;
use crate::control::SkipRange;
use crate::control::Stamp;
use crate::control::TestProtection;
use crate::owamp::Anchor;
use crate::owamp::Arrival;
use crate::owamp::Outgoing;
use crate::owamp::Pacer;
use crate::owamp::Plan;
use crate::owamp::TestPacket;

/// What a sender sends.
#[derive(Clone, Debug)]
pub struct SenderConfig {
    /// When to send. Nobody else knows the schedule: it may be any.
    pub plan: Plan,
    /// How packets are protected.
    pub protection: TestProtection,
    /// Octets at the end of each packet: zeros, or random.
    pub padding: Box<[u8]>,
    /// Whether the mode of symmetrical size was agreed: packets are then as large as their replies before any padding.
    pub symmetrical: bool,
}

/// The near end of a TWAMP session. See [the module](super) for how to drive it.
#[derive(Clone, Debug)]
pub struct SessionSender {
    pacer: Pacer,
    protection: TestProtection,
    padding: Box<[u8]>,
    timeout: Duration,
    anchor: Anchor,
    flying: VecDeque<Flying>,
    counts: RoundTripCounts,
    events: VecDeque<SessionEvent>,
    finished: bool,
}

/// A packet that may be answered, once or several times.
#[derive(Clone, Copy, Debug)]
struct Flying {
    packet: TestPacket,
    deadline: Duration,
    answered: bool,
}

impl SessionSender {
    /// A sender that has not yet sent anything.
    pub fn new(now: Duration, clock: Timestamp, config: SenderConfig) -> Self {
        let filler = if config.symmetrical {
            equal_size_padding(&config.protection)
        } else {
            0
        };
        let nanos = (u128::from(config.plan.timeout) * 1_000_000_000) >> 32;
        Self {
            pacer: Pacer::new(&config.plan),
            protection: config.protection,
            padding: core::iter::repeat_n(0, filler).chain(config.padding).collect(),
            timeout: Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)),
            anchor: Anchor::new(now, clock),
            flying: VecDeque::new(),
            counts: RoundTripCounts::default(),
            events: VecDeque::new(),
            finished: false,
        }
    }

    /// How many packets were what, so far.
    pub const fn counts(&self) -> RoundTripCounts {
        self.counts
    }

    /// What was due and not sent, in order.
    pub fn skipped(&self) -> &[SkipRange] {
        self.pacer.skipped()
    }

    /// Whether all packets are sent or skipped, and answered or lost.
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// A packet came in from the reflector's address and port.
    pub fn handle_packet(&mut self, now: Duration, octets: &[u8], arrival: Arrival) -> ReplyVerdict {
        self.expire(now);
        let verdict = self.judge(octets, arrival);
        match verdict {
            ReplyVerdict::New(_) => self.counts.received += 1,
            ReplyVerdict::Duplicate(_) => self.counts.duplicates += 1,
            ReplyVerdict::Late => self.counts.late += 1,
            ReplyVerdict::NotOurs => self.counts.not_ours += 1,
        }
        verdict
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration, clock: Timestamp) {
        self.anchor = Anchor::new(now, clock);
        self.pacer.advance(clock);
        self.expire(now);
    }

    /// Sends no more packets; those under way may still be answered.
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
        let Some(sequence) = self.pacer.take() else {
            self.check_finished();
            return None;
        };
        let sent = Stamp::new(clock, error);
        let packet = TestPacket { sequence, sent };
        self.counts.sent += 1;
        self.flying.push_back(Flying {
            packet,
            deadline: now.saturating_add(self.timeout),
            answered: false,
        });
        Some(Outgoing {
            sequence,
            octets: packet.encode(&self.protection, &self.padding),
        })
    }

    /// When to call [`Self::handle_timeout`] and then [`Self::poll_transmit`]; nothing at the end.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let due = self.pacer.next_due().map(|due| self.anchor.moment_of(due));
        let over = self.flying.front().map(|flying| flying.deadline);
        due.into_iter().chain(over).min()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.pop_front()
    }

    fn judge(&mut self, octets: &[u8], arrival: Arrival) -> ReplyVerdict {
        let Ok(reply) = ReflectedPacket::decode(&self.protection, octets) else {
            return ReplyVerdict::NotOurs;
        };
        let sequence = reply.sender_sequence;
        if !reply.sent.error().is_valid() || sequence >= self.pacer.next_sequence() {
            return ReplyVerdict::NotOurs;
        }
        let place = self
            .flying
            .binary_search_by_key(&sequence, |flying| flying.packet.sequence);
        let Some(flying) = place.ok().and_then(|place| self.flying.get_mut(place)) else {
            return ReplyVerdict::Late;
        };
        if flying.packet.sent != reply.sender_sent {
            return ReplyVerdict::NotOurs;
        }
        let trip = RoundTrip {
            sequence,
            reflector_sequence: reply.sequence,
            sent: reply.sender_sent,
            reflector_received: reply.received,
            reflector_sent: reply.sent,
            received: arrival.received,
            receive_error: arrival.error,
            reflector_ttl: reply.sender_ttl,
            ttl: arrival.ttl,
        };
        if core::mem::replace(&mut flying.answered, true) {
            ReplyVerdict::Duplicate(trip)
        } else {
            ReplyVerdict::New(trip)
        }
    }

    fn expire(&mut self, now: Duration) {
        while let Some(flying) = self.flying.front().copied()
            && flying.deadline <= now
        {
            self.flying.pop_front();
            if !flying.answered {
                self.counts.lost += 1;
                self.events.push_back(SessionEvent::Lost(flying.packet.sequence));
            }
        }
        self.check_finished();
    }

    fn check_finished(&mut self) {
        if self.pacer.is_finished() && self.flying.is_empty() && !self.finished {
            self.finished = true;
            self.events.push_back(SessionEvent::Finished);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slot;
    use crate::control::Sid;

    const SECOND: u64 = 1 << 32;
    const ERROR: ErrorEstimate = ErrorEstimate::synchronised(1000);

    fn at(seconds: u64) -> (Duration, Timestamp) {
        (
            Duration::from_secs(seconds),
            Timestamp::from_ntp((0xeeab << 48) + (seconds << 32)),
        )
    }

    fn sender(symmetrical: bool) -> SessionSender {
        let (now, start) = at(0);
        let plan = Plan {
            sid: Sid([1; 16]),
            start,
            packets: 3,
            timeout: 2 * SECOND,
            slots: vec![Slot::Fixed(SECOND)],
        };
        let config = SenderConfig {
            plan,
            protection: TestProtection::Open,
            padding: Box::new([]),
            symmetrical,
        };
        SessionSender::new(now, start, config)
    }

    fn answer(packet: &Outgoing, sequence: u32) -> Vec<u8> {
        let packet = TestPacket::decode(&TestProtection::Open, &packet.octets).unwrap();
        let reply = ReflectedPacket {
            sequence,
            sent: packet.sent,
            received: packet.sent.time(),
            sender_sequence: packet.sequence,
            sender_sent: packet.sent,
            sender_ttl: 1,
        };
        reply.encode(&TestProtection::Open, &[])
    }

    #[test]
    fn replies_come_once_twice_late_or_never() {
        let mut sender = sender(false);
        let mut packets = Vec::new();
        for second in 1..=3 {
            let (now, clock) = at(second);
            packets.extend(sender.poll_transmit(now, clock, ERROR));
        }
        let arrival = Arrival {
            received: at(3).1,
            error: ERROR,
            ttl: 1,
        };
        let (now, _) = at(3);
        let mut give = |octets: &[u8]| sender.handle_packet(now, octets, arrival);
        assert!(matches!(give(&answer(&packets[1], 7)), ReplyVerdict::New(_)));
        assert!(matches!(
            give(&answer(&packets[1], 8)),
            ReplyVerdict::Duplicate(_)
        ));
        assert_eq!(give(&answer(&packets[0], 9)), ReplyVerdict::Late);
        assert_eq!(give(&[0; 41]), ReplyVerdict::NotOurs);
        let (now, clock) = at(5);
        sender.handle_timeout(now, clock);
        let events: Vec<_> = core::iter::from_fn(|| sender.poll_event()).collect();
        assert_eq!(
            events,
            [
                SessionEvent::Lost(0),
                SessionEvent::Lost(2),
                SessionEvent::Finished
            ]
        );
        assert_eq!(sender.poll_timeout(), None);
        assert_eq!(
            (
                sender.counts().sent,
                sender.counts().received,
                sender.counts().lost
            ),
            (3, 1, 2)
        );
    }

    #[test]
    fn a_reply_that_does_not_echo_the_send_time_is_forged() {
        let mut sender = sender(false);
        let (now, clock) = at(1);
        let packet = sender.poll_transmit(now, clock, ERROR).unwrap();
        let mut octets = answer(&packet, 0);
        octets[30] ^= 1;
        let arrival = Arrival {
            received: clock,
            error: ERROR,
            ttl: 1,
        };
        assert_eq!(sender.handle_packet(now, &octets, arrival), ReplyVerdict::NotOurs);
    }

    #[test]
    fn symmetrical_packets_are_as_large_as_replies() {
        let (now, clock) = at(1);
        let octets = sender(true).poll_transmit(now, clock, ERROR).unwrap().octets;
        assert_eq!(octets.len(), 41);
        assert_eq!(octets[14..], [0; 27]);
    }
}

use core::time::Duration;
use std::collections::VecDeque;

use super::ReflectedPacket;
use crate::ErrorEstimate;
use crate::Timestamp;
use crate::control::Stamp;
use crate::control::TestProtection;
use crate::owamp::Arrival;
use crate::owamp::Outgoing;
use crate::owamp::TestPacket;

/// Packets that wait to be answered at most.
const MOST_WAITING: usize = 64;

/// What a session may ask of a reflector. The request does not say how many packets will come, nor how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReflectorLimits {
    /// How long the session may be silent (RFC 5357's REFWAIT).
    pub ref_wait: Duration,
    /// How long it may last.
    pub lasts: Duration,
    /// Packets per second that are answered on average, and in one go at most.
    pub packets_per_second: u32,
}

/// What happened to a reflector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReflectorEvent {
    /// No packet came for as long as a session may be silent, or it has lasted as long as it may: it is over.
    Ended,
}

/// What a reflector did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReflectorCounts {
    /// Packets answered.
    pub reflected: u64,
    /// Packets that were too short or had a wrong HMAC.
    pub not_ours: u64,
    /// Packets not answered because too many waited.
    pub overrun: u64,
    /// Packets not answered because they were more than allowed, or the session had ended.
    pub refused: u64,
}

/// The far end of a TWAMP session: answers each packet with one that is as large, or has no padding if that is larger
/// still. See [the module](super) for how to drive it.
///
/// Hand it only packets from the address and port that were arranged: the smallest packet, 14 octets, is answered with 41.
#[derive(Clone, Debug)]
pub struct SessionReflector {
    protection: TestProtection,
    limits: ReflectorLimits,
    allowance: Allowance,
    ends: Duration,
    deadline: Option<Duration>,
    sequence: u32,
    waiting: VecDeque<Waiting>,
    counts: ReflectorCounts,
    events: VecDeque<ReflectorEvent>,
}

#[derive(Clone, Debug)]
struct Waiting {
    packet: TestPacket,
    received: Timestamp,
    ttl: u8,
    padding: Vec<u8>,
}

/// How many packets may still be answered, in time: it grows as time passes, up to a second.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: Duration,
    as_of: Duration,
    per_packet: Duration,
}

impl Default for ReflectorLimits {
    /// 1000 packets per second for a day, and the 900 s of silence that RFC 5357 section 4.2 has.
    fn default() -> Self {
        Self {
            ref_wait: Duration::from_secs(900),
            lasts: Duration::from_secs(86_400),
            packets_per_second: 1000,
        }
    }
}

impl Allowance {
    fn new(now: Duration, packets_per_second: u32) -> Self {
        Self {
            left: Duration::from_secs(1),
            as_of: now,
            per_packet: Duration::from_secs(1)
                .checked_div(packets_per_second)
                .unwrap_or(Duration::MAX),
        }
    }

    fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.as_of);
        self.as_of = self.as_of.max(now);
        self.left = self.left.saturating_add(passed).min(Duration::from_secs(1));
        let left = self.left.checked_sub(self.per_packet);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

impl SessionReflector {
    /// A reflector of a session that begins now.
    pub fn new(now: Duration, protection: TestProtection, limits: ReflectorLimits) -> Self {
        Self {
            protection,
            allowance: Allowance::new(now, limits.packets_per_second),
            ends: now.saturating_add(limits.lasts),
            deadline: Some(now.saturating_add(limits.ref_wait.min(limits.lasts))),
            limits,
            sequence: 0,
            waiting: VecDeque::new(),
            counts: ReflectorCounts::default(),
            events: VecDeque::new(),
        }
    }

    /// What it did so far.
    pub const fn counts(&self) -> ReflectorCounts {
        self.counts
    }

    /// A packet came in. Says whether it will be answered.
    pub fn handle_packet(&mut self, now: Duration, octets: &[u8], arrival: Arrival) -> bool {
        let Ok(packet) = TestPacket::decode(&self.protection, octets) else {
            self.counts.not_ours += 1;
            return false;
        };
        if self.deadline.is_none() || !self.allowance.take(now) {
            self.counts.refused += 1;
            return false;
        }
        self.deadline = Some(now.saturating_add(self.limits.ref_wait).min(self.ends));
        if self.waiting.len() >= MOST_WAITING {
            self.counts.overrun += 1;
            return false;
        }
        let padding = octets.get(ReflectedPacket::size(&self.protection)..);
        self.waiting.push_back(Waiting {
            packet,
            received: arrival.received,
            ttl: arrival.ttl,
            padding: padding.unwrap_or_default().to_vec(),
        });
        true
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            self.events.push_back(ReflectorEvent::Ended);
        }
    }

    /// The next reply to send. The clock should have been read just now, and is `error` wrong at most.
    pub fn poll_transmit(&mut self, clock: Timestamp, error: ErrorEstimate) -> Option<Outgoing> {
        let waiting = self.waiting.pop_front()?;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.counts.reflected += 1;
        let reply = ReflectedPacket {
            sequence,
            sent: Stamp::new(clock, error),
            received: waiting.received,
            sender_sequence: waiting.packet.sequence,
            sender_sent: waiting.packet.sent,
            sender_ttl: waiting.ttl,
        };
        Some(Outgoing {
            sequence,
            octets: reply.encode(&self.protection, &waiting.padding),
        })
    }

    /// When to call [`Self::handle_timeout`], if no packet comes before.
    pub const fn poll_timeout(&self) -> Option<Duration> {
        self.deadline
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<ReflectorEvent> {
        self.events.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twamp::equal_size_padding;

    const ERROR: ErrorEstimate = ErrorEstimate::synchronised(1000);

    fn reply_to(size: usize) -> Option<Vec<u8>> {
        let mut reflector =
            SessionReflector::new(Duration::ZERO, TestProtection::Open, ReflectorLimits::default());
        let octets: Vec<u8> = (0..size).map(|n| n as u8 | 1).collect();
        reflector.handle_packet(Duration::ZERO, &octets, arrival());
        reflector
            .poll_transmit(Timestamp::from_ntp(2), ERROR)
            .map(|reply| reply.octets)
    }

    #[test]
    fn replies_are_as_large_as_packets_once_they_can_be() {
        for (size, reply) in [(14, 41), (41, 41), (42, 42), (1500, 1500)] {
            assert_eq!(
                reply_to(size).map(|octets| octets.len()),
                Some(reply),
                "to {size}"
            );
        }
        assert_eq!(reply_to(13), None);
        assert_eq!(14 + equal_size_padding(&TestProtection::Open), 41);
    }

    #[test]
    fn what_the_sender_wrote_comes_back_bit_by_bit() {
        let reply = reply_to(60).unwrap();
        assert_eq!(reply[24..38], [1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13]);
        assert_eq!(reply[40], 61);
        assert_eq!(reply[41..], (41..60).map(|n| n | 1).collect::<Vec<u8>>());
    }

    #[test]
    fn a_flood_makes_no_heap() {
        let mut reflector =
            SessionReflector::new(Duration::ZERO, TestProtection::Open, ReflectorLimits::default());
        let answered = (0..1000).filter(|_| reflector.handle_packet(Duration::ZERO, &[1; 50], arrival()));
        assert_eq!(answered.count(), MOST_WAITING);
        assert_eq!(reflector.counts().overrun, 1000 - MOST_WAITING as u64);
    }

    fn arrival() -> Arrival {
        Arrival {
            received: Timestamp::from_ntp(1),
            error: ERROR,
            ttl: 61,
        }
    }

    fn limited(seconds: u64, lasts: u64, packets_per_second: u32) -> SessionReflector {
        let limits = ReflectorLimits {
            ref_wait: Duration::from_secs(seconds),
            lasts: Duration::from_secs(lasts),
            packets_per_second,
        };
        SessionReflector::new(Duration::ZERO, TestProtection::Open, limits)
    }

    #[test]
    fn silence_ends_a_session() {
        let mut reflector = limited(9, 100, 1000);
        reflector.handle_packet(Duration::from_secs(5), &[1; 50], arrival());
        reflector.handle_timeout(Duration::from_secs(9));
        assert_eq!(reflector.poll_event(), None);
        assert_eq!(reflector.poll_timeout(), Some(Duration::from_secs(14)));
        reflector.handle_timeout(Duration::from_secs(14));
        assert_eq!(reflector.poll_event(), Some(ReflectorEvent::Ended));
        assert!(!reflector.handle_packet(Duration::from_secs(15), &[1; 50], arrival()));
    }

    #[test]
    fn no_session_lasts_longer_than_it_may() {
        let mut reflector = limited(9, 20, 1000);
        for second in 0..20 {
            assert!(reflector.handle_packet(Duration::from_secs(second), &[1; 50], arrival()));
        }
        assert_eq!(reflector.poll_timeout(), Some(Duration::from_secs(20)));
    }

    #[test]
    fn what_is_more_than_allowed_is_not_answered() {
        let mut reflector = limited(9, 100, 10);
        let mut answered = 0;
        for millisecond in 0..5000 {
            let now = Duration::from_millis(millisecond);
            answered += u32::from(reflector.handle_packet(now, &[1; 50], arrival()));
            reflector.poll_transmit(Timestamp::from_ntp(2), ERROR);
        }
        assert_eq!(answered, 10 + 49);
        assert_eq!(reflector.counts().refused, 5000 - 59);
        assert!(!limited(9, 100, 0).handle_packet(Duration::from_secs(3), &[1; 50], arrival()));
    }
}

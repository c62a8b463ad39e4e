use core::time::Duration;
use std::collections::VecDeque;

use super::Arrival;
use super::Plan;
use super::ReceiverCounts;
use super::ReceiverEvent;
use super::TestPacket;
use super::Verdict;
use super::sender::Anchor;
use super::window::Place;
use super::window::Window;
use crate::ErrorEstimate;
use crate::Timestamp;
use crate::control::FetchSession;
use crate::control::FetchedSession;
use crate::control::Record;
use crate::control::SentSession;
use crate::control::SessionRequest;
use crate::control::SkipRange;
use crate::control::TestProtection;

/// Packets whose loss one call works off at most.
const MOST_PER_CALL: usize = 1 << 16;

/// What a receiver expects.
#[derive(Clone, Debug)]
pub struct ReceiverConfig {
    /// What the other side sends.
    pub plan: Plan,
    /// How its packets are protected.
    pub protection: TestProtection,
    /// Records that are kept at most; later packets are only counted.
    pub most_records: usize,
}

/// The receiving end of an OWAMP session. See [the module](super) for how to drive it.
#[derive(Clone, Debug)]
pub struct TestReceiver {
    timeout: u64,
    packets: u32,
    protection: TestProtection,
    most_records: usize,
    window: Window,
    anchor: Anchor,
    records: Vec<Record>,
    counts: ReceiverCounts,
    /// The error of the last packet's receive time, for the records of lost ones.
    error: ErrorEstimate,
    stopped: Option<(u32, Vec<SkipRange>)>,
    finished: bool,
    events: VecDeque<ReceiverEvent>,
}

impl ReceiverConfig {
    /// Room for all packets, some of them twice.
    pub fn new(plan: Plan, protection: TestProtection) -> Self {
        Self {
            most_records: plan.packets as usize + plan.packets as usize / 8 + 1024,
            plan,
            protection,
        }
    }
}

impl TestReceiver {
    /// A receiver that has not yet received anything.
    pub fn new(now: Duration, clock: Timestamp, config: ReceiverConfig) -> Self {
        Self {
            timeout: config.plan.timeout,
            packets: config.plan.packets,
            window: Window::new(&config.plan),
            protection: config.protection,
            most_records: config.most_records,
            anchor: Anchor::new(now, clock),
            records: Vec::new(),
            counts: ReceiverCounts::default(),
            error: ErrorEstimate::unsynchronised(),
            stopped: None,
            finished: false,
            events: VecDeque::new(),
        }
    }

    /// How many packets were what, so far.
    pub const fn counts(&self) -> ReceiverCounts {
        self.counts
    }

    /// What was recorded, in the order in which packets came or were found to be lost.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Whether all packets have come or are lost, or the sender has stopped.
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// How far the two clocks must be apart, in nanoseconds, if no packet came at a time that can be, but some came: this
    /// end's minus the other's. The session would look as if everything were lost.
    pub fn clock_difference(&self) -> Option<i64> {
        let outside = self.counts.outside_timeout;
        (self.counts.received == 0 && outside.packets > 0).then_some(outside.nearest_nanos)
    }

    /// A packet came in from the other end's address and port.
    pub fn handle_packet(&mut self, now: Duration, octets: &[u8], arrival: Arrival) -> Verdict {
        self.anchor = Anchor::new(now, arrival.received);
        self.expire(arrival.received);
        let verdict = self.judge(octets, arrival);
        match verdict {
            Verdict::New(record) => {
                self.counts.received += 1;
                self.error = record.receive_error;
                self.record(record);
            }
            Verdict::Duplicate(record) => {
                self.counts.duplicates += 1;
                self.record(record);
            }
            Verdict::Late(_) => self.counts.late += 1,
            Verdict::OutsideTimeout(record) => self.count_outside(record),
            Verdict::NotOurs => self.counts.not_ours += 1,
        }
        verdict
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration, clock: Timestamp) {
        self.anchor = Anchor::new(now, clock);
        self.expire(clock);
    }

    /// The sender tells what it sent. What it did not send is not lost. Packets that could still have come are left out, as
    /// nobody will know of them; so are, for fairness, those of the same time that did come.
    pub fn handle_stop(&mut self, clock: Timestamp, sent: &SentSession) {
        if self.stopped.is_some() {
            return;
        }
        self.expire(clock);
        let next = sent.next_sequence.min(self.window.first());
        self.window.close();
        let counts = &mut self.counts;
        self.records.retain(|record| {
            let skipped = record.is_lost() && is_in(&sent.skipped, record.sequence);
            let kept = record.sequence < next && !skipped;
            if !kept && record.is_lost() {
                counts.lost = counts.lost.saturating_sub(1);
            }
            kept
        });
        let skipped = sent.skipped.iter().filter(|range| range.first < next);
        let skipped = skipped.map(|range| SkipRange {
            first: range.first,
            last: range.last.min(next.saturating_sub(1)),
        });
        self.stopped = Some((next, skipped.collect()));
        self.check_finished();
    }

    /// The answer to a fetch of this session, which was asked for so.
    pub fn fetch(&self, request: &SessionRequest, fetch: &FetchSession) -> FetchedSession {
        let wanted = fetch.begin..=fetch.end;
        let records = self
            .records
            .iter()
            .filter(|record| wanted.contains(&record.sequence));
        let (next_sequence, skipped) = match &self.stopped {
            Some((next, skipped)) => (*next, skipped.clone()),
            None if self.finished => (self.packets, Vec::new()),
            None => (0, Vec::new()),
        };
        FetchedSession {
            finished: self.finished,
            next_sequence,
            request: request.clone(),
            skipped,
            records: records.copied().collect(),
        }
    }

    /// When to call [`Self::handle_timeout`], if no packet comes before; nothing at the end.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let next = self.window.next()?;
        let over = next.due.plus_fixed(self.timeout).plus_fixed(1);
        Some(self.anchor.moment_of(over))
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<ReceiverEvent> {
        self.events.pop_front()
    }

    /// RFC 4656 section 4.2.
    fn judge(&mut self, octets: &[u8], arrival: Arrival) -> Verdict {
        let Ok(packet) = TestPacket::decode(&self.protection, octets) else {
            return Verdict::NotOurs;
        };
        let error = packet.sent.error();
        if !error.is_valid() || packet.sequence >= self.packets {
            return Verdict::NotOurs;
        }
        let record = Record {
            sequence: packet.sequence,
            send_error: error,
            receive_error: arrival.error,
            sent: packet.sent.time(),
            received: arrival.received,
            ttl: arrival.ttl,
        };
        let near = |a: Timestamp, b: Timestamp| a.since(b).unsigned_abs() <= self.timeout;
        if !near(record.received, record.sent) {
            return Verdict::OutsideTimeout(record);
        }
        match self.window.find(record.sequence, record.received) {
            Place::Past => Verdict::Late(record),
            Place::Open(expected) if record.sent.since(expected.due).unsigned_abs() <= self.timeout => {
                if core::mem::replace(&mut expected.seen, true) {
                    Verdict::Duplicate(record)
                } else {
                    Verdict::New(record)
                }
            }
            Place::Open(_) | Place::Future => Verdict::OutsideTimeout(record),
        }
    }

    fn count_outside(&mut self, record: Record) {
        let nanos = record.received.nanos_since(record.sent);
        let outside = &mut self.counts.outside_timeout;
        if outside.packets == 0 || nanos.unsigned_abs() < outside.nearest_nanos.unsigned_abs() {
            outside.nearest_nanos = nanos;
        }
        outside.packets += 1;
    }

    fn expire(&mut self, clock: Timestamp) {
        for _ in 0..MOST_PER_CALL {
            let Some(expected) = self.window.expire(clock) else {
                break;
            };
            if !expected.seen {
                self.counts.lost += 1;
                self.record(Record::lost(expected.sequence, expected.due, self.error));
                self.events.push_back(ReceiverEvent::Lost(expected.sequence));
            }
        }
        self.check_finished();
    }

    fn record(&mut self, record: Record) {
        if self.records.len() < self.most_records {
            self.records.push(record);
        } else {
            self.counts.unrecorded += 1;
        }
    }

    fn check_finished(&mut self) {
        if self.window.next().is_none() && !self.finished {
            self.finished = true;
            self.events.push_back(ReceiverEvent::Finished);
        }
    }
}

/// Whether a number is in one of these ranges, which are in order.
fn is_in(ranges: &[SkipRange], sequence: u32) -> bool {
    let after = ranges.partition_point(|range| range.last < sequence);
    ranges.get(after).is_some_and(|range| range.first <= sequence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slot;
    use crate::control::Sid;
    use crate::control::Stamp;

    const SECOND: u64 = 1 << 32;
    const ERROR: ErrorEstimate = ErrorEstimate::synchronised(1000);

    fn at(seconds: f64) -> Timestamp {
        Timestamp::from_ntp(0xeeab << 48).plus_nanos((seconds * 1e9) as i64)
    }

    fn receiver(packets: u32) -> TestReceiver {
        let plan = Plan {
            sid: Sid([1; 16]),
            start: at(0.0),
            packets,
            timeout: 2 * SECOND,
            slots: vec![Slot::Fixed(SECOND)],
        };
        TestReceiver::new(
            Duration::ZERO,
            at(0.0),
            ReceiverConfig::new(plan, TestProtection::Open),
        )
    }

    fn give(receiver: &mut TestReceiver, sequence: u32, sent: f64, received: f64) -> Verdict {
        let sent = Stamp::new(at(sent), ERROR);
        let octets = TestPacket { sequence, sent }.encode(&TestProtection::Open, &[]);
        let arrival = Arrival {
            received: at(received),
            error: ERROR,
            ttl: 254,
        };
        receiver.handle_packet(Duration::ZERO, &octets, arrival)
    }

    #[test]
    fn packets_come_twice_late_or_never() {
        let mut receiver = receiver(5);
        assert!(matches!(give(&mut receiver, 0, 1.0, 1.01), Verdict::New(_)));
        assert!(matches!(give(&mut receiver, 2, 3.0, 3.01), Verdict::New(_)));
        assert!(matches!(give(&mut receiver, 2, 3.0, 3.02), Verdict::Duplicate(_)));
        assert!(matches!(give(&mut receiver, 3, 4.0, 4.5), Verdict::New(_)));
        assert!(matches!(give(&mut receiver, 1, 2.6, 4.55), Verdict::Late(_)));
        receiver.handle_timeout(Duration::ZERO, at(7.1));
        let counts = receiver.counts();
        assert_eq!(
            (counts.received, counts.duplicates, counts.lost, counts.late),
            (3, 1, 2, 1)
        );
        let order: Vec<(u32, bool)> = receiver
            .records()
            .iter()
            .map(|r| (r.sequence, r.is_lost()))
            .collect();
        assert_eq!(
            order,
            [
                (0, false),
                (2, false),
                (2, false),
                (1, true),
                (3, false),
                (4, true)
            ]
        );
        assert_eq!(receiver.records()[3].sent, at(2.0));
        assert_eq!(receiver.poll_event(), Some(ReceiverEvent::Lost(1)));
        assert_eq!(receiver.poll_event(), Some(ReceiverEvent::Lost(4)));
        assert_eq!(receiver.poll_event(), Some(ReceiverEvent::Finished));
        assert_eq!(receiver.poll_timeout(), None);
    }

    #[test]
    fn a_clock_that_is_wrong_by_more_than_the_timeout_is_told_from_loss() {
        let mut receiver = receiver(5);
        for sequence in 0..5 {
            let sent = f64::from(sequence) + 1.0;
            let verdict = give(&mut receiver, sequence, sent, sent + 5.003);
            assert!(matches!(verdict, Verdict::OutsideTimeout(_)));
        }
        receiver.handle_timeout(Duration::ZERO, at(20.0));
        assert_eq!(receiver.counts().lost, 5);
        assert_eq!(receiver.counts().outside_timeout.packets, 5);
        assert_eq!(
            receiver.clock_difference().map(|nanos| nanos / 1_000_000),
            Some(5003)
        );
    }

    #[test]
    fn strangers_are_counted_and_ignored() {
        let mut receiver = receiver(5);
        let arrival = Arrival {
            received: at(1.0),
            error: ERROR,
            ttl: 255,
        };
        assert_eq!(
            receiver.handle_packet(Duration::ZERO, &[0; 13], arrival),
            Verdict::NotOurs
        );
        assert_eq!(
            receiver.handle_packet(Duration::ZERO, &[0; 14], arrival),
            Verdict::NotOurs
        );
        assert_eq!(give(&mut receiver, 5, 1.0, 1.0), Verdict::NotOurs);
        assert!(matches!(
            give(&mut receiver, 4, 1.0, 1.0),
            Verdict::OutsideTimeout(_)
        ));
        assert_eq!(receiver.counts().not_ours, 3);
    }

    #[test]
    fn what_was_not_sent_is_not_lost() {
        let mut receiver = receiver(10);
        for sequence in [0, 1, 5] {
            give(
                &mut receiver,
                sequence,
                f64::from(sequence) + 1.0,
                f64::from(sequence) + 1.1,
            );
        }
        let sent = SentSession {
            sid: Sid([1; 16]),
            next_sequence: 6,
            skipped: vec![SkipRange { first: 2, last: 3 }],
        };
        receiver.handle_stop(at(30.0), &sent);
        assert_eq!(receiver.counts().lost, 1);
        let numbers: Vec<u32> = receiver.records().iter().map(|record| record.sequence).collect();
        assert_eq!(numbers, [0, 1, 5, 4]);
        assert!(receiver.is_finished());
    }

    #[test]
    fn stopped_early_the_undecided_are_left_out() {
        let mut receiver = receiver(10);
        for sequence in [0, 1, 2, 4] {
            give(
                &mut receiver,
                sequence,
                f64::from(sequence) + 1.0,
                f64::from(sequence) + 1.1,
            );
        }
        let sent = SentSession {
            sid: Sid([1; 16]),
            next_sequence: 6,
            skipped: Vec::new(),
        };
        receiver.handle_stop(at(5.5), &sent);
        let numbers: Vec<u32> = receiver.records().iter().map(|record| record.sequence).collect();
        assert_eq!(numbers, [0, 1, 2]);
        assert_eq!(receiver.counts().lost, 0);
    }

    #[test]
    fn the_timer_names_the_moment_at_which_a_packet_is_lost() {
        let mut receiver = receiver(1);
        let due = receiver.poll_timeout().unwrap();
        assert!(due > Duration::from_secs(3) && due < Duration::from_millis(3001));
        receiver.handle_timeout(due, at(due.as_secs_f64()));
        assert_eq!(receiver.counts().lost, 1);
    }
}

//! The machine itself: its calls, and what it sends.

use core::time::Duration;
use std::collections::VecDeque;

use crate::Timestamp;
use crate::stamp::ClockClaim;
use crate::stamp::Position;
use crate::stamp::Request;
use crate::stamp::Stamp;
use crate::stamp::TrafficClass;
use crate::stamp::tlv::ClockReport;
use crate::stamp::tlv::EndOfClock;
use crate::stamp::tlv::PositionReport;
use crate::stamp::tlv::Round as ReportedRound;
use crate::stamp::tlv::RoundReport;
use crate::stamp::tlv::SentFollowUp;

use super::Event;
use super::Peer;
use super::SenderCounts;
use super::Settings;
use super::flights::Flights;
use super::order::Order;
use super::pace::Timetable;
use super::pending::Pending;
use super::writing;
use super::writing::Told;

/// Events kept for whoever takes them.
const EVENTS: usize = 4096;

/// A packet, finished in the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Names it when its transmit stamp comes.
    pub sequence: u32,
    /// Its octets.
    pub length: usize,
    /// DSCP and ECN to send it with. Its TTL or hop limit is to be 255.
    pub class: TrafficClass,
}

/// One session with one reflector (RFC 8762 section 4.2, RFC 8972).
///
/// The order of calls: [`Sender::poll_transmit`] at [`Sender::poll_timeout`], or later, with the wall clock read right before; the
/// shell sends the packet at once, or says [`Sender::handle_unsent`]; [`Sender::handle_sent`] when the kernel has told when
/// it left (best before the replies that came in the same moment); [`Sender::handle_reply`] for each packet from the
/// reflector; [`Sender::handle_timeout`] at [`Sender::poll_timeout`], or later; after any of these
/// [`Sender::poll_event`] until there is none.
///
/// A sample whose reply can be followed up is held back until the next reply, or until the longest gap between two packets and
/// the patience have passed.
#[derive(Debug)]
pub struct Sender {
    pub(super) settings: Settings,
    pub(super) timetable: Option<Timetable>,
    pub(super) flights: Flights,
    pub(super) pending: Pending,
    pub(super) order: Order,
    pub(super) peer: Peer,
    pub(super) claim: ClockClaim,
    pub(super) position: Option<Position>,
    pub(super) receives: Stamp,
    /// The latest packet that is known to have left, and the latest round, for the reflector to know too.
    pub(super) latest_sent: Option<(u32, Stamp)>,
    pub(super) latest_round: Option<ReportedRound>,
    pub(super) events: VecDeque<Event>,
    pub(super) counts: SenderCounts,
}

impl Sender {
    /// A session that begins now, with its first packet within one gap.
    pub fn new(settings: Settings, now: Duration) -> Self {
        Self::begin_at(settings, now, 0)
    }

    pub(in crate::stamp) fn begin_at(settings: Settings, now: Duration, first: u32) -> Self {
        let hold = settings.pace.longest().saturating_add(settings.patience);
        Self {
            timetable: Some(Timetable::new(settings.pace, settings.seed, now)),
            flights: Flights::new(&settings, first),
            pending: Pending::new(hold, settings.has_transmit_stamps, settings.extensions.follow_up),
            order: Order::default(),
            peer: Peer::default(),
            claim: ClockClaim::Unknown,
            position: None,
            receives: Stamp::default(),
            latest_sent: None,
            latest_round: None,
            events: VecDeque::new(),
            counts: SenderCounts::default(),
            settings,
        }
    }

    /// What the session has done so far.
    pub const fn counts(&self) -> SenderCounts {
        self.counts
    }

    /// What the reflector has said about itself.
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// How large the buffer for a packet must be.
    pub fn packet_len(&self) -> usize {
        writing::length(&self.settings.extensions, &self.settings.security)
    }

    /// Whether nothing more will happen: stopped, and the fate of each packet known.
    pub fn is_finished(&self) -> bool {
        self.timetable.is_none()
            && self.flights.span() == 0
            && self.pending.is_empty()
            && self.events.is_empty()
    }

    /// Says what this end's clock is worth from now on.
    pub const fn set_clock(&mut self, claim: ClockClaim) {
        self.claim = claim;
    }

    /// Says where this host is from now on.
    pub const fn set_position(&mut self, position: Option<Position>) {
        self.position = position;
    }

    /// Sends no more. What is under way is waited for.
    pub fn stop(&mut self) {
        self.timetable = None;
    }

    /// Writes the packet that is due, if one is. `wall` becomes T1.
    ///
    /// What should have been sent long before is not: it is an [`Event::Unsent`], and the sequence goes on without it. The
    /// same is so if `out` is smaller than [`Sender::packet_len`].
    pub fn poll_transmit(&mut self, now: Duration, wall: Timestamp, out: &mut [u8]) -> Option<Transmit> {
        let due = self.timetable.as_mut()?.poll(now);
        self.note_unsent(due.missed);
        if !due.now {
            return None;
        }
        if !self.flights.has_room() {
            self.note_unsent(1);
            return None;
        }
        let request = self.request(wall);
        let Settings {
            extensions, security, ..
        } = &self.settings;
        let Ok(length) = writing::write(&request, extensions, security, &self.told(), out) else {
            self.note_unsent(1);
            return None;
        };
        self.flights.launch(now, request.timestamp, request.time());
        self.latest_round = None;
        self.counts.sent += 1;
        Some(Transmit {
            sequence: request.sequence,
            length,
            class: TrafficClass::new(self.settings.dscp, 0),
        })
    }

    /// When to call [`Sender::poll_transmit`] and [`Sender::handle_timeout`] next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let due = self.timetable.as_ref().map(Timetable::next);
        let lost = self.flights.oldest_sent();
        let lost = lost.map(|sent| sent.saturating_add(self.settings.patience));
        [due, lost, self.pending.deadline()].into_iter().flatten().min()
    }

    /// What was found out.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// A packet left, and this is when.
    pub fn handle_sent(&mut self, now: Duration, sequence: u32, stamp: Stamp) {
        let Some(flight) = self.flights.get_mut(sequence) else {
            return;
        };
        flight.left = Some(stamp);
        let newer = |known: u32| sequence.wrapping_sub(known).cast_signed() > 0;
        if self.latest_sent.is_none_or(|(known, _)| newer(known)) {
            self.latest_sent = Some((sequence, stamp));
        }
        self.pending.note_sent(sequence, stamp);
        self.settle(now);
    }

    /// A packet could not be sent. It counts as unsent, not as lost; its number is used again.
    pub fn handle_unsent(&mut self, sequence: u32) {
        if self.flights.abort(sequence) {
            self.counts.sent -= 1;
            self.note_unsent(1);
        }
    }

    /// Time has passed. Hand over the packets that have come before asking this: what waited in a socket while the program
    /// slept was not lost.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some(sequence) = self.flights.lose(now, self.settings.patience) {
            self.lose(sequence);
            self.pass();
        }
        self.settle(now);
    }

    fn request(&self, wall: Timestamp) -> Request {
        let format = self.settings.format;
        Request {
            sequence: self.flights.next(),
            timestamp: wall.to_bytes(format),
            error: self.claim.to_estimate().with_format(format),
            ssid: self.settings.ssid,
        }
    }

    fn told(&self) -> Told {
        let sender = EndOfClock {
            claim: self.claim,
            receives: self.receives.source,
            epoch: self.settings.epoch,
        };
        Told {
            packets: (self.counts.sent as u32).wrapping_add(1),
            sent: SentFollowUp {
                sent: self.latest_sent,
            },
            clock: ClockReport {
                sender,
                ..ClockReport::default()
            },
            round: RoundReport {
                round: self.latest_round,
                received: (self.counts.answered + self.counts.late) as u32,
            },
            position: PositionReport {
                sender: self.position,
                reflector: None,
            },
        }
    }

    pub(super) fn lose(&mut self, sequence: u32) {
        self.counts.lost += 1;
        self.emit(Event::Lost { sequence });
    }

    /// Looks at the packets whose fate has been decided, in order.
    pub(super) fn pass(&mut self) {
        while let Some(flight) = self.flights.pass() {
            if let Some(event) = self.order.pass(&flight, &self.flights) {
                self.emit(event);
            }
        }
    }

    /// Hands out the rounds that are complete.
    pub(super) fn settle(&mut self, now: Duration) {
        while let Some(sample) = self.pending.take(now, self.claim) {
            self.emit(Event::Sample(sample));
        }
    }

    fn note_unsent(&mut self, packets: u64) {
        if packets > 0 {
            self.counts.unsent = self.counts.unsent.saturating_add(packets);
            self.emit(Event::Unsent { packets });
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        if self.events.len() >= EVENTS {
            self.events.pop_front();
            self.counts.events_lost += 1;
        }
        self.events.push_back(event);
    }
}

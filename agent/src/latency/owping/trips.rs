//! The packets of one direction that arrived.

use std::time::Duration;

use wattle_oneway::ErrorEstimate;
use wattle_oneway::Timestamp;
use wattle_oneway::statistics;
use wattle_oneway::statistics::Arrival;
use wattle_oneway::statistics::Direction;
use wattle_oneway::statistics::Packet;

/// A packet that arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trip {
    pub(super) number: u32,
    pub(super) sent: Timestamp,
    /// Arrival minus sending, in nanoseconds.
    pub(super) delay: i64,
    /// What the two ends claim about their clocks.
    pub(super) errors: [ErrorEstimate; 2],
    pub(super) ttl: Option<u8>,
}

/// All that arrived in one direction.
#[derive(Debug)]
pub(super) struct Trips {
    /// Each packet's first copy.
    pub(super) delays: Vec<i64>,
    pub(super) duplicates: u64,
    /// The largest sum of both ends' bounds; nothing once an end has claimed none.
    pub(super) bound_nanos: Option<u64>,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    direction: Direction,
}

impl Trips {
    /// None yet, of so many.
    pub(super) fn new(count: u32) -> Self {
        let settings = statistics::Settings {
            packets: count.saturating_add(64),
            ..statistics::Settings::default()
        };
        let mut direction = Direction::new(settings);
        direction.begin_epoch(Some(0));
        Self {
            delays: Vec::new(),
            duplicates: 0,
            bound_nanos: Some(0),
            first: None,
            last: None,
            direction,
        }
    }

    /// Adds one, in the order of arrival.
    pub(super) fn add(&mut self, trip: &Trip) {
        let packet = Packet {
            number: trip.number,
            delay: trip.delay,
            ttl: trip.ttl,
        };
        // Whether a packet is lost has been decided already; no time passes here.
        match self.direction.handle_arrival(Duration::ZERO, packet) {
            Arrival::InTime { .. } => {}
            Arrival::Duplicate => {
                self.duplicates += 1;
                return;
            }
            Arrival::Late | Arrival::TooOld | Arrival::Implausible => return,
        }
        self.delays.push(trip.delay);
        let [one, other] = trip.errors.map(ErrorEstimate::bound_nanos);
        let bound = one.zip(other).map(|(one, other)| one.saturating_add(other));
        self.bound_nanos = self.bound_nanos.zip(bound).map(|(before, now)| before.max(now));
        if self.first.is_none_or(|first| trip.sent.since(first) < 0) {
            self.first = Some(trip.sent);
        }
        if self.last.is_none_or(|last| trip.sent.since(last) > 0) {
            self.last = Some(trip.sent);
        }
    }

    /// Order, hops and jitter.
    pub(super) const fn statistics(&self) -> &Direction {
        &self.direction
    }
}

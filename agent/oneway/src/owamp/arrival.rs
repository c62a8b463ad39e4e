//! What comes in at a receiver, and what it turns out to be.

use crate::ErrorEstimate;
use crate::Timestamp;
use crate::control::Record;

/// How a packet came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When: as near to the wire as is known.
    pub received: Timestamp,
    /// How wrong this end's clock is.
    pub error: ErrorEstimate,
    /// The time to live it came with, 255 if unknown.
    pub ttl: u8,
}

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A packet of the session, for the first time.
    New(Record),
    /// One that came before.
    Duplicate(Record),
    /// One whose time was up: it counts as lost, and came after all.
    Late(Record),
    /// One whose send time differs from the time it came, or was due, by more than the timeout. If all do, a clock is
    /// wrong: see [`TestReceiver::clock_difference`](super::TestReceiver::clock_difference).
    OutsideTimeout(Record),
    /// None of this session: too short, a wrong HMAC, no valid error estimate, or a number beyond its end.
    NotOurs,
}

/// What happened to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverEvent {
    /// A packet's time was up and it had not come.
    Lost(u32),
    /// All packets have come or are lost.
    Finished,
}

/// Packets that came at a time that cannot be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutsideTimeout {
    /// How many. Their numbers count as lost besides, as the protocol wants it.
    pub packets: u64,
    /// Receive time minus send time, in nanoseconds, of the one where it was nearest to zero.
    pub nearest_nanos: i64,
}

/// How many packets were what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiverCounts {
    /// Came in time, each once.
    pub received: u64,
    /// Came again.
    pub duplicates: u64,
    /// Did not come in time.
    pub lost: u64,
    /// Came when they were already counted as lost, or again at that time.
    pub late: u64,
    /// Came with impossible times.
    pub outside_timeout: OutsideTimeout,
    /// Were no packets of the session.
    pub not_ours: u64,
    /// Are in no record, because there were too many.
    pub unrecorded: u64,
}

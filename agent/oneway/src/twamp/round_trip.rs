//! What comes back to a sender, and what it turns out to be.

use crate::ErrorEstimate;
use crate::Timestamp;
use crate::control::Stamp;

/// A packet that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Its number.
    pub sequence: u32,
    /// The reflector's number for it: the two differ by what was lost on the way there.
    pub reflector_sequence: u32,
    /// When it was sent (T1).
    pub sent: Stamp,
    /// When it came to the reflector (T2).
    pub reflector_received: Timestamp,
    /// When the reflector sent its reply (T3); the error holds for both of its times.
    pub reflector_sent: Stamp,
    /// When the reply came in (T4).
    pub received: Timestamp,
    /// How wrong this end's clock is at T4.
    pub receive_error: ErrorEstimate,
    /// The time to live with which it came to the reflector.
    pub reflector_ttl: u8,
    /// The time to live with which the reply came.
    pub ttl: u8,
}

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyVerdict {
    /// A reply, for the first time.
    New(RoundTrip),
    /// A reply to a packet that was answered before. If the reflector's number is another, the packet was doubled on the
    /// way there, otherwise the reply on the way back.
    Duplicate(RoundTrip),
    /// A reply to a packet that was given up already.
    Late,
    /// No reply to what was sent.
    NotOurs,
}

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// A packet was not answered in time.
    Lost(u32),
    /// All packets are sent or skipped, and answered or lost.
    Finished,
}

/// How many packets were what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundTripCounts {
    /// Sent.
    pub sent: u64,
    /// Answered, each once.
    pub received: u64,
    /// Answered again.
    pub duplicates: u64,
    /// Not answered in time.
    pub lost: u64,
    /// Answered when it was too late.
    pub late: u64,
    /// Packets that were no replies.
    pub not_ours: u64,
}

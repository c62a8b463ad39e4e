//! What a session found out.

use core::time::Duration;

use crate::stamp::ClockClaim;
use crate::stamp::Direction;
use crate::stamp::Measured;
use crate::stamp::Seen;
use crate::stamp::Stamp;
use crate::stamp::tlv::DirectMeasurement;

/// The four timestamps of a round, each the best that could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamps {
    /// T1: the request left.
    pub sent: Stamp,
    /// T2: it reached the reflector.
    pub received: Stamp,
    /// T3: the reply left.
    pub answered: Stamp,
    /// T4: it arrived.
    pub returned: Stamp,
}

/// What the hosts added, in nanoseconds. Each stage is measured by one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    /// From writing T1 to the request's leaving, if the kernel told.
    pub send: Option<i64>,
    /// From the request's arrival at the reflector to writing T3.
    pub turnaround: i64,
    /// From writing T3 to the reply's leaving, if a follow-up told.
    pub reflect: Option<i64>,
    /// From the reply's arrival to its being handled.
    pub wake: i64,
}

/// A complete round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The sender's sequence number.
    pub sequence: u32,
    /// The reflector's.
    pub reflected: u32,
    /// From here to the reflector. With two clocks: see the claims.
    pub forward: Measured,
    /// Back.
    pub reverse: Measured,
    /// Both, without the time spent at the reflector. One clock is enough for it.
    pub round_trip: Measured,
    /// The time spent at the reflector, from the request's arrival to the reply's leaving, in nanoseconds.
    pub turnaround: i64,
    /// What the hosts added.
    pub stages: Stages,
    /// What all is computed from.
    pub stamps: Stamps,
    /// The request's header on arrival at the reflector.
    pub outward: Seen,
    /// The reply's header on arrival here.
    pub back: Seen,
    /// What this end's clock is worth.
    pub sender_clock: ClockClaim,
    /// What the reflector claims that its clock is worth.
    pub reflector_clock: ClockClaim,
    /// Counts of both ends, if asked for and answered.
    pub counts: Option<DirectMeasurement>,
}

/// A raw fact. Nothing is counted twice: each packet is sent or unsent; each sent one yields a sample or is lost, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most events are samples, and a box would be an allocation for each"
)]
pub enum Event {
    /// A round is complete.
    Sample(Sample),
    /// No reply came in time.
    Lost {
        /// Of which packet.
        sequence: u32,
    },
    /// Where earlier losses happened, known since a later reply came. They add up to the [`Event::Lost`] before it.
    LossPlaced {
        /// On the way there.
        forward: u32,
        /// On the way back.
        reverse: u32,
        /// The reflector does not count, or has forgotten.
        unknown: u32,
    },
    /// A reply came to a packet that was lost by then.
    Late {
        /// Of which packet.
        sequence: u32,
        /// How long after it was sent.
        after: Duration,
    },
    /// Another reply came to a packet that had one.
    Duplicate {
        /// Of which packet.
        sequence: u32,
        /// Which way it was doubled, if the reflector counts.
        direction: Option<Direction>,
    },
    /// A reply came after that of a later packet (RFC 4737 section 3).
    Reordered {
        /// Of which packet.
        sequence: u32,
        /// How many numbers below the highest.
        behind: u32,
        /// Which way it was overtaken, if the reflector counts.
        direction: Option<Direction>,
    },
    /// Packets were not sent because their time had passed, or could not be sent.
    Unsent {
        /// How many.
        packets: u64,
    },
    /// The reflector has begun to count anew: it restarted, or forgot the session. Nothing was lost by it.
    PeerRestarted,
}

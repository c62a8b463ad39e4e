//! What came of it, before it is summed up.

use std::net::SocketAddr;

use super::options::Spoken;
use super::trips::Trips;

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub(super) spoken: Spoken,
    pub(super) security: &'static str,
    pub(super) ways: Vec<Way>,
    pub(super) round_trips: Option<RoundTrips>,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Way {
    /// `forward`: from here; `reverse`: to here.
    pub(super) direction: &'static str,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sid: Option<String>,
    pub(super) sent: u64,
    pub(super) unsent: u64,
    pub(super) lost: u64,
    pub(super) trips: Trips,
    /// How far the clocks must be apart, if every packet was dropped for impossible times, in nanoseconds.
    pub(super) clock_difference: Option<i64>,
}

/// There and back, without the time at the far end.
#[derive(Debug, Default)]
pub(super) struct RoundTrips {
    pub(super) sent: u64,
    pub(super) lost: u64,
    /// Lost in a direction that nobody knows.
    pub(super) lost_somewhere: u64,
    pub(super) delays: Vec<i64>,
    /// The time at the far end.
    pub(super) turnarounds: Vec<i64>,
    /// From kernel to kernel, or from card to card, in both directions.
    pub(super) is_wire: bool,
}

//! What is known about the other hosts: one immutable value, made anew every second.

use std::sync::Arc;
use std::time::Duration;

use wattle_oneway::clock::ClockState;
use wattle_oneway::clock::HostOffset;
use wattle_oneway::stamp::TrafficClass;

use super::clock_state::ClockReading;
use super::histogram::DelayHistogram;
use super::icmp;
use super::icmp::IcmpReport;
use super::peers::SourceReport;
use crate::geo::Distance;
use crate::sensor::Quality;
use crate::sensor::SensorState;

/// Each host's clock, and whether it contradicts what the host says of it.
pub type Offsets = Vec<(HostOffset<Arc<str>>, bool)>;

/// Everything that this host knows about how far others are.
#[derive(Clone, Debug, Default)]
pub struct LatencyReport {
    /// The name by which others know this host.
    pub own: Arc<str>,
    /// When it was made, on the steady clock.
    pub at: Duration,
    /// What the own clock is worth.
    pub clock: ClockReading,
    /// Peers that sources gave.
    pub known: usize,
    /// Peers that the plan leaves out, so that there are not too many series.
    pub capped: usize,
    /// The most peers that are measured.
    pub most: usize,
    /// Peers without an address.
    pub unresolved: usize,
    /// The sources.
    pub sources: Vec<SourceReport>,
    /// The source ports that packets have in turn, for both families; none where the system chooses one.
    pub ports: Vec<[Option<u16>; 2]>,
    /// Those that are measured, by name.
    pub peers: Vec<Arc<PeerReport>>,
    /// Those that have no agent.
    pub icmp: Arc<IcmpReport>,
    /// How far each host's clock is from most others', by what this host has measured.
    pub offsets: Offsets,
    /// What this host adds to packets.
    pub stages: Stages,
    /// What the reflector did.
    pub reflected: u64,
    /// Why it did not, how often.
    pub refused: Vec<(&'static str, u64)>,
    /// Which sockets are open, and what is wrong with those that are not.
    pub trouble: Option<String>,
}

impl LatencyReport {
    /// How the measuring does, as sensors.
    pub fn sensors(&self) -> impl Iterator<Item = SensorState> {
        let advice = "give another port with --latency.listen, or the agent CAP_NET_BIND_SERVICE";
        let stamp = sensor("latency", "udp", self.trouble.as_deref(), advice);
        let pinged = !self.icmp.peers.is_empty() || self.icmp.trouble.is_some();
        let icmp = pinged.then(|| sensor("latency/icmp", "icmp", self.icmp.trouble.as_deref(), icmp::ADVICE));
        [stamp].into_iter().chain(icmp)
    }
}

pub(super) fn sensor(
    name: &'static str,
    source: &'static str,
    trouble: Option<&str>,
    advice: &'static str,
) -> SensorState {
    let trouble = trouble.unwrap_or_default().to_owned();
    let advice = if trouble.is_empty() { "" } else { advice };
    SensorState {
        sensor: name.into(),
        source: source.into(),
        quality: Quality::Measured,
        up: trouble.is_empty(),
        reason: trouble.into(),
        advice: advice.into(),
        took: None,
    }
}

/// Where time goes on a host.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    /// From handing a packet to the kernel to its leaving.
    pub send_queue: DelayHistogram,
    /// From a packet's arrival to its being handled.
    pub wake_up: DelayHistogram,
    /// At the far end, from a request's arrival to its reply's leaving.
    pub turnaround: DelayHistogram,
}

/// One peer.
#[derive(Clone, Debug)]
pub struct PeerReport {
    /// Its name.
    pub name: Arc<str>,
    /// Its zone.
    pub zone: Arc<str>,
    /// Where it is.
    pub address: String,
    /// What can be said about delays between the two clocks.
    pub state: ClockState,
    /// How far its clock is ahead, with the error, as packets show.
    pub offset: Option<(i64, u64)>,
    /// Whether it has answered since the last packets were lost.
    pub answers: bool,
    /// How far it is, if both hosts know where they stand and it tells.
    pub distance: Option<Distance>,
    /// To it and from it.
    pub directions: [DirectionReport; 2],
    /// There and back, without the time that it took to answer.
    pub round_trip: DelayHistogram,
    /// What became of packets there and back.
    pub rounds: RoundCounts,
    /// The ways to it, as [`LatencyReport::ports`] are; none where there is but one.
    pub paths: Vec<PathReport>,
}

/// Packets there and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundCounts {
    /// Sent.
    pub sent: u64,
    /// Answered in time.
    pub received: u64,
    /// Not answered in time.
    pub lost: u64,
    /// Of those, answered after all.
    pub late: u64,
    /// Answers beyond the first.
    pub duplicate: u64,
    /// Answers out of order.
    pub reordered: u64,
    /// Due and not sent.
    pub unsent: u64,
}

/// One of several ways to a peer, by the source port that packets have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathReport {
    /// What became of packets.
    pub counts: PathCounts,
    /// The least delays of the last minute in nanoseconds: to the peer and from it, by clocks that may be wrong, and both.
    pub least: [Option<i64>; 3],
}

/// Packets of one way there and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathCounts {
    /// Sent.
    pub sent: u64,
    /// Answered in time.
    pub received: u64,
    /// Not answered in time.
    pub lost: u64,
    /// Of those, known to be lost on the way there.
    pub lost_to: u64,
    /// Known to be lost on the way back.
    pub lost_from: u64,
}

/// Packets of one direction, as far as it is known which way something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WayCounts {
    /// Sent.
    pub sent: u64,
    /// Arrived.
    pub received: u64,
    /// Lost on this way.
    pub lost: u64,
    /// Doubled on this way.
    pub duplicate: u64,
    /// Overtaken on this way.
    pub reordered: u64,
}

/// One direction.
#[derive(Clone, Debug, Default)]
pub struct DirectionReport {
    /// Delays measured while the clocks were synchronised.
    pub delay: DelayHistogram,
    /// The least delay of the last minute, by clocks that may be wrong.
    pub minimum: Option<i64>,
    /// Delays above the least of the minute before.
    pub queueing: DelayHistogram,
    /// RFC 3550's jitter in nanoseconds.
    pub jitter: Option<u64>,
    /// What became of packets.
    pub counts: WayCounts,
    /// Samples between kernels, and samples with a program's stamp.
    pub samples: [u64; 2],
    /// Over how many hops, and how often that changed.
    pub hops: Option<(u8, u64)>,
    /// The traffic class at the far end.
    pub class: Option<TrafficClass>,
    /// Packets that had met congestion (ECN 3).
    pub congested: u64,
}

/// The values of the label `direction`, as [`PeerReport::directions`] are.
pub const DIRECTIONS: [&str; 2] = ["to", "from"];
/// The values of the label `quality`, as [`DirectionReport::samples`] are.
pub const QUALITIES: [&str; 2] = ["wire", "host"];

impl PeerReport {
    /// The value of the label `state`.
    pub fn state_name(&self) -> &'static str {
        STATES[match self.state {
            ClockState::Synchronised { .. } => 0,
            ClockState::Unsynchronised => 1,
            ClockState::Inconsistent(_) => 2,
        }]
    }

    /// How wrong one-way delays are at most: known only where clocks are synchronised.
    pub fn bound(&self) -> Option<u64> {
        match self.state {
            ClockState::Synchronised { bound } => Some(bound),
            ClockState::Unsynchronised | ClockState::Inconsistent(_) => None,
        }
    }
}

/// The values of the label `state`.
pub const STATES: [&str; 3] = ["synchronised", "unsynchronised", "inconsistent"];

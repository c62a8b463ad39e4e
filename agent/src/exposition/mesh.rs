//! What this host knows about others, as JSON.

use serde::Serialize;

use super::paths;
use super::paths::MeshPath;
use crate::latency::histogram::seconds;
use crate::latency::report::DirectionReport;
use crate::latency::report::LatencyReport;
use crate::latency::report::PeerReport;

/// The body of `/api/v1/mesh`. What is unknown is absent.
#[derive(Debug, Serialize)]
pub struct Mesh<'s> {
    host: &'s str,
    clock: Clock,
    peers_known: usize,
    peers_capped: usize,
    peers: Vec<Peer<'s>>,
    clocks: Vec<HostClock<'s>>,
}

#[derive(Debug, Serialize)]
struct Clock {
    source: &'static str,
    synchronised: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Peer<'s> {
    name: &'s str,
    zone: &'s str,
    address: &'s str,
    answers: bool,
    clock_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_bound_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_offset_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_offset_error_seconds: Option<f64>,
    /// As the peer tells where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_meters: Option<f64>,
    to: Direction,
    from: Direction,
    /// One for each source port, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paths: Vec<MeshPath>,
}

#[derive(Debug, Serialize)]
struct Direction {
    /// Only where both clocks are right, as far as anybody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_min_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jitter_seconds: Option<f64>,
    sent: u64,
    received: u64,
    lost: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hops: Option<u8>,
}

#[derive(Debug, Serialize)]
struct HostClock<'s> {
    host: &'s str,
    offset_seconds: f64,
    error_seconds: f64,
    contradicts_its_claim: bool,
}

fn positive(nanos: u64) -> f64 {
    seconds(i64::try_from(nanos).unwrap_or(i64::MAX))
}

impl<'s> Mesh<'s> {
    /// What one report says.
    pub fn new(report: &'s LatencyReport) -> Self {
        let clocks = report.offsets.iter().map(|(host, wrong)| HostClock {
            host: &host.host,
            offset_seconds: seconds(host.offset),
            error_seconds: positive(host.error),
            contradicts_its_claim: *wrong,
        });
        Self {
            host: &report.own,
            clock: Clock {
                source: report.clock.witness.as_str(),
                synchronised: report.clock.bound.is_some(),
                bound_seconds: report.clock.bound.map(|bound| bound.as_secs_f64()),
            },
            peers_known: report.known,
            peers_capped: report.capped,
            peers: report
                .peers
                .iter()
                .map(|peer| Peer::new(peer, &report.ports))
                .collect(),
            clocks: clocks.collect(),
        }
    }
}

impl<'s> Peer<'s> {
    fn new(peer: &'s PeerReport, ports: &[[Option<u16>; 2]]) -> Self {
        let [to, from] = peer.directions.each_ref().map(|way| Direction::new(peer, way));
        Self {
            name: &peer.name,
            zone: &peer.zone,
            address: &peer.address,
            answers: peer.answers,
            clock_state: peer.state_name(),
            clock_bound_seconds: peer.bound().map(positive),
            clock_offset_seconds: peer.offset.map(|(nanos, _)| seconds(nanos)),
            clock_offset_error_seconds: peer.offset.map(|(_, error)| positive(error)),
            distance_meters: peer.distance.as_ref().map(|distance| distance.meters),
            to,
            from,
            paths: paths::of(peer, ports),
        }
    }
}

impl Direction {
    fn new(peer: &PeerReport, way: &DirectionReport) -> Self {
        Self {
            delay_min_seconds: peer.bound().and(way.minimum).map(seconds),
            jitter_seconds: way.jitter.map(positive),
            sent: way.counts.sent,
            received: way.counts.received,
            lost: way.counts.lost,
            hops: way.hops.map(|(hops, _)| hops),
        }
    }
}

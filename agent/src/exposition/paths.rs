//! Several ways to one peer, as JSON: which of them loses packets, or is longer than the others.

use serde::Serialize;

use crate::latency::histogram::seconds;
use crate::latency::report::PathReport;
use crate::latency::report::PeerReport;

/// One way: the packets of one source port. What is unknown is absent.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct MeshPath {
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<u16>,
    sent: u64,
    received: u64,
    lost: u64,
    lost_to: u64,
    lost_from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_min_seconds: Option<f64>,
    /// How much longer its least delay is than that of the best way. The clocks' offset cancels.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_above_best_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_above_best_seconds: Option<f64>,
}

/// The ways to a peer; none where there is but one.
pub(super) fn of(peer: &PeerReport, ports: &[[Option<u16>; 2]]) -> Vec<MeshPath> {
    let family = usize::from(peer.address.starts_with('['));
    let best = |which: usize| peer.paths.iter().filter_map(|path| path.least[which]).min();
    let [to, from] = [best(0), best(1)];
    let paths = peer.paths.iter().enumerate();
    paths
        .map(|(place, path)| {
            let port = ports.get(place).and_then(|numbers| numbers[family]);
            let above = |which: usize, best: Option<i64>| {
                path.least[which]
                    .zip(best)
                    .map(|(least, best)| seconds(least - best))
            };
            shown(path, port, [above(0, to), above(1, from)])
        })
        .collect()
}

fn shown(path: &PathReport, source_port: Option<u16>, above: [Option<f64>; 2]) -> MeshPath {
    let counts = path.counts;
    MeshPath {
        source_port,
        sent: counts.sent,
        received: counts.received,
        lost: counts.lost,
        lost_to: counts.lost_to,
        lost_from: counts.lost_from,
        round_trip_min_seconds: path.least[2].map(seconds),
        to_above_best_seconds: above[0],
        from_above_best_seconds: above[1],
    }
}

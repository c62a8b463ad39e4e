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

#[cfg(test)]
mod tests {
    use wattle_oneway::clock::ClockState;

    use super::*;
    use crate::latency::report::PathCounts;

    #[test]
    fn a_longer_path_is_told_by_how_much_it_is_longer_whatever_the_clocks_say() {
        let path = |lost_to, least| PathReport {
            counts: PathCounts {
                sent: 9,
                received: 9 - lost_to,
                lost: lost_to,
                lost_to,
                lost_from: 0,
            },
            least,
        };
        let peer = |address: &str| PeerReport {
            name: "node7".into(),
            zone: "".into(),
            address: address.to_owned(),
            state: ClockState::Unsynchronised,
            offset: None,
            answers: true,
            distance: None,
            directions: Default::default(),
            round_trip: Default::default(),
            rounds: Default::default(),
            paths: vec![
                path(0, [Some(-5_000_000), Some(7_000_000), Some(2_000_000)]),
                path(4, [Some(-4_000_000), Some(7_000_000), Some(3_000_000)]),
                path(9, [None; 3]),
            ],
        };
        let ports = [[Some(4), Some(6)], [Some(44), None], [None, Some(666)]];
        let shown = of(&peer("192.0.2.7:862"), &ports);
        let above: Vec<_> = shown.iter().map(|path| path.to_above_best_seconds).collect();
        assert_eq!(above, [Some(0.0), Some(0.001), None]);
        assert_eq!(shown[1].from_above_best_seconds, Some(0.0));
        assert_eq!(
            (shown[1].lost_to, shown[1].round_trip_min_seconds),
            (4, Some(0.003))
        );
        let ports_of = |address: &str| {
            let shown = of(&peer(address), &ports);
            shown.iter().map(|path| path.source_port).collect::<Vec<_>>()
        };
        assert_eq!(ports_of("192.0.2.7:862"), [Some(4), Some(44), None]);
        assert_eq!(ports_of("[2001:db8::7]:862"), [Some(6), None, Some(666)]);
    }
}

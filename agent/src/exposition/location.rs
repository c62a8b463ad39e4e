//! Points of where the host stands.

use std::time::Duration;

use super::latency::ways;
use super::point::Points;
use crate::geo::Distance;
use crate::geo::Place;
use crate::snapshot::Snapshot;

fn place(snapshot: &Snapshot) -> Option<&Place> {
    snapshot.situation.as_ref()?.location.host()
}

pub(super) fn info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(place) = place(snapshot) {
        points.info([
            place.country.as_str().into(),
            place.city.as_str().into(),
            place.site.as_str().into(),
            place.source.as_str().into(),
        ]);
    }
}

pub(super) fn latitude<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(coordinates) = place(snapshot).and_then(|place| place.coordinates) {
        points.number([], coordinates.latitude);
    }
}

pub(super) fn longitude<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(coordinates) = place(snapshot).and_then(|place| place.coordinates) {
        points.number([], coordinates.longitude);
    }
}

/// The way to each host whose place is known.
fn known(snapshot: &Snapshot) -> impl Iterator<Item = &Distance> {
    let situation = snapshot.situation.iter();
    situation.flat_map(|situation| situation.ways(snapshot.told()))
}

pub(super) fn distance<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for way in known(snapshot) {
        points.number([way.peer.as_str().into()], way.meters);
    }
}

pub(super) fn floor<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for way in known(snapshot) {
        points.number([way.peer.as_str().into()], way.floor_seconds);
    }
}

/// The least delay of the last minute beside what light needs, where the clocks are good enough to say so.
pub(super) fn stretch<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(situation) = &snapshot.situation else {
        return;
    };
    for (labels, peer, way) in ways(snapshot) {
        let distance = situation.configured(&peer.name).or(peer.distance.as_ref());
        let least = peer
            .bound()
            .and(way.minimum)
            .and_then(|least| u64::try_from(least).ok());
        if let (Some(distance), Some(least)) = (distance, least)
            && let Some(ratio) = Distance::stretch(distance, Duration::from_nanos(least))
        {
            points.number(labels, ratio);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wattle_oneway::clock::ClockState;

    use crate::exposition::Format;
    use crate::exposition::Names;
    use crate::exposition::render;
    use crate::geo::Distance;
    use crate::geo::Situation;
    use crate::geo::Source;
    use crate::latency::report::DirectionReport;
    use crate::latency::report::LatencyReport;
    use crate::latency::report::PeerReport;
    use crate::snapshot::Snapshot;

    /// A host at whose distance light needs a millisecond, and which is three milliseconds away by packets that go there.
    fn measured(state: ClockState) -> String {
        let there = DirectionReport {
            minimum: Some(3_000_000),
            ..DirectionReport::default()
        };
        let peer = PeerReport {
            name: "node7".into(),
            zone: "".into(),
            address: String::new(),
            state,
            offset: None,
            answers: true,
            directions: [there, DirectionReport::default()],
            distance: None,
            round_trip: Default::default(),
            rounds: Default::default(),
            paths: Vec::new(),
        };
        let distance = Distance {
            peer: "node7".to_owned(),
            meters: 204_190.0,
            floor_seconds: 0.001,
            source: Source::Configuration,
        };
        let snapshot = Snapshot {
            latency: Some(Arc::new(LatencyReport {
                peers: vec![Arc::new(peer)],
                ..LatencyReport::default()
            })),
            situation: Some(Arc::new(Situation {
                distances: vec![distance],
                ..Situation::default()
            })),
            ..Snapshot::default()
        };
        let names = Names::of(&snapshot);
        String::from_utf8(render(&Arc::new(snapshot), names, Format::Text).unwrap()).unwrap()
    }

    #[test]
    fn a_path_is_compared_with_light_where_the_clocks_are_good_enough() {
        let known = measured(ClockState::Synchronised { bound: 50_000 });
        assert!(
            known.contains("wattle_peer_path_stretch_ratio{peer=\"node7\",direction=\"to\"} 3"),
            "{known}"
        );
        assert!(!known.contains("direction=\"from\"} 3"));
        let unknown = measured(ClockState::Unsynchronised);
        assert!(!unknown.contains("stretch_ratio{"), "{unknown}");
    }
}

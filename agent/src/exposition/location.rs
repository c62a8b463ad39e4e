//! Points of where the host stands.

use super::point::Points;
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

pub(super) fn distance<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let situation = snapshot.situation.iter();
    for way in situation.flat_map(|situation| &situation.distances) {
        points.number([way.peer.as_str().into()], way.meters);
    }
}

pub(super) fn floor<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let situation = snapshot.situation.iter();
    for way in situation.flat_map(|situation| &situation.distances) {
        points.number([way.peer.as_str().into()], way.floor_seconds);
    }
}

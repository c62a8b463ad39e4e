//! How far other hosts are.

use std::time::Duration;

use serde::Serialize;

use super::Coordinates;
use super::Source;
use super::light_seconds_in_fibre;
use super::meters;

/// The way to another host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distance {
    /// The other host.
    pub peer: String,
    /// Over the ground, in metres.
    pub meters: f64,
    /// What light needs for that in a fibre that lies straight: no packet is there sooner.
    pub floor_seconds: f64,
    /// Who says where the other host stands.
    pub source: Source,
}

impl Distance {
    /// From this host, which is `here`, to a peer.
    pub fn new(peer: &str, here: Coordinates, there: Coordinates, source: Source) -> Self {
        let meters = meters(here, there);
        Self {
            peer: peer.to_owned(),
            meters,
            floor_seconds: light_seconds_in_fibre(meters),
            source,
        }
    }

    /// How many times longer than it needs to be a measured way of one direction takes; nothing where both stand in one place.
    pub fn stretch(&self, one_way: Duration) -> Option<f64> {
        (self.floor_seconds > 0.0).then(|| one_way.as_secs_f64() / self.floor_seconds)
    }
}

/// How far each of the configured `peers` is from `host`, in order of their names, each once.
pub(super) fn configured<'p>(
    host: Coordinates,
    peers: impl IntoIterator<Item = (&'p str, Coordinates)>,
) -> Vec<Distance> {
    let peers = peers.into_iter();
    let mut distances: Vec<_> = peers
        .map(|(peer, there)| Distance::new(peer, host, there, Source::Configuration))
        .collect();
    distances.sort_by(|one, other| one.peer.cmp(&other.peer));
    distances.dedup_by(|later, first| later.peer == first.peer);
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_takes_so_many_times_what_light_needs() {
        let at = |latitude, longitude| Coordinates::new(latitude, longitude).unwrap();
        let here = at(59.3294, 18.0687);
        let peers = [
            ("here", here),
            ("far", at(48.8566, 2.3522)),
            ("here", at(0.0, 0.0)),
        ];
        let found = configured(here, peers);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].peer, "far");
        // Stockholm to Paris.
        assert!((found[0].meters - 1_546_000.0).abs() < 4000.0, "{found:?}");
        let one_way = Duration::from_secs_f64(found[0].floor_seconds * 3.1);
        assert!((found[0].stretch(one_way).unwrap() - 3.1).abs() < 1e-5);
        assert_eq!((found[1].meters, found[1].stretch(one_way)), (0.0, None));
    }
}

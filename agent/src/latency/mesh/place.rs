//! Places as packets have them: whole numbers of 10⁻⁷ degrees.

use wattle_oneway::stamp::Position;

use crate::geo::Coordinates;
use crate::geo::Situation;

const STEPS: f64 = 1e7;

/// What peers are told of where this host stands: nothing if that is not known, or not to be told.
pub(super) fn told(situation: &Situation) -> Option<Position> {
    to_position(situation.coordinates().filter(|_| situation.is_told)?)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "coordinates are at most 180 degrees"
)]
fn to_position(place: Coordinates) -> Option<Position> {
    let [latitude, longitude] =
        [place.latitude, place.longitude].map(|degrees| (degrees * STEPS).round() as i32);
    Position::new(latitude, longitude)
}

/// A place that a peer has told, which is one on Earth.
pub(super) fn from_position(position: Position) -> Option<Coordinates> {
    let [latitude, longitude] =
        [position.latitude(), position.longitude()].map(|steps| f64::from(steps) / STEPS);
    Coordinates::new(latitude, longitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_to_within_a_step() {
        for (latitude, longitude) in [(59.3294, 18.0687), (-90.0, 180.0), (90.0, -180.0), (0.0, -1e-8)] {
            let place = Coordinates::new(latitude, longitude).unwrap();
            let back = from_position(to_position(place).unwrap()).unwrap();
            assert!((back.latitude - latitude).abs() <= 0.5 / STEPS, "{back:?}");
            assert!((back.longitude - longitude).abs() <= 0.5 / STEPS, "{back:?}");
        }
    }

    #[test]
    fn nobody_is_told_what_is_not_known_or_not_to_be_told() {
        let mut situation = Situation {
            is_told: true,
            ..Situation::default()
        };
        assert_eq!(told(&situation), None);
        situation.location.0.push(crate::geo::Place {
            coordinates: Coordinates::new(1.0, 2.0),
            country: String::new(),
            city: String::new(),
            site: String::new(),
            source: crate::geo::Source::Configuration,
            address: None,
        });
        assert_eq!(told(&situation), Position::new(10_000_000, 20_000_000));
        situation.is_told = false;
        assert_eq!(told(&situation), None);
    }
}

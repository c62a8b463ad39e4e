//! How far apart two points on Earth are.

use crate::facts::Position;

/// The mean radius of the Earth in metres (IUGG).
const RADIUS: f64 = 6_371_008.8;

/// Metres along the great circle. A sphere is off by at most half a percent.
pub(super) fn meters(one: Position, other: Position) -> f64 {
    let (a, b) = (one.latitude.to_radians(), other.latitude.to_radians());
    let across = (other.longitude - one.longitude).to_radians();
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let haversine = half(b - a) + a.cos() * b.cos() * half(across);
    2.0 * RADIUS * haversine.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::meters;
    use crate::facts::Position;

    #[test]
    fn known_distances_come_out() {
        let at = |latitude, longitude| Position { latitude, longitude };
        let quarter = std::f64::consts::FRAC_PI_2 * super::RADIUS;
        for (one, other, expected) in [
            (at(0.0, 0.0), at(0.0, 0.0), 0.0),
            (at(0.0, 0.0), at(0.0, 90.0), quarter),
            (at(90.0, 17.0), at(-90.0, -4.0), 2.0 * quarter),
            (at(0.0, 179.5), at(0.0, -179.5), quarter / 90.0),
        ] {
            assert!((meters(one, other) - expected).abs() < 1.0, "{one:?} {other:?}");
        }
    }
}

//! How far it is from one place to another, and how long light needs for it.

use super::Coordinates;

/// The WGS-84 ellipsoid: the radius at the equator in metres, and how much shorter the one to the poles is.
const EQUATOR: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// The radius of a sphere with the ellipsoid's mean radius (IUGG).
const MEAN_RADIUS: f64 = 6_371_008.771_4;

/// Speed of light in a vacuum, and how much slower it is in the glass of a fibre (ITU-T G.652, 1550 nm).
const LIGHT_METERS_PER_SECOND: f64 = 299_792_458.0;
const GLASS: f64 = 1.4682;

/// The length in metres of the shortest way over the ground between two places on the WGS-84 ellipsoid.
///
/// Lambert's formula: the great circle on the sphere of reduced latitudes, corrected to first order in the flattening. It is right to some
/// ten metres over thousands of kilometres, and for places on opposite sides of the Earth the sphere alone decides.
pub fn meters(a: Coordinates, b: Coordinates) -> f64 {
    let [from, to] = [a, b].map(|place| reduced(place.latitude.to_radians()));
    let across = (b.longitude - a.longitude).to_radians();
    let angle = central_angle(from, to, across);
    if angle == 0.0 {
        return 0.0;
    }
    let (half_sum, half_difference) = ((from + to) / 2.0, (to - from) / 2.0);
    let (near, far) = ((angle / 2.0).cos().powi(2), (angle / 2.0).sin().powi(2));
    if near < 1e-6 {
        let [from, to] = [a, b].map(|place| place.latitude.to_radians());
        return MEAN_RADIUS * central_angle(from, to, across);
    }
    let x = (angle - angle.sin()) * (half_sum.sin() * half_difference.cos()).powi(2) / near;
    let y = (angle + angle.sin()) * (half_sum.cos() * half_difference.sin()).powi(2) / far;
    EQUATOR * (angle - FLATTENING / 2.0 * (x + y))
}

/// The shortest time in seconds in which light comes so far through a fibre that lies straight.
pub fn light_seconds_in_fibre(meters: f64) -> f64 {
    meters * GLASS / LIGHT_METERS_PER_SECOND
}

fn reduced(latitude: f64) -> f64 {
    ((1.0 - FLATTENING) * latitude.tan()).atan()
}

/// By the formula that is exact for places close by and opposite alike.
fn central_angle(from: f64, to: f64, across: f64) -> f64 {
    let x = (to.cos() * across.sin()).hypot(from.cos() * to.sin() - from.sin() * to.cos() * across.cos());
    let y = from.sin() * to.sin() + from.cos() * to.cos() * across.cos();
    x.atan2(y)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(latitude: f64, longitude: f64) -> Coordinates {
        Coordinates { latitude, longitude }
    }

    /// Lengths of geodesics on WGS-84 that follow from the ellipsoid's own measures.
    #[test]
    fn known_ways_have_their_lengths() {
        let quarter_meridian = 10_001_965.729;
        for (a, b, wanted) in [
            (
                place(0.0, 0.0),
                place(0.0, 90.0),
                EQUATOR * std::f64::consts::FRAC_PI_2,
            ),
            (
                place(0.0, 179.5),
                place(0.0, -179.5),
                EQUATOR * 1_f64.to_radians(),
            ),
            (place(0.0, 25.0), place(90.0, -60.0), quarter_meridian),
            (place(90.0, 0.0), place(-90.0, 0.0), 2.0 * quarter_meridian),
        ] {
            let found = meters(a, b);
            assert!(
                (found / wanted - 1.0).abs() < 1e-3,
                "{a:?} {b:?}: {found}, not {wanted}"
            );
        }
        let (flinders_peak, buninyong) = (place(-37.951_033, 144.424_868), place(-37.652_821, 143.926_496));
        assert!((meters(flinders_peak, buninyong) - 54_972.271).abs() < 1.0);
    }

    #[test]
    fn light_needs_five_microseconds_for_a_kilometre_of_fibre() {
        assert!((light_seconds_in_fibre(1000.0) * 1e6 - 4.897).abs() < 0.001);
    }

    fn anywhere() -> impl Strategy<Value = Coordinates> {
        (-90.0..=90.0, -180.0..=180.0).prop_map(|(latitude, longitude)| place(latitude, longitude))
    }

    proptest! {
        #[test]
        fn a_way_is_as_long_as_the_way_back_and_never_longer_than_half_the_earth(a in anywhere(), b in anywhere()) {
            let (there, back) = (meters(a, b), meters(b, a));
            prop_assert!((there - back).abs() < 1e-3);
            prop_assert!((0.0..20_040_000.0).contains(&there));
            prop_assert!(meters(a, a).abs() < 1e-6);
        }

        #[test]
        fn the_ellipsoid_is_nearly_a_sphere(a in anywhere(), b in anywhere()) {
            let [from, to] = [a, b].map(|place| place.latitude.to_radians());
            let sphere = MEAN_RADIUS * central_angle(from, to, (b.longitude - a.longitude).to_radians());
            prop_assert!((meters(a, b) - sphere).abs() <= sphere * 0.006 + 1e-3);
        }
    }
}

//! What an end says about itself: its clock and its place.

use crate::ErrorEstimate;

/// What an end claims about its clock. A claim, not a fact: whoever compares clocks may find it wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClockClaim {
    /// It said nothing.
    #[default]
    Unknown,
    /// Nobody keeps it right: differences with another clock mean nothing by themselves.
    Unsynchronised,
    /// It is synchronised to UTC, and at most this wrong.
    Synchronised {
        /// The bound in nanoseconds.
        bound_nanos: u64,
    },
}

impl ClockClaim {
    /// What the two octets of an error estimate claim. An invalid one claims nothing.
    pub fn from_estimate(estimate: ErrorEstimate) -> Self {
        match estimate.bound_nanos() {
            Some(bound_nanos) => Self::Synchronised { bound_nanos },
            None if estimate.is_valid() => Self::Unsynchronised,
            None => Self::Unknown,
        }
    }

    /// The claim as an error estimate.
    pub const fn to_estimate(self) -> ErrorEstimate {
        match self {
            Self::Synchronised { bound_nanos } => ErrorEstimate::synchronised(bound_nanos),
            Self::Unknown | Self::Unsynchronised => ErrorEstimate::unsynchronised(),
        }
    }

    /// The bound in nanoseconds, of whoever claims one.
    pub const fn bound_nanos(self) -> Option<u64> {
        match self {
            Self::Synchronised { bound_nanos } => Some(bound_nanos),
            Self::Unknown | Self::Unsynchronised => None,
        }
    }
}

/// A place on Earth, in steps of 10⁻⁷ degrees (about 11 mm).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    latitude: i32,
    longitude: i32,
}

impl Position {
    /// North and east are positive. Nothing if there is no such place.
    pub const fn new(latitude: i32, longitude: i32) -> Option<Self> {
        if latitude.unsigned_abs() <= 900_000_000 && longitude.unsigned_abs() <= 1_800_000_000 {
            Some(Self { latitude, longitude })
        } else {
            None
        }
    }

    /// Degrees north × 10⁷.
    pub const fn latitude(self) -> i32 {
        self.latitude
    }

    /// Degrees east × 10⁷.
    pub const fn longitude(self) -> i32 {
        self.longitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_that_is_invalid_claims_nothing() {
        let cases = [
            ([0x00, 0x01], ClockClaim::Unsynchronised),
            ([0x00, 0x00], ClockClaim::Unknown),
            ([0x80, 0x00], ClockClaim::Unknown),
            ([0x80, 0x01], ClockClaim::Synchronised { bound_nanos: 1 }),
        ];
        for (octets, claim) in cases {
            assert_eq!(
                ClockClaim::from_estimate(ErrorEstimate::from_bytes(octets)),
                claim
            );
        }
    }

    #[test]
    fn the_poles_are_places_and_nothing_is_beyond() {
        assert!(Position::new(900_000_000, -1_800_000_000).is_some());
        assert!(Position::new(900_000_001, 0).is_none());
        assert!(Position::new(0, i32::MIN).is_none());
    }
}

//! How wrong a timestamp may be, as it stands in packets.

use crate::TimestampFormat;

const SYNCHRONISED: u16 = 1 << 15;
const PTP: u16 = 1 << 14;

/// The error estimate beside a timestamp (RFC 4656 section 4.1.2; the Z bit by RFC 8186).
///
/// Whoever is not synchronised sends some error too, and it means nothing: ask [`ErrorEstimate::bound_nanos`], which
/// then has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorEstimate(u16);

impl ErrorEstimate {
    /// The clock is synchronised, and at most this wrong. Rounded up to what can be written, at most about 2⁸ × 2³¹ s.
    pub const fn synchronised(bound_nanos: u64) -> Self {
        Self(SYNCHRONISED | round_up(bound_nanos))
    }

    /// Nobody knows how wrong the clock is.
    pub const fn unsynchronised() -> Self {
        Self(1)
    }

    /// The same estimate for timestamps of this format.
    #[must_use]
    pub const fn with_format(self, format: TimestampFormat) -> Self {
        match format {
            TimestampFormat::Ntp => Self(self.0 & !PTP),
            TimestampFormat::Ptp => Self(self.0 | PTP),
        }
    }

    /// Reads two octets of a packet.
    pub const fn from_bytes(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }

    /// The two octets for a packet.
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// Whether the clock claims to be synchronised to UTC by an outside source.
    pub const fn is_synchronised(self) -> bool {
        self.0 & SYNCHRONISED != 0
    }

    /// The format of the timestamp beside it.
    pub const fn format(self) -> TimestampFormat {
        if self.0 & PTP != 0 {
            TimestampFormat::Ptp
        } else {
            TimestampFormat::Ntp
        }
    }

    /// A multiplier of zero is forbidden: such a packet is corrupt.
    pub const fn is_valid(self) -> bool {
        self.0 & 0xff != 0
    }

    /// How wrong the timestamp is at most, in nanoseconds rounded up; nothing from an unsynchronised or corrupt source.
    pub fn bound_nanos(self) -> Option<u64> {
        (self.is_synchronised() && self.is_valid()).then(|| self.claimed_nanos())
    }

    /// The error as written, believed or not, in nanoseconds rounded up.
    pub fn claimed_nanos(self) -> u64 {
        let (scale, multiplier) = ((self.0 >> 8) & 0x3f, u128::from(self.0 & 0xff));
        let scaled = (multiplier << scale) * 1_000_000_000;
        u64::try_from(scaled.div_ceil(1 << 32)).unwrap_or(u64::MAX)
    }
}

/// The smallest Multiplier × 2^Scale, in steps of 2⁻³² s, that is not below the error.
const fn round_up(nanos: u64) -> u16 {
    let mut multiplier = ((nanos as u128) << 32).div_ceil(1_000_000_000);
    let mut scale = 0;
    while multiplier > 0xff {
        multiplier = multiplier.div_ceil(2);
        scale += 1;
    }
    if multiplier == 0 {
        multiplier = 1;
    }
    (scale << 8) | multiplier as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fifty_microseconds_are_sent_as_a_little_more() {
        assert_eq!(ErrorEstimate::synchronised(50_000).claimed_nanos(), 50_068);
    }

    #[test]
    fn the_unsynchronised_promise_nothing() {
        let estimate = ErrorEstimate::unsynchronised();
        assert_eq!(estimate.to_bytes(), [0, 1]);
        assert_eq!(estimate.bound_nanos(), None);
        assert!(estimate.is_valid());
    }

    #[test]
    fn a_multiplier_of_zero_is_invalid() {
        let corrupt = ErrorEstimate::from_bytes([0x85, 0]);
        assert!(!corrupt.is_valid());
        assert_eq!(corrupt.bound_nanos(), None);
    }

    proptest! {
        #[test]
        fn what_is_sent_is_never_less_and_hardly_more(nanos: u64) {
            let sent = ErrorEstimate::synchronised(nanos);
            let bound = sent.bound_nanos().unwrap_or_default();
            prop_assert!(bound >= nanos);
            prop_assert!(u128::from(bound) <= u128::from(nanos) * 130 / 128 + 1);
        }

        #[test]
        fn any_octets_have_a_meaning(bytes: [u8; 2]) {
            let estimate = ErrorEstimate::from_bytes(bytes);
            prop_assert_eq!(estimate.to_bytes(), bytes);
            estimate.claimed_nanos();
        }
    }
}

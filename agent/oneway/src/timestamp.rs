//! Wall-clock time as it stands in packets.

use core::fmt;
use core::time::Duration;

/// Seconds from 1900-01-01, where NTP's first era begins, to 1970-01-01.
const UNIX_EPOCH: u64 = 2_208_988_800;
const NANOS: u64 = 1_000_000_000;

/// An instant of wall-clock time: 32 bits of seconds since 1900 and 32 bits of fraction (RFC 4656 section 4.1.2).
///
/// The seconds begin again at 0 in February 2036. Instants are therefore compared only by their distance
/// ([`Timestamp::since`]), which is right as long as they are less than 68 years apart; there is no order on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timestamp(u64);

/// How a timestamp is written into a packet (RFC 8186; the Z bit of an error estimate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimestampFormat {
    /// Seconds since 1900 and a binary fraction.
    #[default]
    Ntp,
    /// PTPv2's truncated form: seconds since 1970 and nanoseconds.
    Ptp,
}

impl Timestamp {
    /// The instant that these bits of NTP's format mean.
    pub const fn from_ntp(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits of NTP's format.
    pub const fn to_ntp(self) -> u64 {
        self.0
    }

    /// The instant so long after 1970-01-01 UTC, to the nearest of NTP's steps (0.23 ns).
    pub const fn from_unix(since_epoch: Duration) -> Self {
        let seconds = since_epoch.as_secs().wrapping_add(UNIX_EPOCH);
        let fraction = (((since_epoch.subsec_nanos() as u64) << 32) + NANOS / 2) / NANOS;
        Self((seconds << 32).wrapping_add(fraction))
    }

    /// The time since 1970-01-01 UTC, to the nearest nanosecond; of the eras that the bits could mean, the one that
    /// is nearest to `near`.
    pub fn to_unix(self, near: Duration) -> Duration {
        let distance = self.since(Self::from_unix(near));
        if distance < 0 {
            near.saturating_sub(fixed_to_duration(distance.unsigned_abs()))
        } else {
            near.saturating_add(fixed_to_duration(distance.unsigned_abs()))
        }
    }

    /// Reads eight octets of a packet.
    pub const fn from_bytes(bytes: [u8; 8], format: TimestampFormat) -> Self {
        let bits = u64::from_be_bytes(bytes);
        match format {
            TimestampFormat::Ntp => Self(bits),
            TimestampFormat::Ptp => {
                Self::from_unix(Duration::from_nanos((bits >> 32) * NANOS + (bits & 0xffff_ffff)))
            }
        }
    }

    /// The eight octets for a packet. PTP's format is cut to whole nanoseconds, rounded.
    pub const fn to_bytes(self, format: TimestampFormat) -> [u8; 8] {
        let bits = match format {
            TimestampFormat::Ntp => self.0,
            TimestampFormat::Ptp => {
                let nanos = ((self.0 & 0xffff_ffff) * NANOS + (1 << 31)) >> 32;
                let seconds = (self.0 >> 32)
                    .wrapping_sub(UNIX_EPOCH)
                    .wrapping_add(nanos / NANOS);
                ((seconds & 0xffff_ffff) << 32) | (nanos % NANOS)
            }
        };
        bits.to_be_bytes()
    }

    /// How much later than `earlier` this is, in steps of 2⁻³² s: negative if it is the earlier one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// How much later than `earlier` this is, in nanoseconds, rounded to the nearest: negative if it is the earlier one.
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        let scaled = self.since(earlier) as i128 * NANOS as i128;
        ((scaled + (1 << 31)) >> 32) as i64
    }

    /// The instant so many nanoseconds later, or earlier if negative.
    #[must_use]
    pub const fn plus_nanos(self, nanos: i64) -> Self {
        let steps = (((nanos as i128) << 32) + (NANOS / 2) as i128).div_euclid(NANOS as i128);
        Self(self.0.wrapping_add(steps.cast_unsigned() as u64))
    }

    /// The instant so many steps of 2⁻³² s later.
    #[must_use]
    pub const fn plus_fixed(self, steps: u64) -> Self {
        Self(self.0.wrapping_add(steps))
    }

    /// No instant: all bits zero, which packets use for "not known".
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// A length of time in steps of 2⁻³² s, which is how the protocols write it, to the nearest nanosecond.
fn fixed_to_duration(steps: u64) -> Duration {
    let nanos = ((steps & 0xffff_ffff) * NANOS + (1 << 31)) >> 32;
    Duration::from_secs(steps >> 32) + Duration::from_nanos(nanos)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{:08x}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TODAY: Duration = Duration::new(1_795_000_000, 123_456_789);

    #[test]
    fn time_begins_in_1900_and_turns_over_in_2036() {
        assert_eq!(Timestamp::from_unix(Duration::ZERO).to_ntp(), UNIX_EPOCH << 32);
        let end_of_era = Duration::from_secs((1 << 32) - UNIX_EPOCH);
        assert_eq!(Timestamp::from_unix(end_of_era).to_ntp(), 0);
        let (before, after) = (
            end_of_era - TODAY.mul_f64(0.001),
            end_of_era + Duration::from_secs(5),
        );
        assert!(Timestamp::from_unix(after).since(Timestamp::from_unix(before)) > 0);
        assert_eq!(Timestamp::from_unix(after).to_unix(before), after);
    }

    #[test]
    fn a_nanosecond_more_is_a_nanosecond_later() {
        let stamp = Timestamp::from_unix(TODAY);
        assert_eq!(stamp.plus_nanos(1).nanos_since(stamp), 1);
        assert_eq!(stamp.plus_nanos(-1).nanos_since(stamp), -1);
    }

    #[test]
    fn the_last_half_nanosecond_of_a_second_is_the_next_second_in_ptp() {
        let stamp = Timestamp::from_ntp((UNIX_EPOCH << 32) | 0xffff_ffff);
        assert_eq!(stamp.to_bytes(TimestampFormat::Ptp), [0, 0, 0, 1, 0, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn nanoseconds_survive_both_formats(secs in 0..u64::from(u32::MAX), nanos in 0..1_000_000_000_u32) {
            let unix = Duration::new(secs, nanos);
            for format in [TimestampFormat::Ntp, TimestampFormat::Ptp] {
                let bytes = Timestamp::from_unix(unix).to_bytes(format);
                prop_assert_eq!(Timestamp::from_bytes(bytes, format).to_unix(unix), unix);
            }
        }

        #[test]
        fn any_octets_are_a_time(bytes: [u8; 8], near in 0..1_u64 << 40) {
            for format in [TimestampFormat::Ntp, TimestampFormat::Ptp] {
                let stamp = Timestamp::from_bytes(bytes, format);
                stamp.to_unix(Duration::from_secs(near));
                stamp.to_bytes(format);
            }
        }

        #[test]
        fn distances_are_signed(at: u64, nanos in -1_000_000_000_000_i64..1_000_000_000_000) {
            let stamp = Timestamp::from_ntp(at);
            prop_assert_eq!(stamp.plus_nanos(nanos).nanos_since(stamp), nanos);
        }
    }
}

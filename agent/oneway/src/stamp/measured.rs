//! Figures between two timestamps, and what they are worth.

use super::Stamp;
use super::StampSource;

/// Between which points a delay was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// At least one of the stamps was taken in user space: the host's queues and wake-ups are in it.
    Host,
    /// From kernel to kernel: the wire, and what drivers and cards need.
    Wire,
    /// From card to card: the wire alone.
    Card,
}

impl Quality {
    const fn of(from: StampSource, to: StampSource) -> Self {
        match (from, to) {
            (StampSource::User, _) | (_, StampSource::User) => Self::Host,
            (StampSource::Hardware, StampSource::Hardware) => Self::Card,
            _ => Self::Wire,
        }
    }

    const fn lesser(self, other: Self) -> Self {
        match (self, other) {
            (Self::Host, _) | (_, Self::Host) => Self::Host,
            (Self::Card, Self::Card) => Self::Card,
            _ => Self::Wire,
        }
    }
}

/// A delay, and between which points. The clocks' error is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Measured {
    /// Nanoseconds; negative if the clocks disagree by more than the delay.
    pub nanos: i64,
    /// Between which points.
    pub quality: Quality,
}

impl Measured {
    /// From one stamp to another.
    pub const fn between(from: Stamp, to: Stamp) -> Self {
        Self {
            nanos: to.at.nanos_since(from.at),
            quality: Quality::of(from.source, to.source),
        }
    }

    /// There and back, without the time that the far end took. The clocks' offset cancels.
    pub const fn round_trip(forward: Self, reverse: Self) -> Self {
        Self {
            nanos: forward.nanos.saturating_add(reverse.nanos),
            quality: forward.quality.lesser(reverse.quality),
        }
    }
}

/// Which way something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the session's sender to its reflector.
    Forward,
    /// Back.
    Reverse,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn one_stamp_of_a_program_makes_it_a_figure_of_the_host() {
        let at = Timestamp::from_ntp(1 << 40);
        let (kernel, user) = (Stamp::kernel(at), Stamp::user(at.plus_nanos(5)));
        assert_eq!(
            Measured::between(kernel, user),
            Measured {
                nanos: 5,
                quality: Quality::Host
            }
        );
        assert_eq!(Measured::between(kernel, kernel).quality, Quality::Wire);
        assert_eq!(Measured::between(user, kernel).nanos, -5);
    }

    #[test]
    fn a_figure_is_worth_what_its_worst_stamp_is() {
        let at = Timestamp::from_ntp(1 << 40);
        let [user, kernel, card] = [Stamp::user(at), Stamp::kernel(at), Stamp::hardware(at)];
        let between = |from, to| Measured::between(from, to);
        let [best, mixed, worst] = [between(card, card), between(kernel, card), between(card, user)];
        assert_eq!(
            [best, mixed, worst].map(|measured| measured.quality),
            [Quality::Card, Quality::Wire, Quality::Host]
        );
        for (other, quality) in [
            (best, Quality::Card),
            (mixed, Quality::Wire),
            (worst, Quality::Host),
        ] {
            assert_eq!(Measured::round_trip(best, other).quality, quality);
            assert_eq!(Measured::round_trip(other, best).quality, quality);
        }
    }
}

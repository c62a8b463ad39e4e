//! Figures between two timestamps, and what they are worth.

use super::Stamp;

/// Between which points a delay was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// At least one of the stamps was taken in user space: the host's queues and wake-ups are in it.
    Host,
    /// From kernel to kernel or from card to card: the wire alone.
    Wire,
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
        let wire = from.source.is_at_the_wire() && to.source.is_at_the_wire();
        Self {
            nanos: to.at.nanos_since(from.at),
            quality: if wire { Quality::Wire } else { Quality::Host },
        }
    }

    /// There and back, without the time that the far end took. The clocks' offset cancels.
    pub const fn round_trip(forward: Self, reverse: Self) -> Self {
        let wire = matches!((forward.quality, reverse.quality), (Quality::Wire, Quality::Wire));
        Self {
            nanos: forward.nanos.saturating_add(reverse.nanos),
            quality: if wire { Quality::Wire } else { Quality::Host },
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
}

use super::Exponential;

/// One entry of a session's schedule: how long to wait before the next packet (RFC 4656 section 3.6), in steps of 2⁻³² s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// A random gap with this mean, exponentially distributed (slot type 0).
    Exponential(u64),
    /// Always this gap (slot type 1).
    Fixed(u64),
}

impl Slot {
    /// The gap on average, from which the load of a session follows.
    pub const fn mean(self) -> u64 {
        match self {
            Self::Exponential(mean) | Self::Fixed(mean) => mean,
        }
    }

    pub(super) fn gap(self, deviates: &mut Exponential) -> u64 {
        match self {
            Self::Exponential(mean) => deviates.draw_with_mean(mean),
            Self::Fixed(gap) => gap,
        }
    }
}

/// A quantile of delays, among which those of lost packets are infinite (RFC 7679 section 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantile {
    /// So many nanoseconds.
    Finite(i64),
    /// Too many packets were lost for a number.
    Infinite,
}

impl Quantile {
    /// The number, where there is one.
    pub const fn finite(self) -> Option<i64> {
        match self {
            Self::Finite(nanos) => Some(nanos),
            Self::Infinite => None,
        }
    }

    /// How far above this number it lies.
    #[must_use]
    pub const fn above(self, nanos: i64) -> Self {
        match self {
            Self::Finite(value) => Self::Finite(value.saturating_sub(nanos)),
            Self::Infinite => Self::Infinite,
        }
    }
}

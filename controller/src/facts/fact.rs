//! One thing that is known of a host, or why it is not.

use std::time::Duration;

/// What is known of one thing. Only [`Fact::Known`] counts for a decision: what is old, absent or at odds with itself is told, and
/// is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Fact<T> {
    /// Nobody said.
    #[default]
    Missing,
    /// It was read a short while ago.
    Known {
        /// What was read.
        value: T,
        /// How long ago.
        age: Duration,
    },
    /// It was read too long ago to be relied on.
    Stale {
        /// What was read then.
        value: T,
        /// How long ago.
        age: Duration,
    },
    /// It was said, and cannot be so.
    Contradictory(String),
}

impl<T> Fact<T> {
    /// A reading, which is stale if it is older than `limit`.
    pub fn read(value: T, age: Duration, limit: Duration) -> Self {
        if age <= limit {
            Self::Known { value, age }
        } else {
            Self::Stale { value, age }
        }
    }

    /// A value that was read this moment.
    pub fn now(value: T) -> Self {
        let age = Duration::ZERO;
        Self::Known { value, age }
    }

    /// The value, if it may be relied on.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Missing | Self::Stale { .. } | Self::Contradictory(_) => None,
        }
    }

    /// How long ago it was read, whether or not that is too long.
    pub fn age(&self) -> Option<Duration> {
        match self {
            Self::Known { age, .. } | Self::Stale { age, .. } => Some(*age),
            Self::Missing | Self::Contradictory(_) => None,
        }
    }

    /// `known`, `stale`, `missing` or `contradictory`.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Known { .. } => "known",
            Self::Stale { .. } => "stale",
            Self::Contradictory(_) => "contradictory",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Fact;

    #[test]
    fn what_is_too_old_has_an_age_and_no_value() {
        let limit = Duration::from_secs(60);
        let young = Fact::read(7, limit, limit);
        assert_eq!(
            (young.value(), young.age(), young.state()),
            (Some(&7), Some(limit), "known")
        );
        let age = limit + Duration::from_nanos(1);
        let old = Fact::read(7, age, limit);
        assert_eq!((old.value(), old.age(), old.state()), (None, Some(age), "stale"));
        assert_eq!(Fact::<u8>::Missing.state(), "missing");
        assert_eq!(Fact::<u8>::Contradictory(String::new()).value(), None);
    }
}

//! The terms of a score.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// How many terms there are.
pub const TERMS: usize = 9;

/// One thing that makes a host better or worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// The watts that the machine adds.
    Watts,
    /// The grams an hour of those watts.
    Carbon,
    /// The delay to the farthest of what it wants to be close to.
    Delay,
    /// The distance to the farthest of them.
    Distance,
    /// Which part is left afterwards of the wanted resource that is scarcest; more is better.
    Balance,
    /// Which part of it is in use afterwards; more is better.
    Pack,
    /// How evenly the host is filled afterwards: what is left of one resource is of no use without the others. More is better.
    Fragmentation,
    /// How well the host's power is known, and how lately; more is better.
    Quality,
    /// How many wishes of its groups are not met.
    Groups,
}

impl Term {
    /// All of them.
    pub const ALL: [Self; TERMS] = [
        Self::Watts,
        Self::Carbon,
        Self::Delay,
        Self::Distance,
        Self::Balance,
        Self::Pack,
        Self::Fragmentation,
        Self::Quality,
        Self::Groups,
    ];

    /// As it is written in a policy.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The unit of its raw value; empty for a ratio or a count.
    pub fn unit(self) -> &'static str {
        self.row().1
    }

    /// Whether more of it is better.
    pub fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Balance | Self::Pack | Self::Fragmentation | Self::Quality
        )
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Watts => ("watts", "W"),
            Self::Carbon => ("carbon", "g/h"),
            Self::Delay => ("delay", "s"),
            Self::Distance => ("distance", "m"),
            Self::Balance => ("balance", ""),
            Self::Pack => ("pack", ""),
            Self::Fragmentation => ("fragmentation", ""),
            Self::Quality => ("quality", ""),
            Self::Groups => ("groups", ""),
        }
    }
}

/// Why something is not known: which fact, and in which state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// What is not known.
    pub fact: &'static str,
    /// `missing`, `stale` or `contradictory`.
    pub state: &'static str,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.fact, self.state)
    }
}

/// The value of a term for one host, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw {
    /// Nobody asked: there is nothing to be close to, or no group with a wish.
    NotAsked,
    /// It is not known.
    Unknown(Lack),
    /// It is this.
    Value(f64),
}

impl Raw {
    /// A value; what is no number is unknown.
    pub(super) fn of(value: Result<f64, Lack>, fact: &'static str) -> Self {
        match value {
            Ok(value) if value.is_finite() => Self::Value(value),
            Ok(_) => Self::Unknown(Lack {
                fact,
                state: "contradictory",
            }),
            Err(lack) => Self::Unknown(lack),
        }
    }

    /// The value, if it is known.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::NotAsked | Self::Unknown(_) => None,
        }
    }
}

//! How the reading of one source went.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

/// How far a figure can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The hardware or the kernel counted it.
    Measured,
    /// It was computed from what was counted.
    Derived,
    /// A model guessed it.
    Estimated,
}

impl Quality {
    /// The value of the label `quality`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Derived => "derived",
            Self::Estimated => "estimated",
        }
    }
}

/// The state of one sensor after a tick.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SensorState {
    /// The value of the label `sensor`.
    pub sensor: Cow<'static, str>,
    /// Where it reads.
    pub source: Cow<'static, str>,
    /// How far its figures can be trusted.
    pub quality: Quality,
    /// Whether it answered.
    pub up: bool,
    /// Why it did not, or what is odd about it; empty when all is well. Bounded, and the same words for the same trouble.
    pub reason: Cow<'static, str>,
    /// What a person can do about it; empty where there is nothing to do.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub advice: Cow<'static, str>,
    /// How long the reading took.
    #[serde(skip)]
    pub took: Option<Duration>,
}

/// The name of the sensor that one energy counter is.
pub fn zone_sensor(zone_id: &str) -> String {
    format!("powercap/{zone_id}")
}

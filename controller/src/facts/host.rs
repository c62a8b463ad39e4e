//! What the agent of one host says of it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fact::Fact;

/// The power of a host, as its agent learnt it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerModel {
    /// Watts with nobody running, all sockets together.
    pub static_watts: f64,
    /// Watts with every CPU busy.
    pub full_load_watts: f64,
}

/// A point on Earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Degrees north of the equator.
    pub latitude: f64,
    /// Degrees east of Greenwich.
    pub longitude: f64,
}

/// What a host is, in its own words. What it does not know is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// `x86_64`, `aarch64`, …
    pub arch: String,
    /// The processor's model.
    pub model: String,
    /// What its processors have for running guests: `vmx` or `svm`.
    pub virtualization: String,
    /// Whether it is a guest itself.
    pub guest: bool,
}

/// How a figure came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// From a model of the processor's family.
    Estimated,
    /// Calculated from what was measured.
    Derived,
    /// By a sensor.
    Measured,
}

/// Where the bound of a delay comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DelaySource {
    /// Measured one way, with what the two clocks may be apart added.
    OneWay,
    /// The way there and back: one way takes no longer than both.
    RoundTrip,
}

/// What 99 of 100 packets do not exceed on the way between two hosts, in the slower direction. It is a bound from above, whichever
/// source it has: nothing is promised that the clocks cannot show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// The bound.
    pub seconds: f64,
    /// Where it comes from.
    pub source: DelaySource,
}

/// Everything that is known of a host besides its capacity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostFacts {
    /// How long ago its agent answered last; `None`: it never did.
    pub age: Option<Duration>,
    /// Its learnt power.
    pub power_model: Fact<PowerModel>,
    /// The watts of its last tick.
    pub power_watts: Fact<f64>,
    /// What it is.
    pub machine: Fact<Machine>,
    /// How many CPUs are online.
    pub cpus: Fact<f64>,
    /// Which part of them was busy lately, from 0 to 1.
    pub utilisation: Fact<f64>,
    /// Its memory.
    pub memory_total_bytes: Fact<f64>,
    /// The memory that could still be used.
    pub memory_available_bytes: Fact<f64>,
    /// How large its local file systems are, by mount point.
    pub filesystem_bytes: BTreeMap<String, Fact<f64>>,
    /// Grams of CO₂-equivalent per kilowatt-hour of its grid.
    pub grams_per_kwh: Fact<f64>,
    /// By how much the building multiplies its power.
    pub building_factor: Fact<f64>,
    /// The country, as ISO 3166 writes it with two letters.
    pub country: Fact<String>,
    /// The site, as its agent names it.
    pub site: Fact<String>,
    /// Where it stands.
    pub position: Fact<Position>,
    /// How its power is known.
    pub power_quality: Fact<Quality>,
    /// How far others are, by the names that its agent has for them.
    pub delays: BTreeMap<String, Fact<Delay>>,
}

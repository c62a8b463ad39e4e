//! What `/api/v1/report` and `/api/v1/mesh` say, as far as it is shown.
//!
//! Everything but what makes no sense without it may be missing, so that agents of other versions can be looked at.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One look at an agent.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Reading {
    pub(super) report: Report,
    pub(super) mesh: Option<Mesh>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Report {
    pub(super) time_epoch_seconds: f64,
    #[serde(default)]
    pub(super) machine: Machine,
    #[serde(default)]
    pub(super) host: BTreeMap<String, Component>,
    pub(super) workloads: Vec<Workload>,
    #[serde(default)]
    pub(super) sensors: Vec<Sensor>,
    pub(super) cpu: Option<Cpu>,
    #[serde(default)]
    pub(super) memory_bytes: BTreeMap<String, u64>,
    pub(super) carbon: Option<Carbon>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Machine {
    pub(super) name: String,
    pub(super) processor: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Component {
    pub(super) energy_joules: f64,
    pub(super) power_watts: Option<f64>,
    pub(super) quality: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Cpu {
    pub(super) online: u32,
    pub(super) busy_ratio: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Carbon {
    pub(super) zone: String,
    pub(super) pue: f64,
    #[serde(rename = "intensity_grams_per_kilowatt_hour")]
    pub(super) grams_per_kilowatt_hour: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Workload {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) alive: bool,
    pub(super) cpus_used: Option<f64>,
    #[serde(default)]
    pub(super) memory_bytes: BTreeMap<String, u64>,
    pub(super) network_bytes: Option<Network>,
    #[serde(default)]
    pub(super) energy_joules: BTreeMap<String, f64>,
    pub(super) power_watts: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Network {
    pub(super) receive: u64,
    pub(super) transmit: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sensor {
    pub(super) sensor: String,
    #[serde(default)]
    pub(super) source: String,
    #[serde(default)]
    pub(super) quality: String,
    pub(super) up: bool,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) advice: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Mesh {
    pub(super) host: String,
    pub(super) clock: Clock,
    pub(super) peers: Vec<Peer>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Clock {
    pub(super) source: String,
    pub(super) synchronised: bool,
    pub(super) bound_seconds: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Peer {
    pub(super) name: String,
    #[serde(default)]
    pub(super) zone: String,
    pub(super) answers: bool,
    pub(super) clock_state: String,
    pub(super) clock_bound_seconds: Option<f64>,
    pub(super) to: Direction,
    pub(super) from: Direction,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Direction {
    pub(super) delay_min_seconds: Option<f64>,
    pub(super) jitter_seconds: Option<f64>,
    pub(super) sent: u64,
    pub(super) lost: u64,
}

//! What a client may ask for, as it is written.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error;
use serde::de::Visitor;

use super::order::MOST;
use super::order::MOST_MACHINES;
use crate::inventory::MAX_UNITS;
use crate::placement::Affinity;
use crate::placement::Curve;
use crate::placement::EmptyHosts;
use crate::placement::Term;
use crate::placement_api::words::MAX_NAME;

/// Machines that need places.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ask")]
pub(super) struct Ask {
    /// Who needs a place: 1 to 48 of them, placed together, all or none.
    #[schemars(length(min = 1, max = MOST_MACHINES))]
    pub(super) machines: Vec<MachineAsk>,
    /// How they belong together.
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) groups: Vec<GroupAsk>,
    /// A policy by name: `balanced` (the default), `save-energy`, `low-carbon`, `low-latency`, `pack`, `spread`, or one of the configuration.
    pub(super) policy: Option<String>,
    /// Weights that replace the policy's; without a policy all others are 0.
    #[serde(default)]
    #[schemars(extend("propertyNames" = serde_json::json!({"enum": Term::ALL.map(Term::as_str)})))]
    pub(super) weights: BTreeMap<Term, f64>,
    /// How power grows with load, instead of what the policy says.
    pub(super) curve: Option<Curve>,
    /// What an empty host costs, instead of what the policy says.
    pub(super) empty_hosts: Option<EmptyHosts>,
    /// Whose the machines will be; `default` if nobody says.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub(super) project: Option<String>,
    /// Who asks; `default` if nobody says.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub(super) user: Option<String>,
    /// What they are, in capitals, such as `INSTANCE` or `CONTAINER`.
    #[schemars(regex(pattern = "^[A-Z0-9_]+$"))]
    pub(super) kind: Option<String>,
    /// What decides between equals.
    #[serde(default)]
    pub(super) seed: u64,
    /// How many runners-up and refused hosts are told for each machine; 10 if nobody says, 2000 for all machines together at most.
    pub(super) explain: Option<usize>,
}

/// A machine that needs a place.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MachineAsk")]
pub(super) struct MachineAsk {
    /// The UUID of the consumer that it will be. Asked again with the same one, the answer is where it is.
    #[schemars(extend("format" = "uuid"))]
    pub(super) consumer: String,
    /// How much of each resource class.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 256))]
    pub(super) resources: BTreeMap<String, Amount>,
    /// Traits: `T` is needed, `!T` is forbidden, `in:T,U` needs one of them.
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) required: Vec<String>,
    /// Aggregates by UUID: `A` or `in:A,B` (in one of them), `!A` or `!in:A,B` (in none of them).
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) member_of: Vec<String>,
    /// The groups that it belongs to: groups of the request, or those that its project has already; 16 at most, with those of `near`.
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) groups: Vec<String>,
    /// What it wants to be close to.
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) near: Vec<NearAsk>,
    /// What its host has to keep within.
    #[serde(default)]
    pub(super) limits: LimitsAsk,
    /// How many CPUs it is expected to keep busy; all of its VCPU and PCPU if nobody says.
    #[schemars(range(min = 0))]
    pub(super) busy_cpus: Option<f64>,
}

/// Something to be close to: exactly one of `host`, `machine`, `group`, or `latitude` with `longitude`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NearAsk")]
pub(super) struct NearAsk {
    /// A host, by name.
    pub(super) host: Option<String>,
    /// Another machine, by its consumer: one of the request, or one that is placed in the same project.
    pub(super) machine: Option<String>,
    /// All other members of a group, those included who came into it before.
    pub(super) group: Option<String>,
    /// Degrees north of the equator.
    #[schemars(range(min = -90, max = 90))]
    pub(super) latitude: Option<f64>,
    /// Degrees east of Greenwich.
    #[schemars(range(min = -180, max = 180))]
    pub(super) longitude: Option<f64>,
    /// The longest delay, in seconds, that 99 of 100 packets may have in either direction.
    #[schemars(range(min = 0))]
    pub(super) max_delay_seconds: Option<f64>,
    /// The greatest distance, in metres.
    #[schemars(range(min = 0))]
    pub(super) max_distance_meters: Option<f64>,
}

/// What its host has to keep within, as long as the machine is there. A host of which the figure is not known is refused.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LimitsAsk")]
pub(super) struct LimitsAsk {
    /// The sites that will do; none: all.
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) sites: Vec<String>,
    /// The countries that will do, with two letters; none: all.
    #[serde(default)]
    #[schemars(length(max = MOST), inner(regex(pattern = "^[A-Za-z]{2}$")))]
    pub(super) countries: Vec<String>,
    /// The greatest carbon intensity of the host's grid, in grams per kilowatt-hour.
    #[schemars(range(min = 0))]
    pub(super) max_grams_per_kwh: Option<f64>,
    /// How many seconds ago the host's agent may have answered last.
    #[schemars(range(min = 0))]
    pub(super) max_fact_age_seconds: Option<f64>,
    /// The most watts that the host may draw afterwards.
    #[schemars(range(min = 0))]
    pub(super) power_limit_watts: Option<f64>,
    /// The watts that have to stay free below the limit.
    #[schemars(range(min = 0))]
    pub(super) headroom_watts: Option<f64>,
}

/// Machines that belong together, or do not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupAsk")]
pub(super) struct GroupAsk {
    /// Its name in the project. Who came into the group of that name before is a member too, and it has to be asked for as it was made.
    #[schemars(length(min = 1, max = MAX_NAME))]
    pub(super) name: String,
    /// What its members want.
    pub(super) affinity: Affinity,
    /// Whether it is a rule; else it is a wish, and counts for the score.
    #[serde(default = "yes")]
    pub(super) hard: bool,
    /// The hosts of members that did not come by this API, once for each member.
    #[serde(default)]
    #[schemars(length(max = MOST))]
    pub(super) present: Vec<String>,
}

fn yes() -> bool {
    true
}

/// An amount of a resource class: a whole number from 1 to 2147483647.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Amount(#[schemars(range(min = 1, max = 2_147_483_647_u64))] pub(super) u64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeNumber)
    }
}

struct WholeNumber;

impl Visitor<'_> for WholeNumber {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 1 to {MAX_UNITS}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        if (1..=u64::from(MAX_UNITS)).contains(&number) {
            return Ok(Amount(number));
        }
        Err(E::custom(format_args!(
            "{number} is not a whole number from 1 to {MAX_UNITS}"
        )))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Err(E::custom(format_args!(
            "{number} is not a whole number from 1 to {MAX_UNITS}"
        )))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        Err(E::custom(format_args!(
            "{number} is not a whole number from 1 to {MAX_UNITS}"
        )))
    }
}

//! What a machine was promised when it was placed, kept with its claim.
//!
//! A consumer's own record holds what concerns it alone. Who is in a group, and where, is a record of the group's: everybody who joins
//! it, leaves it or moves writes that record and expects the one that was looked at, so that two controllers never decide about one
//! group at the same time.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::uuid::Uuid;
use crate::store::Revision;

/// The most members of a group, and the most that want to be near it: its record has to fit into a value of the store.
pub(super) const MOST_MEMBERS: usize = 1000;

/// Whether the members of a group want each other on their host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// All on one host.
    Together,
    /// Each on a host of its own.
    Apart,
}

/// What a machine was promised when it was placed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Promises {
    /// The project in which its groups are; absent where it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// Traits of its host: one of each list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<Vec<String>>,
    /// Traits that its host may not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Aggregates of its host: one of each list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub member_of: Vec<Vec<String>>,
    /// Aggregates that its host may not be in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_member_of: Vec<String>,
    /// The groups that it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupPromise>,
    /// What it wants to be close to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<NearPromise>,
    /// What its host has to keep within.
    #[serde(skip_serializing_if = "LimitsPromise::is_empty")]
    pub limits: LimitsPromise,
    /// How many CPUs it is expected to keep busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy_cpus: Option<f64>,
    /// The policy that placed it.
    pub policy: String,
}

/// A group that a machine belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupPromise {
    /// Its name in the project.
    pub name: String,
    /// What its members want.
    pub affinity: Affinity,
    /// Whether it is a rule; else it is a wish.
    pub hard: bool,
}

/// Something that a machine wants to be close to: one of `host`, `machine`, `group`, or `latitude` with `longitude`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NearPromise {
    /// A host, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Another machine, by its consumer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// All other members of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Degrees north of the equator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east of Greenwich.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// The longest delay, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_delay_seconds: Option<f64>,
    /// The greatest distance, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_distance_meters: Option<f64>,
}

/// What a machine's host has to keep within.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LimitsPromise {
    /// The sites that will do; none: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// The countries that will do; none: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
    /// The greatest carbon intensity of the host's grid, in grams per kilowatt-hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_grams_per_kwh: Option<f64>,
    /// How many seconds ago the host's agent may have answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fact_age_seconds: Option<f64>,
    /// The most watts that the host may draw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_limit_watts: Option<f64>,
    /// The watts that have to stay free below the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headroom_watts: Option<f64>,
}

impl LimitsPromise {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Promises {
    /// How many bytes they take in the consumer's record.
    pub fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |bytes| bytes.len())
    }

    /// The groups that it wants to be near to.
    pub(super) fn near_groups(&self) -> impl Iterator<Item = &str> {
        self.near.iter().filter_map(|near| near.group.as_deref())
    }

    /// The machines that it wants to be near to.
    pub(super) fn near_machines(&self) -> impl Iterator<Item = &str> {
        self.near.iter().filter_map(|near| near.machine.as_deref())
    }

    /// Whether others that come to its host can break them by what they draw.
    pub(super) fn bounds_power(&self) -> bool {
        self.limits.power_limit_watts.is_some() || self.limits.headroom_watts.is_some_and(|watts| watts > 0.0)
    }
}

/// A group: what it is, and whom it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct GroupRecord {
    pub(super) project: String,
    pub(super) name: String,
    pub(super) affinity: Affinity,
    pub(super) hard: bool,
    /// Where each member has its allocations.
    pub(super) members: BTreeMap<String, Vec<Uuid>>,
    /// Who wants to be near its members.
    #[serde(default)]
    pub(super) watchers: BTreeSet<String>,
}

impl GroupRecord {
    /// Whether nobody needs it any more.
    pub(super) fn is_idle(&self) -> bool {
        self.members.is_empty() && self.watchers.is_empty()
    }
}

/// A group as the ledger has it.
#[derive(Clone, Debug)]
pub struct KnownGroup {
    pub(super) record: GroupRecord,
    pub(super) revision: Revision,
}

impl KnownGroup {
    /// What its members want.
    pub fn affinity(&self) -> Affinity {
        self.record.affinity
    }

    /// Whether it is a rule; else it is a wish.
    pub fn is_hard(&self) -> bool {
        self.record.hard
    }

    /// The commit that wrote it.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Its members, and the providers on which each is.
    pub fn members(&self) -> impl Iterator<Item = (&str, &[Uuid])> {
        let members = self.record.members.iter();
        members.map(|(id, providers)| (id.as_str(), providers.as_slice()))
    }

    /// Who wants to be near its members.
    pub fn watchers(&self) -> impl Iterator<Item = &str> {
        self.record.watchers.iter().map(String::as_str)
    }
}

//! What is asked for.

use std::time::Duration;

use crate::facts::Position;
use crate::inventory::Affinity;
use crate::inventory::Wish;

/// Something that a machine wants to be close to.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A host.
    Host(String),
    /// Another machine, by its id: one of the request, or one that is present.
    Machine(String),
    /// All other members of a group.
    Group(String),
    /// A point on Earth; there is a distance to it, and no delay.
    Position(Position),
}

/// A wish to be close. Without a limit it counts for the score only.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// To what.
    pub to: Target,
    /// The longest delay, in seconds, that 99 of 100 packets may have in either direction.
    pub max_delay_seconds: Option<f64>,
    /// The greatest distance.
    pub max_distance_meters: Option<f64>,
}

/// What a host has to keep within. A host of which the figure is not known is refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The sites that will do; none: all.
    pub sites: Vec<String>,
    /// The countries that will do, with two letters; none: all.
    pub countries: Vec<String>,
    /// The greatest carbon intensity of the host's grid.
    pub max_grams_per_kwh: Option<f64>,
    /// How long ago the host's agent may have answered last.
    pub max_fact_age: Option<Duration>,
    /// The most watts that the host may draw afterwards. The host's own limit counts as well.
    pub power_limit_watts: Option<f64>,
    /// The watts that have to stay free below the limit.
    pub headroom_watts: f64,
}

/// A virtual machine or container that needs a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Machine {
    /// The consumer that it will be.
    pub id: String,
    /// Resources, traits and aggregates. `in_tree` is not looked at.
    pub wish: Wish,
    /// The groups that it belongs to.
    pub groups: Vec<String>,
    /// What it wants to be close to.
    pub near: Vec<Near>,
    /// What its host has to keep within.
    pub limits: Limits,
    /// How many CPUs it is expected to keep busy; `None`: all of its VCPU and PCPU.
    pub busy_cpus: Option<f64>,
}

impl Machine {
    /// The same machine, of which nothing is asked but its resources.
    pub(crate) fn unpromised(&self) -> Self {
        Self {
            id: self.id.clone(),
            wish: Wish {
                resources: self.wish.resources.clone(),
                ..Wish::default()
            },
            busy_cpus: self.busy_cpus,
            ..Self::default()
        }
    }

    /// How many CPUs it will keep busy.
    pub(super) fn load(&self) -> f64 {
        self.busy_cpus.unwrap_or_else(|| {
            let cpus = self
                .wish
                .resources
                .iter()
                .filter(|(class, _)| class == "VCPU" || class == "PCPU");
            cpus.map(|(_, amount)| *amount as f64).sum()
        })
    }
}

/// Machines that belong together, or do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in this request.
    pub name: String,
    /// What its members want.
    pub affinity: Affinity,
    /// Whether it is a rule (or a wish).
    pub hard: bool,
    /// The hosts of the members that have one already, once for each member.
    pub present: Vec<String>,
}

/// A machine that has its place already, as far as the request has to do with it. What it takes is in what its hosts have used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Present {
    /// Its id.
    pub id: String,
    /// Where it is: as a rule, one host.
    pub hosts: Vec<String>,
    /// The groups of the request that it belongs to.
    pub groups: Vec<String>,
    /// What of the request it was promised to be near to.
    pub near: Vec<Near>,
}

/// A request for places, one or many at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// Who needs a place.
    pub machines: Vec<Machine>,
    /// How they belong together.
    pub groups: Vec<Group>,
    /// Who is there already, and has to do with them.
    pub present: Vec<Present>,
    /// What decides between equals.
    pub seed: u64,
    /// How many candidates and refused hosts are told for each machine; `None`: all.
    pub explain: Option<usize>,
}

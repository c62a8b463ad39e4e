//! Why a host is refused.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::term::Lack;

/// The rule that refuses a host, with the figures that decided. Only the first that does is told.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Rule {
    /// It takes no new machines.
    #[error("it is {0}")]
    Standing(&'static str),
    /// Its facts are older than the request allows; `None`: there never were any.
    #[error("its facts are {} old and may be {} s", seconds(.age), .limit.as_secs())]
    Freshness {
        /// How old.
        age: Option<Duration>,
        /// How old they may be.
        limit: Duration,
    },
    /// It has nothing of a class.
    #[error("it has no {0}")]
    NoInventory(Arc<str>),
    /// It does not give such an amount to one consumer.
    #[error(
        "it does not give {amount} of {class} to one consumer: min_unit is {min}, max_unit {max}, step_size {step}"
    )]
    Amount {
        /// The class.
        class: Arc<str>,
        /// What is wanted.
        amount: u64,
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// Its step.
        step: u32,
    },
    /// It has no room.
    #[error("it has no room for {amount} of {class}: {used} of {capacity} are in use")]
    Room {
        /// The class.
        class: Arc<str>,
        /// What is wanted.
        amount: u64,
        /// What others have, the request's other machines included.
        used: u64,
        /// All there is.
        capacity: i64,
    },
    /// It has none of the traits of a list.
    #[error("it has no trait of {0}")]
    MissingTrait(String),
    /// It has a trait that it may not have.
    #[error("it has the trait {0}")]
    ForbiddenTrait(String),
    /// It is in none of the aggregates of a list.
    #[error("it is in no aggregate of {0}")]
    NotMember(String),
    /// It is in an aggregate that it may not be in.
    #[error("it is in the aggregate {0}")]
    ForbiddenAggregate(String),
    /// A group wants all of its members on another host.
    #[error("group {0} is on another host")]
    Affinity(String),
    /// A group has a member here, and wants no second one.
    #[error("group {0} has a member here")]
    AntiAffinity(String),
    /// It could take this machine, and not all of its group.
    #[error("it cannot take all {machines} machines of group {group}")]
    GroupRoom {
        /// The group.
        group: String,
        /// How many there are to place.
        machines: usize,
    },
    /// It stands in another site; `None`: nobody says in which.
    #[error("its site is {}", .0.as_deref().unwrap_or("unknown"))]
    Site(Option<String>),
    /// It stands in another country.
    #[error("its country is {0}")]
    Country(String),
    /// Its grid emits too much.
    #[error("its grid has {grams:.0} g/kWh, the ceiling is {ceiling:.0}")]
    Carbon {
        /// What it has.
        grams: f64,
        /// What is allowed.
        ceiling: f64,
    },
    /// It is too many milliseconds away.
    #[error("{:.3} ms to {peer}, the limit is {:.3} ms", .delay * 1e3, .limit * 1e3)]
    Delay {
        /// From what.
        peer: Arc<str>,
        /// Seconds.
        delay: f64,
        /// The limit in seconds.
        limit: f64,
    },
    /// It is too many kilometres away.
    #[error("{:.0} km to {peer}, the limit is {:.0} km", .meters / 1e3, .limit / 1e3)]
    Distance {
        /// From what.
        peer: Arc<str>,
        /// Metres.
        meters: f64,
        /// The limit in metres.
        limit: f64,
    },
    /// It would draw too much.
    #[error(
        "it would draw {watts:.1} W; the limit is {limit:.1} W, of which {headroom:.1} W have to stay free"
    )]
    Headroom {
        /// What it would draw.
        watts: f64,
        /// What has to stay free.
        headroom: f64,
        /// What it may.
        limit: f64,
    },
    /// Watts are to stay free, and nobody says below which limit.
    #[error("it has no power limit, so that nobody knows what is free")]
    NoPowerLimit,
    /// A limit cannot be checked because of what is not known.
    #[error("{limit} cannot be checked: {lack}")]
    Unknown {
        /// Which limit.
        limit: &'static str,
        /// What is not known.
        lack: Lack,
    },
}

fn seconds(age: &Option<Duration>) -> String {
    age.map_or_else(
        || "infinitely".to_owned(),
        |age| format!("{:.0} s", age.as_secs_f64()),
    )
}

impl Rule {
    /// Its name in answers and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Standing(_) => "standing",
            Self::Freshness { .. } => "freshness",
            Self::NoInventory(_) => "inventory",
            Self::Amount { .. } => "amount",
            Self::Room { .. } => "room",
            Self::MissingTrait(_) => "trait",
            Self::ForbiddenTrait(_) => "forbidden_trait",
            Self::NotMember(_) => "aggregate",
            Self::ForbiddenAggregate(_) => "forbidden_aggregate",
            Self::Affinity(_) => "affinity",
            Self::AntiAffinity(_) => "anti_affinity",
            Self::GroupRoom { .. } => "group_room",
            Self::Site(_) => "site",
            Self::Country(_) => "country",
            Self::Carbon { .. } => "carbon",
            Self::Delay { .. } => "delay",
            Self::Distance { .. } => "distance",
            Self::Headroom { .. } | Self::NoPowerLimit => "headroom",
            Self::Unknown { .. } => "unknown",
        }
    }
}

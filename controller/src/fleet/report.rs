//! What is known of each target that is asked for facts, apart from the facts.

use std::collections::BTreeMap;
use std::time::Duration;

/// Who tells the facts of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Its own agent.
    Agent,
    /// A Prometheus that scrapes it.
    Prometheus,
}

impl Source {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Prometheus => "prometheus",
        }
    }
}

/// How it goes with one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who tells.
    pub source: Source,
    /// Where it is asked: an address, or what Prometheus calls it.
    pub target: String,
    /// How old the last facts from there are; `None`: there never were any.
    pub age: Option<Duration>,
    /// Why the last attempt failed; `None`: it did not.
    pub error: Option<String>,
    /// How many attempts in a row have failed.
    pub failures: u32,
}

/// The reports by the names of hosts. Ages are those of the moment of publication.
pub type Reports = BTreeMap<String, Report>;

//! The fleet at one moment, as a decision sees it.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use crate::facts::Delay;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::inventory::Stock;

/// Whether a host takes new machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    #[default]
    Ready,
    /// It is being emptied.
    Draining,
    /// Somebody works on it.
    Maintenance,
    /// Its agent does not answer.
    Silent,
}

impl Standing {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Maintenance => "maintenance",
            Self::Silent => "silent",
        }
    }
}

/// How much a host may draw for somebody who is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerBound {
    /// The most watts, where another limit is meant than the host's own.
    pub limit_watts: Option<f64>,
    /// The watts that have to stay free below the limit.
    pub headroom_watts: f64,
}

/// A host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Its name, which no other host has.
    pub name: Arc<str>,
    /// Under which other names agents know it as a peer.
    pub aliases: Vec<String>,
    /// What it has of each resource class, and what is used of it.
    pub stocks: Vec<(Arc<str>, Stock)>,
    /// What it can do.
    pub traits: Arc<BTreeSet<String>>,
    /// The aggregates that it is in.
    pub aggregates: Arc<BTreeSet<String>>,
    /// The site that its owner says it stands in.
    pub site: Option<String>,
    /// The watts that it may not exceed.
    pub power_limit_watts: Option<f64>,
    /// What those who are there were promised of the power that it draws.
    pub power_bounds: Vec<PowerBound>,
    /// Whether it takes new machines.
    pub standing: Standing,
    /// What its agent says.
    pub facts: Arc<HostFacts>,
}

impl Host {
    pub(super) fn stock(&self, class: &str) -> Option<&Stock> {
        let found = self.stocks.iter().find(|(name, _)| &**name == class);
        found.map(|(_, stock)| stock)
    }

    /// Whether nobody has anything of it.
    pub(super) fn is_empty(&self) -> bool {
        self.stocks.iter().all(|(_, stock)| stock.used == 0)
    }

    fn delay_to(&self, other: &Self) -> Option<&Fact<Delay>> {
        let delays = &self.facts.delays;
        let mut names = std::iter::once(&*other.name).chain(other.aliases.iter().map(String::as_str));
        names.find_map(|name| delays.get(name))
    }
}

/// All hosts at one moment.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    hosts: Vec<Host>,
    by_name: HashMap<Arc<str>, usize>,
}

impl Fleet {
    /// A fleet. Of several hosts with one name the first is found by it.
    pub fn new(hosts: Vec<Host>) -> Self {
        let mut by_name = HashMap::with_capacity(hosts.len());
        for (index, host) in hosts.iter().enumerate() {
            by_name.entry(Arc::clone(&host.name)).or_insert(index);
        }
        Self { hosts, by_name }
    }

    /// The hosts, in the order in which they were given.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Puts a host of the same name in the place of one, which is given back; `None`, and nothing done, if there is no such place.
    pub(crate) fn replace(&mut self, index: usize, host: Host) -> Option<Host> {
        let place = self.hosts.get_mut(index)?;
        Some(std::mem::replace(place, host))
    }

    /// Where a host stands in that order.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The delay between two hosts. Where each measured the other, the longer one counts; a measurement that cannot be relied on
    /// gives way to one that can.
    pub fn delay(&self, one: usize, other: usize) -> Fact<Delay> {
        let (Some(a), Some(b)) = (self.hosts.get(one), self.hosts.get(other)) else {
            return Fact::Missing;
        };
        match (a.delay_to(b), b.delay_to(a)) {
            (Some(there), Some(back)) => longer(there, back).clone(),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => Fact::Missing,
        }
    }
}

fn longer<'f>(there: &'f Fact<Delay>, back: &'f Fact<Delay>) -> &'f Fact<Delay> {
    match (there.value(), back.value()) {
        (Some(a), Some(b)) if b.seconds > a.seconds => back,
        (None, Some(_)) => back,
        (Some(_) | None, _) => there,
    }
}

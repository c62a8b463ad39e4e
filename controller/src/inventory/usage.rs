//! How much a project uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::key::group_path;
use super::ledger::Consumer;
use super::ledger::Ledger;
use super::promise::KnownGroup;
use super::provider::Provider;
use super::uuid::Uuid;

/// Which consumers count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// All, added up under one heading each.
    Each,
    /// All, added up.
    Together,
    /// Those of which nobody said what they are.
    Unknown,
    /// Those of one kind.
    Only(String),
}

/// What consumers use together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How much of each resource class.
    pub resources: BTreeMap<String, u64>,
    /// How many consumers have allocations.
    pub consumers: u64,
}

impl Ledger {
    /// How many consumers there are.
    pub fn consumer_count(&self) -> usize {
        self.consumers.len()
    }

    /// All consumers, in no particular order.
    pub(crate) fn consumers(&self) -> impl Iterator<Item = (&str, &Consumer)> {
        self.consumers.iter().map(|(id, consumer)| (&**id, consumer))
    }

    /// The consumers of a project, by id.
    pub(crate) fn consumers_of(&self, project: &str) -> impl Iterator<Item = &str> {
        self.by_project.get(project).into_iter().flatten().map(|id| &**id)
    }

    /// A consumer, by the spelling under which it was made.
    pub fn consumer(&self, id: &str) -> Option<&Consumer> {
        self.consumers.get(id)
    }

    /// A group of a project.
    pub fn group(&self, project: &str, name: &str) -> Option<&KnownGroup> {
        self.groups.get(&group_path(project, name))
    }

    /// Who was promised to be near a machine.
    pub(crate) fn near_machine(&self, id: &str) -> impl Iterator<Item = &str> {
        self.near_machine.get(id).into_iter().flatten().map(|id| &**id)
    }

    /// Who was promised how much its hosts draw at most.
    pub(crate) fn power_bound(&self) -> impl Iterator<Item = &Consumer> {
        self.power_bound.iter().filter_map(|id| self.consumers.get(id))
    }

    /// The name of a provider.
    pub(crate) fn name_of(&self, provider: Uuid) -> Option<&str> {
        Some(self.at(*self.by_uuid.get(&provider)?)?.name())
    }

    /// What a consumer takes, by provider.
    pub(crate) fn allocations_of<'l>(&'l self, id: &'l str) -> impl Iterator<Item = &'l Provider> {
        let uuids = self.consumers.get(id).into_iter().flat_map(Consumer::providers);
        uuids.filter_map(|uuid| self.at(*self.by_uuid.get(uuid)?))
    }

    /// What the consumers of a project (and of one user) use, by kind: `None` is the heading of those that have none.
    pub fn usage(&self, project: &str, user: Option<&str>, kinds: &Kinds) -> BTreeMap<Option<String>, Usage> {
        let mut usages: BTreeMap<Option<String>, Usage> = BTreeMap::new();
        let all = self.by_project.get(project).into_iter().flatten();
        for (id, consumer) in all.filter_map(|id| Some((id, self.consumers.get(id)?))) {
            let counts = match kinds {
                Kinds::Each | Kinds::Together => true,
                Kinds::Unknown => consumer.kind().is_none(),
                Kinds::Only(kind) => consumer.kind() == Some(kind),
            };
            if counts && user.is_none_or(|user| consumer.user() == user) && !consumer.providers().is_empty() {
                let kind = consumer
                    .kind()
                    .filter(|_| *kinds == Kinds::Each || matches!(kinds, Kinds::Only(_)));
                self.add_usage(id, usages.entry(kind.map(str::to_owned)).or_default());
            }
        }
        usages
    }

    fn add_usage(&self, id: &Arc<str>, usage: &mut Usage) {
        usage.consumers += 1;
        for provider in self.allocations_of(id) {
            for (class, amount) in provider.taken_by(id) {
                let sum = usage.resources.entry(self.classes.name(*class).to_owned());
                *sum.or_default() += u64::from(*amount);
            }
        }
    }

    /// All providers, in the order in which they were given places.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter().flatten()
    }

    /// The names of all resource classes.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().map(|(_, name)| name)
    }

    /// The names of all traits, and whether some provider has each.
    pub fn trait_names(&self) -> impl Iterator<Item = (&str, bool)> {
        self.traits.iter().map(|(word, name)| {
            let held = self
                .trait_holders(word)
                .is_some_and(|holders| !holders.is_empty());
            (name, held)
        })
    }
}

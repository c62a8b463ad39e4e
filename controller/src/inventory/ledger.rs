//! The ledger of capacity: everything that the store's records say, in the shape in which it is asked for.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use super::bits::Bits;
use super::key::Key;
use super::promise::GroupRecord;
use super::promise::KnownGroup;
use super::promise::Promises;
use super::provider::Provider;
use super::record;
use super::record::ConsumerRecord;
use super::record::ProviderRecord;
use super::record::WordRecord;
use super::uuid::Uuid;
use super::vocabulary::Standing;
use super::vocabulary::Vocabulary;
use super::vocabulary::Word;
use crate::store::Change;
use crate::store::Revision;

/// A record of the store that says nothing to this program. Nothing of its batch was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the record {key} cannot be read: {reason}; was it written by a newer release, or by hand?")]
pub struct Unreadable {
    /// Its key.
    pub key: String,
    /// What is wrong.
    pub reason: String,
}

/// A consumer of resources: a virtual machine, a container.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub(super) record: ConsumerRecord,
    /// The commit that wrote it.
    pub(super) revision: Revision,
}

impl Consumer {
    /// How often its allocations were replaced.
    pub fn generation(&self) -> u64 {
        self.record.generation
    }

    /// Whose it is.
    pub fn project(&self) -> &str {
        &self.record.project
    }

    /// Who made it.
    pub fn user(&self) -> &str {
        &self.record.user
    }

    /// What it is; `None` where nobody said.
    pub fn kind(&self) -> Option<&str> {
        self.record.kind.as_deref()
    }

    /// Where it has allocations.
    pub fn providers(&self) -> &[Uuid] {
        &self.record.providers
    }

    /// What it was promised; `None`: nobody knows, because it came through Placement's API.
    pub fn promises(&self) -> Option<&Promises> {
        self.record.promises.as_deref()
    }

    /// The commit that wrote it.
    pub fn revision(&self) -> Revision {
        self.revision
    }
}

/// The ledger of capacity. It does no input or output and asks no clock: [`apply`](Self::apply) is the only way in which it
/// changes, and every `plan_…` says what the store should be asked for without changing anything.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) classes: Vocabulary,
    pub(super) traits: Vocabulary,
    /// By slot; a slot is used again after its provider has gone.
    pub(super) providers: Vec<Option<Provider>>,
    free: BTreeSet<usize>,
    pub(super) by_uuid: HashMap<Uuid, usize>,
    pub(super) by_name: HashMap<String, usize>,
    pub(super) consumers: HashMap<Arc<str>, Consumer>,
    pub(super) by_project: HashMap<String, BTreeSet<Arc<str>>>,
    /// By their paths.
    pub(super) groups: HashMap<String, KnownGroup>,
    /// Who wants to be near a machine, by that machine.
    pub(super) near_machine: HashMap<String, BTreeSet<Arc<str>>>,
    /// Whose promises bound what their hosts draw.
    pub(super) power_bound: BTreeSet<Arc<str>>,
    /// Which slots have an inventory of a class, a trait, an aggregate.
    pub(super) holders_of_class: Vec<Bits>,
    pub(super) holders_of_trait: Vec<Bits>,
    pub(super) members: HashMap<String, Bits>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

/// One record, read.
enum Fact<'a> {
    Provider(Uuid, Option<Box<ProviderRecord>>),
    Consumer(&'a str, Option<ConsumerRecord>),
    Class(&'a str, bool),
    Trait(&'a str, bool),
    Group(&'a str, Option<GroupRecord>),
}

impl Ledger {
    /// A ledger with the standard resource classes and traits, and nothing else.
    pub fn new() -> Self {
        Self {
            classes: Vocabulary::classes(),
            traits: Vocabulary::traits(),
            providers: Vec::new(),
            free: BTreeSet::new(),
            by_uuid: HashMap::new(),
            by_name: HashMap::new(),
            consumers: HashMap::new(),
            by_project: HashMap::new(),
            groups: HashMap::new(),
            near_machine: HashMap::new(),
            power_bound: BTreeSet::new(),
            holders_of_class: Vec::new(),
            holders_of_trait: Vec::new(),
            members: HashMap::new(),
        }
    }

    /// Takes in what the store committed at `revision`, all of it or, if a record cannot be read, nothing. Keys that are not
    /// the ledger's are passed over, and so is what is older than what is known: a change may be told twice.
    pub fn apply(&mut self, revision: Revision, changes: &[Change]) -> Result<(), Unreadable> {
        let facts: Result<Vec<_>, _> = changes
            .iter()
            .filter_map(|change| read(change).transpose())
            .collect();
        for fact in facts? {
            match fact {
                Fact::Provider(uuid, record) => self.apply_provider(uuid, record, revision),
                Fact::Consumer(id, record) => self.apply_consumer(id, record, revision),
                Fact::Class(name, there) => apply_word(&mut self.classes, name, there, revision),
                Fact::Trait(name, there) => apply_word(&mut self.traits, name, there, revision),
                Fact::Group(path, record) => self.apply_group(path, record, revision),
            }
        }
        Ok(())
    }

    fn apply_provider(&mut self, uuid: Uuid, record: Option<Box<ProviderRecord>>, revision: Revision) {
        let slot = self.by_uuid.get(&uuid).copied();
        if slot
            .and_then(|slot| self.at(slot))
            .is_some_and(|known| known.revision > revision)
        {
            return;
        }
        if let Some(old) = slot.and_then(|slot| self.take(slot))
            && self.by_name.get(&old.name) == slot.as_ref()
        {
            self.by_name.remove(&old.name);
        }
        match record {
            Some(record) => {
                let slot = slot.unwrap_or_else(|| self.free_slot());
                let (classes, traits) = (&mut self.classes, &mut self.traits);
                let provider = Provider::of_record(uuid, *record, revision, classes, traits);
                self.put(slot, provider);
            }
            None => {
                self.by_uuid.remove(&uuid);
                self.free.extend(slot);
            }
        }
    }

    fn free_slot(&mut self) -> usize {
        self.free.pop_first().unwrap_or_else(|| {
            self.providers.push(None);
            self.providers.len() - 1
        })
    }

    fn put(&mut self, slot: usize, provider: Provider) {
        for (class, _) in &provider.stocks {
            bits_of(&mut self.holders_of_class, *class).insert(slot);
        }
        for word in &provider.traits {
            bits_of(&mut self.holders_of_trait, *word).insert(slot);
        }
        for aggregate in &provider.aggregates {
            self.members.entry(aggregate.clone()).or_default().insert(slot);
        }
        self.by_uuid.insert(provider.uuid, slot);
        self.by_name.insert(provider.name.clone(), slot);
        if let Some(place) = self.providers.get_mut(slot) {
            *place = Some(provider);
        }
    }

    fn take(&mut self, slot: usize) -> Option<Provider> {
        let provider = self.providers.get_mut(slot)?.take()?;
        for (class, _) in &provider.stocks {
            bits_of(&mut self.holders_of_class, *class).remove(slot);
        }
        for word in &provider.traits {
            bits_of(&mut self.holders_of_trait, *word).remove(slot);
        }
        for aggregate in &provider.aggregates {
            if let Some(members) = self.members.get_mut(aggregate) {
                members.remove(slot);
                if members.is_empty() {
                    self.members.remove(aggregate);
                }
            }
        }
        Some(provider)
    }

    fn apply_consumer(&mut self, id: &str, record: Option<ConsumerRecord>, revision: Revision) {
        let id: Arc<str> = id.into();
        if self
            .consumers
            .get(&id)
            .is_some_and(|known| known.revision > revision)
        {
            return;
        }
        if let Some(old) = self.consumers.remove(&id) {
            drop_from(&mut self.by_project, old.project(), &id);
            for machine in old.promises().into_iter().flat_map(Promises::near_machines) {
                drop_from(&mut self.near_machine, machine, &id);
            }
            self.power_bound.remove(&id);
        }
        if let Some(record) = record {
            let all = self.by_project.entry(record.project.clone()).or_default();
            all.insert(Arc::clone(&id));
            let promises = record.promises.as_deref();
            for machine in promises.into_iter().flat_map(Promises::near_machines) {
                let all = self.near_machine.entry(machine.to_owned()).or_default();
                all.insert(Arc::clone(&id));
            }
            if promises.is_some_and(Promises::bounds_power) {
                self.power_bound.insert(Arc::clone(&id));
            }
            self.consumers.insert(id, Consumer { record, revision });
        }
    }

    fn apply_group(&mut self, path: &str, record: Option<GroupRecord>, revision: Revision) {
        let known = self.groups.get(path);
        if known.is_some_and(|known| known.revision > revision) {
            return;
        }
        match record {
            Some(record) => drop(
                self.groups
                    .insert(path.to_owned(), KnownGroup { record, revision }),
            ),
            None => drop(self.groups.remove(path)),
        }
    }

    pub(super) fn at(&self, slot: usize) -> Option<&Provider> {
        self.providers.get(slot)?.as_ref()
    }

    pub(super) fn class_holders(&self, class: Word) -> Option<&Bits> {
        self.holders_of_class.get(class.index())
    }

    pub(super) fn trait_holders(&self, word: Word) -> Option<&Bits> {
        self.holders_of_trait.get(word.index())
    }

    /// All slots that have a provider.
    pub(super) fn taken_slots(&self) -> Bits {
        let mut all = Bits::below(self.providers.len());
        for slot in &self.free {
            all.remove(*slot);
        }
        all
    }
}

/// The consumer that a key is about, and where it has allocations by what is
/// there; `None`: it is about something else, or cannot be read.
pub(crate) fn consumer_in<'k>(key: &'k str, value: Option<&[u8]>) -> Option<(&'k str, Vec<Uuid>)> {
    let Some(Key::Consumer(id)) = Key::parse(key) else {
        return None;
    };
    let record: Option<ConsumerRecord> = parsed(value).ok()?;
    Some((id, record.map(|record| record.providers).unwrap_or_default()))
}

fn read(change: &Change) -> Result<Option<Fact<'_>>, Unreadable> {
    let value = change.value.as_deref();
    let fact = match Key::parse(&change.key) {
        Some(Key::Provider(uuid)) => parsed(value).map(|record| Fact::Provider(uuid, record.map(Box::new))),
        Some(Key::Consumer(id)) => parsed(value).map(|record| Fact::Consumer(id, record)),
        Some(Key::Class(name)) => {
            parsed::<WordRecord>(value).map(|record| Fact::Class(name, record.is_some()))
        }
        Some(Key::Trait(name)) => {
            parsed::<WordRecord>(value).map(|record| Fact::Trait(name, record.is_some()))
        }
        Some(Key::Group(path)) => parsed(value).map(|record| Fact::Group(path, record)),
        Some(Key::ProviderName(_)) | None => return Ok(None),
    };
    fact.map(Some).map_err(|reason| Unreadable {
        key: change.key.clone(),
        reason,
    })
}

fn parsed<T: serde::de::DeserializeOwned>(value: Option<&[u8]>) -> Result<Option<T>, String> {
    value.map(record::read).transpose()
}

fn apply_word(words: &mut Vocabulary, name: &str, there: bool, revision: Revision) {
    let word = words.number(name);
    let standing = if there {
        Standing::Custom(revision)
    } else {
        Standing::Absent
    };
    match words.standing(word) {
        Standing::Custom(known) if known > revision => (),
        // A release may know as standard what somebody made before.
        Standing::Standard => (),
        Standing::Custom(_) | Standing::Absent => words.set(word, standing),
    }
}

fn drop_from(index: &mut HashMap<String, BTreeSet<Arc<str>>>, key: &str, id: &Arc<str>) {
    if let Some(others) = index.get_mut(key) {
        others.remove(id);
        if others.is_empty() {
            index.remove(key);
        }
    }
}

fn bits_of(sets: &mut Vec<Bits>, word: Word) -> &mut Bits {
    let index = word.index();
    if index >= sets.len() {
        sets.resize(index + 1, Bits::default());
    }
    &mut sets[index]
}

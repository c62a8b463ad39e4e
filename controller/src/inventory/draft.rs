//! A change in the making: what it read, and what it will write.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::key::Key;
use super::key::group_path;
use super::ledger::Ledger;
use super::plan::Plan;
use super::plan::Refusal;
use super::promise::Affinity;
use super::promise::GroupRecord;
use super::provider::Provider;
use super::record;
use super::record::ConsumerRecord;
use super::record::NameRecord;
use super::record::ProviderRecord;
use super::record::WordRecord;
use super::uuid::Uuid;
use super::vocabulary::Standing;
use super::vocabulary::Vocabulary;
use super::vocabulary::Word;
use crate::store::Change;
use crate::store::Expectation;
use crate::store::Revision;
use crate::store::Transaction;

/// A change in the making. Whatever it takes from the ledger in order to decide becomes an expectation.
pub(super) struct Draft<'l> {
    pub(super) ledger: &'l Ledger,
    now: u64,
    providers: BTreeMap<Uuid, ProviderRecord>,
    groups: BTreeMap<String, GroupRecord>,
    expected: BTreeMap<String, Option<Revision>>,
    changes: BTreeMap<String, Option<Vec<u8>>>,
}

impl<'l> Draft<'l> {
    /// Nothing yet; `now` is what will stand in the records as the time of the change, in seconds since 1970.
    pub(super) fn new(ledger: &'l Ledger, now: u64) -> Self {
        Self {
            ledger,
            now,
            providers: BTreeMap::new(),
            groups: BTreeMap::new(),
            expected: BTreeMap::new(),
            changes: BTreeMap::new(),
        }
    }

    pub(super) fn expect(&mut self, key: Key<'_>, revision: Option<Revision>) {
        self.expected.insert(key.to_string(), revision);
    }

    fn write(&mut self, key: Key<'_>, value: Option<Vec<u8>>) {
        self.changes.insert(key.to_string(), value);
    }

    /// A provider's record, to be changed: it will be written.
    pub(super) fn provider(&mut self, known: &Provider) -> &mut ProviderRecord {
        self.expect(Key::Provider(known.uuid), Some(known.revision));
        let ledger = self.ledger;
        self.providers
            .entry(known.uuid)
            .or_insert_with(|| known.to_record(&ledger.classes, &ledger.traits))
    }

    /// A provider that is not there yet.
    pub(super) fn new_provider(&mut self, uuid: Uuid, name: &str) -> &mut ProviderRecord {
        self.expect(Key::Provider(uuid), None);
        let record = ProviderRecord {
            name: name.to_owned(),
            generation: 0,
            modified: self.now,
            parent: None,
            root: uuid,
            inventories: BTreeMap::new(),
            traits: Vec::new(),
            aggregates: Vec::new(),
            allocations: BTreeMap::new(),
        };
        self.providers.entry(uuid).or_insert(record)
    }

    pub(super) fn remove_provider(&mut self, known: &Provider) {
        self.expect(Key::Provider(known.uuid), Some(known.revision));
        self.write(Key::Provider(known.uuid), None);
    }

    /// Takes a name for a provider, so that nobody else has it.
    pub(super) fn take_name(&mut self, name: &str, provider: Uuid) {
        self.expect(Key::ProviderName(name), None);
        let record = record::write(&NameRecord { provider });
        self.write(Key::ProviderName(name), Some(record));
    }

    pub(super) fn give_name_back(&mut self, name: &str) {
        self.write(Key::ProviderName(name), None);
    }

    /// Builds on where a consumer is, or that it is not there.
    pub(super) fn expect_consumer(&mut self, id: &str) -> Option<Revision> {
        let known = self.ledger.consumers.get(id).map(|known| known.revision);
        self.expect(Key::Consumer(id), known);
        known
    }

    /// A group's record, to be changed: it will be written, or taken away if nobody needs it.
    pub(super) fn group(&mut self, project: &str, name: &str) -> &mut GroupRecord {
        let path = group_path(project, name);
        let known = self.ledger.groups.get(&path);
        self.expect(Key::Group(&path), known.map(|known| known.revision));
        let new = || GroupRecord {
            project: project.to_owned(),
            name: name.to_owned(),
            affinity: Affinity::Apart,
            hard: false,
            members: BTreeMap::new(),
            watchers: BTreeSet::new(),
        };
        let entry = self.groups.entry(path);
        entry.or_insert_with(|| known.map_or_else(new, |known| known.record.clone()))
    }

    fn write_groups(&mut self) {
        for (path, record) in std::mem::take(&mut self.groups) {
            if !record.is_idle() {
                self.write(Key::Group(&path), Some(record::write(&record)));
            } else if self.ledger.groups.contains_key(&path) {
                self.write(Key::Group(&path), None);
            }
        }
    }

    /// Writes a consumer, or takes it away.
    pub(super) fn set_consumer(&mut self, id: &str, record: Option<&ConsumerRecord>) {
        let known = self.expect_consumer(id);
        // There is nothing to take away from the store if it never was there.
        if record.is_some() || known.is_some() {
            self.write(Key::Consumer(id), record.map(record::write));
        }
    }

    pub(super) fn set_class(&mut self, name: &str, there: bool) {
        let revision = revision_of(&self.ledger.classes, name);
        self.expect(Key::Class(name), revision);
        self.write(Key::Class(name), word_record(there));
    }

    pub(super) fn set_trait(&mut self, name: &str, there: bool) {
        let revision = revision_of(&self.ledger.traits, name);
        self.expect(Key::Trait(name), revision);
        self.write(Key::Trait(name), word_record(there));
    }

    /// Notes that a provider begins to use a class. A custom one is written anew for that: who deletes it at the same time
    /// expects the revision at which nobody used it, and is refused.
    pub(super) fn begin_class(&mut self, word: Word) {
        if let Standing::Custom(_) = self.ledger.classes.standing(word) {
            self.set_class(self.ledger.classes.name(word), true);
        }
    }

    /// The same for a trait.
    pub(super) fn begin_trait(&mut self, word: Word) {
        if let Standing::Custom(_) = self.ledger.traits.standing(word) {
            self.set_trait(self.ledger.traits.name(word), true);
        }
    }

    /// The whole of it.
    pub(super) fn finish<T>(mut self, answer: T) -> Plan<T> {
        for (uuid, mut record) in std::mem::take(&mut self.providers) {
            record.modified = self.now;
            self.write(Key::Provider(uuid), Some(record::write(&record)));
        }
        self.write_groups();
        let expect = self.expected.into_iter();
        let changes = self.changes.into_iter();
        let transaction = Transaction {
            expect: expect
                .map(|(key, revision)| Expectation { key, revision })
                .collect(),
            changes: changes.map(|(key, value)| Change { key, value }).collect(),
        };
        Plan { transaction, answer }
    }
}

fn revision_of(words: &Vocabulary, name: &str) -> Option<Revision> {
    let word = words.find(name)?;
    match words.standing(word) {
        Standing::Custom(revision) => Some(revision),
        Standing::Standard | Standing::Absent => None,
    }
}

fn word_record(there: bool) -> Option<Vec<u8>> {
    there.then(|| record::write(&WordRecord {}))
}

impl Ledger {
    /// The provider that a path or a body names: only the canonical spelling will do.
    pub fn provider(&self, uuid: &str) -> Result<&Provider, Refusal> {
        let slot = Uuid::canonical(uuid).and_then(|uuid| self.by_uuid.get(&uuid));
        let provider = slot.and_then(|slot| self.at(*slot));
        provider.ok_or_else(|| Refusal::NoProvider(uuid.to_owned()))
    }

    /// The provider with this name.
    pub fn provider_named(&self, name: &str) -> Option<&Provider> {
        self.at(*self.by_name.get(name)?)
    }

    /// Refuses who does not know a provider's generation.
    pub fn check_generation(&self, uuid: &str, given: u64) -> Result<(), Refusal> {
        check_generation(self.provider(uuid)?, Some(given))
    }

    pub(crate) fn class(&self, name: &str) -> Result<Word, Refusal> {
        let found = self.classes.find(name);
        found.ok_or_else(|| Refusal::NoClass(name.to_owned()))
    }

    pub(crate) fn trait_named(&self, name: &str) -> Result<Word, Refusal> {
        let found = self.traits.find(name);
        found.ok_or_else(|| Refusal::NoTrait(name.to_owned()))
    }

    pub(crate) fn class_name(&self, class: Word) -> &str {
        self.classes.name(class)
    }

    pub(crate) fn trait_name(&self, word: Word) -> &str {
        self.traits.name(word)
    }
}

/// Ends with a refusal if the caller's idea of the provider is an old one.
pub(super) fn check_generation(known: &Provider, given: Option<u64>) -> Result<(), Refusal> {
    if given.is_none_or(|given| given == known.generation) {
        return Ok(());
    }
    Err(Refusal::ProviderChanged {
        provider: known.uuid.to_string(),
        known: known.generation,
    })
}

//! One provider of resources, as the ledger has it in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::Amounts;
use super::record::ProviderRecord;
use super::stock::Stock;
use super::uuid::Uuid;
use super::vocabulary::Vocabulary;
use super::vocabulary::Word;
use crate::store::Revision;

/// A provider of resources: a host.
#[derive(Clone, Debug)]
pub struct Provider {
    pub(super) uuid: Uuid,
    pub(super) name: String,
    pub(super) generation: u64,
    pub(super) modified: u64,
    pub(super) parent: Option<Uuid>,
    pub(super) root: Uuid,
    /// In the order of the words.
    pub(super) stocks: Vec<(Word, Stock)>,
    pub(super) traits: Vec<Word>,
    pub(super) aggregates: Vec<String>,
    pub(super) allocations: BTreeMap<Arc<str>, Vec<(Word, u32)>>,
    /// The commit that wrote it.
    pub(super) revision: Revision,
}

impl Provider {
    /// Its name for programs.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How often it has changed, as Placement counts.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When it was written last, in seconds since 1970.
    pub fn modified(&self) -> u64 {
        self.modified
    }

    /// The provider that it is a part of.
    pub fn parent(&self) -> Option<Uuid> {
        self.parent
    }

    /// The provider at the top of its tree: itself, as long as there are no trees.
    pub fn root(&self) -> Uuid {
        self.root
    }

    /// The aggregates that it is in, as they were spelt.
    pub fn aggregates(&self) -> &[String] {
        &self.aggregates
    }

    /// Whether anybody has allocations here.
    pub fn is_used(&self) -> bool {
        !self.allocations.is_empty()
    }

    pub(crate) fn stocks(&self) -> &[(Word, Stock)] {
        &self.stocks
    }

    pub(crate) fn stock(&self, class: Word) -> Option<&Stock> {
        let found = self.stocks.iter().find(|(word, _)| *word == class);
        found.map(|(_, stock)| stock)
    }

    pub(crate) fn traits(&self) -> &[Word] {
        &self.traits
    }

    pub(crate) fn allocations(&self) -> impl Iterator<Item = (&str, &[(Word, u32)])> {
        self.allocations
            .iter()
            .map(|(id, taken)| (&**id, taken.as_slice()))
    }

    /// What one consumer takes from here.
    pub(crate) fn taken_by(&self, consumer: &str) -> &[(Word, u32)] {
        self.allocations.get(consumer).map_or(&[], Vec::as_slice)
    }

    /// Whether somebody uses this class here.
    pub(super) fn uses(&self, class: Word) -> bool {
        let mut all = self.allocations.values().flatten();
        all.any(|(word, _)| *word == class)
    }

    pub(super) fn of_record(
        uuid: Uuid,
        record: ProviderRecord,
        revision: Revision,
        classes: &mut Vocabulary,
        traits: &mut Vocabulary,
    ) -> Self {
        let allocations: BTreeMap<Arc<str>, Vec<(Word, u32)>> = record
            .allocations
            .into_iter()
            .map(|(consumer, amounts)| (consumer.into(), numbered(amounts, classes)))
            .collect();
        let stock = |(class, inventory): (String, _)| {
            let class = classes.number(&class);
            let taken = allocations.values().flatten().filter(|(word, _)| *word == class);
            let used = taken.map(|(_, amount)| u64::from(*amount)).sum();
            (class, Stock { inventory, used })
        };
        let mut stocks: Vec<_> = record.inventories.into_iter().map(stock).collect();
        stocks.sort_by_key(|(class, _)| *class);
        let mut held: Vec<_> = record.traits.iter().map(|name| traits.number(name)).collect();
        held.sort_unstable();
        held.dedup();
        Self {
            uuid,
            name: record.name,
            generation: record.generation,
            modified: record.modified,
            parent: record.parent,
            root: record.root,
            stocks,
            traits: held,
            aggregates: record.aggregates,
            allocations,
            revision,
        }
    }

    pub(super) fn to_record(&self, classes: &Vocabulary, traits: &Vocabulary) -> ProviderRecord {
        let amounts = |taken: &Vec<(Word, u32)>| {
            let named = taken
                .iter()
                .map(|(class, amount)| (classes.name(*class).to_owned(), *amount));
            named.collect::<Amounts>()
        };
        let stocks = self.stocks.iter();
        ProviderRecord {
            name: self.name.clone(),
            generation: self.generation,
            modified: self.modified,
            parent: self.parent,
            root: self.root,
            inventories: stocks
                .map(|(class, stock)| (classes.name(*class).to_owned(), stock.inventory))
                .collect(),
            traits: self
                .traits
                .iter()
                .map(|word| traits.name(*word).to_owned())
                .collect(),
            aggregates: self.aggregates.clone(),
            allocations: self
                .allocations
                .iter()
                .map(|(consumer, taken)| (consumer.to_string(), amounts(taken)))
                .collect(),
        }
    }
}

fn numbered(amounts: Amounts, classes: &mut Vocabulary) -> Vec<(Word, u32)> {
    let numbered = amounts
        .into_iter()
        .map(|(class, amount)| (classes.number(&class), amount));
    numbered.collect()
}

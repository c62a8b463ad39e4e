//! A ledger with its store, and short names for what is done to it.

use std::collections::BTreeMap;

use crate::inventory::Claim;
use crate::inventory::ConsumerGeneration;
use crate::inventory::Inventory;
use crate::inventory::Ledger;
use crate::inventory::Plan;
use crate::inventory::Refusal;
use crate::inventory::Uuid;
use crate::placement_api::InMemory;
use crate::store::Change;
use crate::store::Outcome;
use crate::store::Revision;

/// A time; nothing depends on it.
pub(super) const NOW: u64 = 1_700_000_000;

pub(super) fn host(number: u64) -> Uuid {
    Uuid::from_bits(1 << 64 | u128::from(number))
}

pub(super) fn claim(consumer: &str, allocations: &[(Uuid, &str, u64)]) -> Claim {
    let mut all: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for (uuid, class, amount) in allocations {
        let one = all.entry(uuid.to_string()).or_default();
        one.insert((*class).to_owned(), *amount);
    }
    Claim {
        consumer: consumer.to_owned(),
        project: "p".to_owned(),
        user: "u".to_owned(),
        kind: None,
        generation: ConsumerGeneration::Any,
        allocations: all,
        promises: None,
    }
}

pub(super) fn inventories(list: &[(&str, Inventory)]) -> BTreeMap<String, Inventory> {
    list.iter()
        .map(|(class, inventory)| ((*class).to_owned(), *inventory))
        .collect()
}

/// One store, and a ledger that follows it.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) store: InMemory,
    pub(super) ledger: Ledger,
    /// Everything that was ever committed.
    pub(super) history: Vec<(Revision, Vec<Change>)>,
}

impl Bench {
    /// Commits a plan and takes it in; what was refused stays so.
    pub(super) fn make<T>(&mut self, plan: Result<Plan<T>, Refusal>) -> Result<T, Refusal> {
        let plan = plan?;
        match self.store.commit_now(&plan.transaction) {
            Outcome::Committed(revision) => {
                self.ledger.apply(revision, &plan.transaction.changes).unwrap();
                self.history.push((revision, plan.transaction.changes));
                Ok(plan.answer)
            }
            Outcome::Conflict => panic!("nobody else is there: {:?}", plan.transaction),
        }
    }

    pub(super) fn with_host(&mut self, number: u64, stock: &[(&str, Inventory)]) -> Uuid {
        let uuid = host(number);
        let made = self
            .ledger
            .plan_create_provider(uuid, &format!("host {number}"), NOW);
        self.make(made).unwrap();
        let set = self
            .ledger
            .plan_set_inventories(&uuid.to_string(), Some(0), inventories(stock), NOW);
        self.make(set).unwrap();
        uuid
    }

    pub(super) fn claim(&mut self, claims: &[Claim]) -> Result<(), Refusal> {
        let plan = self.ledger.plan_allocate(claims, NOW);
        self.make(plan)
    }

    pub(super) fn used(&self, uuid: Uuid, class: &str) -> u64 {
        let class = self.ledger.class(class).unwrap();
        let provider = self.ledger.provider(&uuid.to_string()).unwrap();
        provider.stock(class).map_or(0, |stock| stock.used)
    }
}

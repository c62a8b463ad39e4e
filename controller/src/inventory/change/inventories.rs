//! What a provider has.

use std::collections::BTreeMap;

use super::super::draft::Draft;
use super::super::draft::check_generation;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;
use super::super::provider::Provider;
use super::super::stock::Inventory;

impl Ledger {
    /// Replaces all inventories of a provider. The answer is its new generation.
    pub fn plan_set_inventories(
        &self,
        uuid: &str,
        generation: Option<u64>,
        inventories: BTreeMap<String, Inventory>,
        now: u64,
    ) -> Result<Plan<u64>, Refusal> {
        let known = self.provider(uuid)?;
        check_generation(known, generation)?;
        let mut draft = Draft::new(self, now);
        self.replace_inventories(&mut draft, known, inventories)?;
        Ok(draft.finish(known.generation + 1))
    }

    /// Replaces all inventories in a draft, and counts that as one change.
    pub(super) fn replace_inventories(
        &self,
        draft: &mut Draft<'_>,
        known: &Provider,
        inventories: BTreeMap<String, Inventory>,
    ) -> Result<(), Refusal> {
        for name in inventories.keys() {
            let class = self.class(name)?;
            if known.stock(class).is_none() {
                draft.begin_class(class);
            }
        }
        let record = draft.provider(known);
        let goes = |name: &&String| !inventories.contains_key(*name);
        for name in record.inventories.keys().filter(goes) {
            let mut taken = record.allocations.values();
            if taken.any(|amounts| amounts.contains_key(name)) {
                return Err(in_use(known, name));
            }
        }
        record.inventories = inventories;
        record.generation += 1;
        Ok(())
    }

    /// Gives a provider an inventory that it did not have.
    pub fn plan_add_inventory(
        &self,
        uuid: &str,
        class: &str,
        inventory: Inventory,
        now: u64,
    ) -> Result<Plan<u64>, Refusal> {
        let known = self.provider(uuid)?;
        let word = self.class(class)?;
        if known.stock(word).is_some() {
            return Err(Refusal::InventoryExists {
                provider: uuid.to_owned(),
                class: class.to_owned(),
            });
        }
        let mut draft = Draft::new(self, now);
        draft.begin_class(word);
        put(&mut draft, known, class, inventory);
        Ok(draft.finish(known.generation + 1))
    }

    /// Changes an inventory that a provider has.
    pub fn plan_update_inventory(
        &self,
        uuid: &str,
        generation: Option<u64>,
        class: &str,
        inventory: Inventory,
        now: u64,
    ) -> Result<Plan<u64>, Refusal> {
        let known = self.provider(uuid)?;
        check_generation(known, generation)?;
        let word = self.class(class)?;
        known.stock(word).ok_or_else(|| none_of(uuid, class))?;
        let mut draft = Draft::new(self, now);
        put(&mut draft, known, class, inventory);
        Ok(draft.finish(known.generation + 1))
    }

    /// Takes an inventory away. Nobody may use it.
    pub fn plan_remove_inventory(&self, uuid: &str, class: &str, now: u64) -> Result<Plan<u64>, Refusal> {
        let known = self.provider(uuid)?;
        let word = self.class(class)?;
        if known.uses(word) {
            return Err(in_use(known, class));
        }
        known.stock(word).ok_or_else(|| none_of(uuid, class))?;
        let mut draft = Draft::new(self, now);
        let record = draft.provider(known);
        record.inventories.remove(class);
        record.generation += 1;
        Ok(draft.finish(known.generation + 1))
    }
}

fn put(draft: &mut Draft<'_>, known: &Provider, class: &str, inventory: Inventory) {
    let record = draft.provider(known);
    record.inventories.insert(class.to_owned(), inventory);
    record.generation += 1;
}

fn none_of(provider: &str, class: &str) -> Refusal {
    Refusal::NoInventory {
        provider: provider.to_owned(),
        class: class.to_owned(),
    }
}

fn in_use(known: &Provider, class: &str) -> Refusal {
    Refusal::InventoryInUse {
        provider: known.uuid.to_string(),
        class: class.to_owned(),
    }
}

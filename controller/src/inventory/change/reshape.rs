//! Inventories and the allocations from them change in one step.

use std::collections::BTreeMap;

use super::super::draft::Draft;
use super::super::draft::check_generation;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;
use super::super::stock::Inventory;
use super::Claim;

impl Ledger {
    /// Replaces inventories of providers (with the generation that the caller knows) and allocations of consumers. While the
    /// allocations move, the old inventories are there as well as the new ones; each step counts in the generation.
    pub fn plan_reshape(
        &self,
        inventories: &BTreeMap<String, (u64, BTreeMap<String, Inventory>)>,
        claims: &[Claim],
        now: u64,
    ) -> Result<Plan<()>, Refusal> {
        for (uuid, (generation, _)) in inventories {
            check_generation(self.provider(uuid)?, Some(*generation))?;
        }
        let mut draft = Draft::new(self, now);
        for (uuid, (_, new)) in inventories.iter().filter(|(_, (_, new))| !new.is_empty()) {
            let known = self.provider(uuid)?;
            let mut both = draft.provider(known).inventories.clone();
            both.extend(new.clone());
            self.replace_inventories(&mut draft, known, both)?;
        }
        self.allocate(&mut draft, claims)?;
        for (uuid, (_, new)) in inventories {
            self.replace_inventories(&mut draft, self.provider(uuid)?, new.clone())?;
        }
        Ok(draft.finish(()))
    }
}

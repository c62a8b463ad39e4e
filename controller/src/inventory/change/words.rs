//! Custom resource classes and traits come and go.

use super::super::bits::Bits;
use super::super::draft::Draft;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;
use super::super::vocabulary::Standing;

impl Ledger {
    /// Makes a resource class.
    pub fn plan_create_class(&self, name: &str) -> Result<Plan<()>, Refusal> {
        if self.classes.find(name).is_some() {
            return Err(Refusal::WordExists(name.to_owned()));
        }
        let mut draft = Draft::new(self, 0);
        draft.set_class(name, true);
        Ok(draft.finish(()))
    }

    /// Gives a custom resource class another name, on every provider that has it.
    pub fn plan_rename_class(&self, name: &str, new: &str, now: u64) -> Result<Plan<()>, Refusal> {
        let class = self.class(name)?;
        if self.classes.standing(class) == Standing::Standard {
            return Err(Refusal::StandardWord(name.to_owned()));
        }
        let mut draft = Draft::new(self, now);
        if name == new {
            return Ok(draft.finish(()));
        }
        if self.classes.find(new).is_some() {
            return Err(Refusal::WordExists(new.to_owned()));
        }
        draft.set_class(name, false);
        draft.set_class(new, true);
        for slot in self.class_holders(class).into_iter().flat_map(Bits::iter) {
            let Some(known) = self.at(slot) else { continue };
            let record = draft.provider(known);
            if let Some(inventory) = record.inventories.remove(name) {
                record.inventories.insert(new.to_owned(), inventory);
            }
            for amounts in record.allocations.values_mut() {
                if let Some(amount) = amounts.remove(name) {
                    amounts.insert(new.to_owned(), amount);
                }
            }
        }
        Ok(draft.finish(()))
    }

    /// Takes a custom resource class away. No provider may have it.
    pub fn plan_delete_class(&self, name: &str) -> Result<Plan<()>, Refusal> {
        let class = self.class(name)?;
        if self.classes.standing(class) == Standing::Standard {
            return Err(Refusal::StandardWord(name.to_owned()));
        }
        if self
            .class_holders(class)
            .is_some_and(|holders| !holders.is_empty())
        {
            return Err(Refusal::WordInUse(name.to_owned()));
        }
        let mut draft = Draft::new(self, 0);
        draft.set_class(name, false);
        Ok(draft.finish(()))
    }

    /// Makes a trait.
    pub fn plan_create_trait(&self, name: &str) -> Result<Plan<()>, Refusal> {
        if self.traits.find(name).is_some() {
            return Err(Refusal::WordExists(name.to_owned()));
        }
        let mut draft = Draft::new(self, 0);
        draft.set_trait(name, true);
        Ok(draft.finish(()))
    }

    /// Takes a custom trait away. No provider may have it.
    pub fn plan_delete_trait(&self, name: &str) -> Result<Plan<()>, Refusal> {
        let word = self.trait_named(name)?;
        if self.traits.standing(word) == Standing::Standard {
            return Err(Refusal::StandardWord(name.to_owned()));
        }
        if self
            .trait_holders(word)
            .is_some_and(|holders| !holders.is_empty())
        {
            return Err(Refusal::WordInUse(name.to_owned()));
        }
        let mut draft = Draft::new(self, 0);
        draft.set_trait(name, false);
        Ok(draft.finish(()))
    }
}

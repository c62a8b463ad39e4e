//! A provider becomes what it should be, in one change.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::super::draft::Draft;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;
use super::super::provider::Provider;
use super::super::stock::Inventory;
use super::super::uuid::Uuid;
use super::super::vocabulary::CUSTOM;

/// What a provider has and can do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// What it has, by class.
    pub inventories: BTreeMap<String, Inventory>,
    /// What it can do.
    pub traits: BTreeSet<String>,
}

impl Ledger {
    /// What a provider has and can do now.
    pub fn shape(&self, provider: &Provider) -> Shape {
        let stocks = provider.stocks.iter();
        let traits = provider.traits.iter();
        Shape {
            inventories: stocks
                .map(|(class, stock)| (self.classes.name(*class).to_owned(), stock.inventory))
                .collect(),
            traits: traits.map(|word| self.traits.name(*word).to_owned()).collect(),
        }
    }

    /// Makes a provider, with all that it has.
    pub fn plan_create_shaped(
        &self,
        uuid: Uuid,
        name: &str,
        shape: &Shape,
        now: u64,
    ) -> Result<Plan<()>, Refusal> {
        // What may not be made at all is said there.
        self.plan_create_provider(uuid, name, now)?;
        let mut draft = Draft::new(self, now);
        self.begin_words(&mut draft, shape, &Shape::default())?;
        draft.take_name(name, uuid);
        let record = draft.new_provider(uuid, name);
        record.inventories = shape.inventories.clone();
        record.traits = shape.traits.iter().cloned().collect();
        record.generation = 1;
        Ok(draft.finish(()))
    }

    /// Gives a provider another shape; the transaction is empty if it has it already. Custom words that are not there are made.
    pub fn plan_reshape_provider(&self, uuid: Uuid, shape: &Shape, now: u64) -> Result<Plan<()>, Refusal> {
        let known = self.provider(&uuid.to_string())?;
        let mut draft = Draft::new(self, now);
        let before = self.shape(known);
        if before == *shape {
            return Ok(draft.finish(()));
        }
        self.begin_words(&mut draft, shape, &before)?;
        let goes = |class: &&String| !shape.inventories.contains_key(*class);
        for class in before.inventories.keys().filter(goes) {
            if known.uses(self.class(class)?) {
                return Err(Refusal::InventoryInUse {
                    provider: uuid.to_string(),
                    class: class.clone(),
                });
            }
        }
        let record = draft.provider(known);
        record.inventories = shape.inventories.clone();
        record.traits = shape.traits.iter().cloned().collect();
        record.generation += 1;
        Ok(draft.finish(()))
    }

    fn begin_words(&self, draft: &mut Draft<'_>, shape: &Shape, before: &Shape) -> Result<(), Refusal> {
        for class in shape.inventories.keys() {
            match self.class(class) {
                Ok(word) if !before.inventories.contains_key(class) => draft.begin_class(word),
                Ok(_) => {}
                Err(_) if class.starts_with(CUSTOM) => draft.set_class(class, true),
                Err(refusal) => return Err(refusal),
            }
        }
        for name in &shape.traits {
            match self.trait_named(name) {
                Ok(word) if !before.traits.contains(name) => draft.begin_trait(word),
                Ok(_) => {}
                Err(_) if name.starts_with(CUSTOM) => draft.set_trait(name, true),
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::collections::BTreeSet;

    use super::Shape;
    use crate::inventory::Inventory;
    use crate::inventory::Ledger;
    use crate::inventory::Refusal;
    use crate::inventory::Uuid;
    use crate::placement_api::InMemory;
    use crate::store::Outcome;
    use crate::store::Transaction;

    fn shape(classes: &[(&str, u32)], traits: &[&str]) -> Shape {
        let classes = classes.iter();
        Shape {
            inventories: classes
                .map(|(class, total)| ((*class).to_owned(), Inventory::of(*total)))
                .collect(),
            traits: traits.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn make(ledger: &mut Ledger, store: &InMemory, transaction: &Transaction) {
        let Outcome::Committed(revision) = store.commit_now(transaction) else {
            panic!("{transaction:?}");
        };
        ledger.apply(revision, &transaction.changes).unwrap();
    }

    #[test]
    fn a_provider_is_made_whole_and_changed_whole_and_not_if_there_is_nothing_to_change() {
        let (mut ledger, store) = (Ledger::new(), InMemory::default());
        let uuid = Uuid::from_bits(1);
        let first = shape(
            &[("VCPU", 8), ("CUSTOM_A", 1)],
            &["HW_ARCH_X86_64", "CUSTOM_SITE_B"],
        );
        let plan = ledger.plan_create_shaped(uuid, "h", &first, 5).unwrap();
        make(&mut ledger, &store, &plan.transaction);
        let known = ledger.provider_named("h").unwrap();
        assert_eq!((ledger.shape(known), known.generation()), (first.clone(), 1));
        assert!(matches!(
            ledger.plan_create_shaped(Uuid::from_bits(2), "h", &first, 5),
            Err(Refusal::ProviderExists(_))
        ));
        let same = ledger.plan_reshape_provider(uuid, &first, 6).unwrap();
        assert_eq!(same.transaction, Transaction::default());

        for (second, generation) in [
            (shape(&[("VCPU", 4), ("CUSTOM_A", 1)], &["CUSTOM_SITE_B"]), 2),
            (
                shape(
                    &[("VCPU", 4), ("CUSTOM_B", 1)],
                    &["CUSTOM_SITE_C", "CUSTOM_SITE_B"],
                ),
                3,
            ),
        ] {
            let plan = ledger.plan_reshape_provider(uuid, &second, 7).unwrap();
            make(&mut ledger, &store, &plan.transaction);
            let known = ledger.provider_named("h").unwrap();
            assert_eq!((ledger.shape(known), known.generation()), (second, generation));
        }
        let unknown = Shape {
            inventories: BTreeMap::from([("VCPUS".to_owned(), Inventory::of(1))]),
            traits: BTreeSet::new(),
        };
        assert!(matches!(
            ledger.plan_reshape_provider(uuid, &unknown, 8),
            Err(Refusal::NoClass(_))
        ));
    }
}

//! Who takes what from whom.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use super::super::draft::Draft;
use super::super::ledger::Consumer;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;
use super::super::promise::Promises;
use super::super::provider::Provider;
use super::super::record::Amounts;
use super::super::record::ConsumerRecord;
use super::super::uuid::Uuid;
use super::super::vocabulary::Word;

/// What a caller must know of a consumer before it may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumerGeneration {
    /// Nothing: before microversion 1.28.
    Any,
    /// That it is new.
    New,
    /// Its generation.
    Is(u64),
}

/// All that one consumer is to have from now on.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The consumer.
    pub consumer: String,
    /// Whose it is.
    pub project: String,
    /// Who made it.
    pub user: String,
    /// What it is; `None` leaves that as it is.
    pub kind: Option<String>,
    /// What the caller knows of it.
    pub generation: ConsumerGeneration,
    /// How much of each class from each provider. Nothing at all releases everything.
    pub allocations: BTreeMap<String, BTreeMap<String, u64>>,
    /// What a new consumer is promised. What an older one was promised stays as it is.
    pub promises: Option<Promises>,
}

impl Ledger {
    /// Gives several consumers what they ask for, all of them or none.
    pub fn plan_allocate(&self, claims: &[Claim], now: u64) -> Result<Plan<()>, Refusal> {
        let mut draft = Draft::new(self, now);
        self.allocate(&mut draft, claims)?;
        Ok(draft.finish(()))
    }

    /// Takes everything from a consumer. The generations of its providers stay, as they do with Placement.
    pub fn plan_release(&self, id: &str, now: u64) -> Result<Plan<()>, Refusal> {
        let none = || Refusal::NoAllocations(id.to_owned());
        let consumer = self.consumers.get(id).ok_or_else(none)?;
        if consumer.providers().is_empty() {
            return Err(none());
        }
        let mut draft = Draft::new(self, now);
        for provider in self.providers_of(consumer) {
            draft.provider(provider).allocations.remove(id);
        }
        take_away(&mut draft, id, consumer);
        Ok(draft.finish(()))
    }

    fn providers_of(&self, consumer: &Consumer) -> impl Iterator<Item = &Provider> {
        let slots = consumer
            .record
            .providers
            .iter()
            .filter_map(|uuid| self.by_uuid.get(uuid));
        slots.filter_map(|slot| self.at(*slot))
    }

    /// Adds claims to a draft.
    pub(super) fn allocate(&self, draft: &mut Draft<'_>, claims: &[Claim]) -> Result<(), Refusal> {
        self.check_claims(claims)?;
        let wanted = self.wanted(claims)?;
        let mut used = Used::default();
        let mut touched = BTreeSet::new();
        for claim in claims {
            self.forget(draft, claim, &mut used, &mut touched);
        }
        for want in &wanted {
            want.take(draft, &mut used)?;
            touched.insert(want.provider.uuid);
        }
        // Only now: a total that goes over is forgiven where it was further over before.
        for want in &wanted {
            want.check_room(draft, &used)?;
        }
        for provider in touched.iter().filter_map(|uuid| self.by_uuid.get(uuid)) {
            if let Some(known) = self.at(*provider) {
                draft.provider(known).generation += 1;
            }
        }
        for claim in claims {
            self.write_consumer(draft, claim)?;
        }
        Ok(())
    }

    /// Refuses who does not know the consumers as they are, then who names a provider that is not there.
    pub fn check_claims(&self, claims: &[Claim]) -> Result<(), Refusal> {
        for claim in claims {
            check_consumer(self.consumers.get(claim.consumer.as_str()), claim.generation)?;
        }
        let named = claims.iter().flat_map(|claim| claim.allocations.keys());
        named
            .into_iter()
            .try_for_each(|uuid| self.provider(uuid).map(drop))
    }

    /// Finds everything that is named: unknown providers are told before unknown classes.
    fn wanted<'a>(&'a self, claims: &'a [Claim]) -> Result<Vec<Wanted<'a>>, Refusal> {
        let mut wanted = Vec::new();
        for claim in claims {
            for (uuid, amounts) in &claim.allocations {
                let provider = self.provider(uuid)?;
                let consumer = claim.consumer.as_str();
                let all = amounts
                    .iter()
                    .map(move |(class, amount)| (class.as_str(), *amount));
                wanted.extend(all.map(|(name, amount)| (consumer, provider, name, amount)));
            }
        }
        let numbered = wanted.into_iter().map(|(consumer, provider, name, amount)| {
            let class = self.class(name)?;
            Ok(Wanted {
                consumer,
                provider,
                name,
                class,
                amount,
            })
        });
        numbered.collect()
    }

    /// Takes away what a consumer had. Only a release counts as a change of the providers it leaves.
    fn forget(&self, draft: &mut Draft<'_>, claim: &Claim, used: &mut Used, touched: &mut BTreeSet<Uuid>) {
        let id = claim.consumer.as_str();
        let Some(consumer) = self.consumers.get(id) else {
            return;
        };
        for provider in self.providers_of(consumer) {
            for (class, amount) in provider.taken_by(id) {
                used.free(provider, *class, u64::from(*amount));
            }
            draft.provider(provider).allocations.remove(id);
            if claim.allocations.is_empty() {
                touched.insert(provider.uuid);
            }
        }
    }

    fn write_consumer(&self, draft: &mut Draft<'_>, claim: &Claim) -> Result<(), Refusal> {
        let (id, known) = (
            claim.consumer.as_str(),
            self.consumers.get(claim.consumer.as_str()),
        );
        let had = known.filter(|known| !known.providers().is_empty());
        if let Some(known) = had.filter(|_| claim.allocations.is_empty()) {
            take_away(draft, id, known);
            return Ok(());
        }
        let uuids = claim.allocations.keys();
        let providers: Vec<_> = uuids.filter_map(|uuid| Uuid::canonical(uuid)).collect();
        let promises = match known {
            Some(known) => known.record.promises.clone(),
            None if claim.allocations.is_empty() => None,
            None => claim.promises.clone().map(Box::new),
        };
        match (&promises, known) {
            (Some(promises), None) => draft.join(id, promises, &providers)?,
            (Some(promises), Some(known)) if known.providers() != providers => {
                draft.relocate(id, promises, &providers);
            }
            (Some(_), Some(_)) | (None, _) => {}
        }
        let counted = u64::from(!claim.allocations.is_empty());
        let record = ConsumerRecord {
            generation: known.map_or(0, Consumer::generation) + counted,
            project: claim.project.clone(),
            user: claim.user.clone(),
            kind: claim.kind.clone().or_else(|| known?.record.kind.clone()),
            providers,
            promises,
        };
        draft.set_consumer(id, Some(&record));
        Ok(())
    }
}

/// A consumer goes, and what it was promised with it.
fn take_away(draft: &mut Draft<'_>, id: &str, known: &Consumer) {
    if let Some(promises) = known.promises() {
        draft.leave(id, promises);
    }
    draft.set_consumer(id, None);
}

fn check_consumer(known: Option<&Consumer>, given: ConsumerGeneration) -> Result<(), Refusal> {
    let told = match given {
        ConsumerGeneration::Any => return Ok(()),
        ConsumerGeneration::New => None,
        ConsumerGeneration::Is(generation) => Some(generation),
    };
    let known = known.map(Consumer::generation);
    if known == told {
        return Ok(());
    }
    let text = |generation: Option<u64>| generation.map_or("null".to_owned(), |known| known.to_string());
    Err(Refusal::ConsumerChanged {
        known: text(known),
        given: text(told),
    })
}

/// One amount that one consumer wants.
struct Wanted<'a> {
    consumer: &'a str,
    provider: &'a Provider,
    name: &'a str,
    class: Word,
    amount: u64,
}

impl Wanted<'_> {
    /// Takes it, if the inventory's rules allow that amount.
    fn take(&self, draft: &mut Draft<'_>, used: &mut Used) -> Result<(), Refusal> {
        let record = draft.provider(self.provider);
        let Some(inventory) = record.inventories.get(self.name) else {
            return Err(Refusal::NoInventory {
                provider: self.provider.uuid.to_string(),
                class: self.name.to_owned(),
            });
        };
        let amount = u32::try_from(self.amount)
            .ok()
            .filter(|_| inventory.allows(self.amount));
        let Some(amount) = amount else {
            return Err(Refusal::NotAllowed {
                provider: self.provider.uuid.to_string(),
                class: self.name.to_owned(),
                amount: self.amount,
                min: inventory.min_unit,
                max: inventory.max_unit,
                step: inventory.step_size,
            });
        };
        let taken: &mut Amounts = record.allocations.entry(self.consumer.to_owned()).or_default();
        taken.insert(self.name.to_owned(), amount);
        used.take(self.provider, self.class, self.amount);
        Ok(())
    }

    /// All together has to fit, or at least to be no more than before: capacity may have shrunk below what was promised.
    fn check_room(&self, draft: &mut Draft<'_>, used: &Used) -> Result<(), Refusal> {
        let before = used_before(self.provider, self.class);
        let after = used.of(self.provider, self.class);
        let record = draft.provider(self.provider);
        let inventory = record.inventories.get(self.name);
        if after <= before || inventory.is_some_and(|inventory| inventory.holds(after)) {
            return Ok(());
        }
        Err(Refusal::NoRoom {
            provider: self.provider.uuid.to_string(),
            class: self.name.to_owned(),
            amount: self.amount,
            used: after.saturating_sub(self.amount),
            capacity: inventory.map_or(0, super::super::stock::Inventory::capacity),
        })
    }
}

/// How much is used, where that differs from what the ledger knows.
#[derive(Default)]
struct Used {
    now: HashMap<(Uuid, Word), u64>,
}

impl Used {
    fn entry(&mut self, provider: &Provider, class: Word) -> &mut u64 {
        let start = || used_before(provider, class);
        self.now.entry((provider.uuid, class)).or_insert_with(start)
    }

    fn free(&mut self, provider: &Provider, class: Word, amount: u64) {
        let used = self.entry(provider, class);
        *used = used.saturating_sub(amount);
    }

    fn take(&mut self, provider: &Provider, class: Word, amount: u64) {
        let used = self.entry(provider, class);
        *used = used.saturating_add(amount);
    }

    fn of(&self, provider: &Provider, class: Word) -> u64 {
        let changed = self.now.get(&(provider.uuid, class));
        changed.copied().unwrap_or_else(|| used_before(provider, class))
    }
}

fn used_before(provider: &Provider, class: Word) -> u64 {
    provider.stock(class).map_or(0, |stock| stock.used)
}

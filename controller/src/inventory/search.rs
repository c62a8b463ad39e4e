//! Which providers could give what is asked for.

use super::bits::Bits;
use super::ledger::Ledger;
use super::plan::Refusal;
use super::provider::Provider;
use super::uuid::Uuid;
use super::vocabulary::Word;

/// What a provider has to be and to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// How much of each resource class.
    pub resources: Vec<(String, u64)>,
    /// Traits: one of each list.
    pub required: Vec<Vec<String>>,
    /// Traits that it may not have.
    pub forbidden: Vec<String>,
    /// Aggregates: one of each list.
    pub member_of: Vec<Vec<String>>,
    /// Aggregates that it may not be in.
    pub not_member_of: Vec<String>,
    /// A provider in whose tree it has to be.
    pub in_tree: Option<String>,
}

impl Wish {
    /// Whether it says what it wants. A group that says where, or only what it does not want, is granted by nobody, as with
    /// Placement.
    fn seeks(&self) -> bool {
        !(self.resources.is_empty() && self.required.is_empty() && self.member_of.is_empty())
    }
}

/// A search for candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CandidateSearch {
    /// Wishes by the suffix of their group. As long as providers are flat, one provider has to grant them all.
    pub groups: Vec<(String, Wish)>,
    /// Traits that the root of the tree has to have.
    pub root_required: Vec<String>,
    /// Traits that the root of the tree may not have.
    pub root_forbidden: Vec<String>,
    /// Whether each group with a suffix needs a provider of its own.
    pub isolate: bool,
    /// How many candidates at most.
    pub limit: Option<usize>,
}

/// A search among providers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderSearch {
    /// Its name.
    pub name: Option<String>,
    /// Its UUID.
    pub uuid: Option<String>,
    /// All else.
    pub wish: Wish,
}

/// The providers found, each of which can give all of `resources`.
#[derive(Clone, Debug)]
pub struct Candidates<'l> {
    /// The providers.
    pub providers: Vec<&'l Provider>,
    pub(crate) resources: Vec<(Word, u64)>,
}

impl Ledger {
    /// The providers that could grant all wishes now. An unknown class or trait is a refusal; what cannot be met is an empty
    /// answer, and what would only be looked at after that is not looked at any more, as with Placement.
    pub fn candidates(&self, search: &CandidateSearch) -> Result<Candidates<'_>, Refusal> {
        let mut found = self.taken_slots();
        let none = Candidates {
            providers: Vec::new(),
            resources: Vec::new(),
        };
        self.filter_traits(&mut found, &single(&search.root_required), &search.root_forbidden)?;
        if found.is_empty() && !(search.root_required.is_empty() && search.root_forbidden.is_empty()) {
            return Ok(none);
        }
        let mut resources: Vec<(Word, u64)> = Vec::new();
        for (_, wish) in &search.groups {
            let Some(granted) = self.granted(wish, &mut resources)? else {
                return Ok(none);
            };
            found.keep(&granted);
        }
        let suffixed = search
            .groups
            .iter()
            .filter(|(suffix, _)| !suffix.is_empty())
            .count();
        if search.isolate && suffixed > 1 {
            return Ok(none);
        }
        let together = search.groups.len() > 1;
        let fits = |provider: &&Provider| !together || holds_together(provider, &resources);
        let providers = found.iter().filter_map(|slot| self.at(slot)).filter(fits);
        let limit = search.limit.unwrap_or(usize::MAX);
        Ok(Candidates {
            providers: providers.take(limit).collect(),
            resources,
        })
    }

    /// Who could grant one wish; `None` if nobody can.
    fn granted(&self, wish: &Wish, resources: &mut Vec<(Word, u64)>) -> Result<Option<Bits>, Refusal> {
        let mut wanted = Vec::new();
        for (name, amount) in &wish.resources {
            wanted.push((self.class(name)?, *amount));
        }
        let mut found = self.taken_slots();
        if !self.filter_members(&mut found, &wish.member_of) {
            return Ok(None);
        }
        // Unknown traits are told before anything else fails to be found.
        let every_trait = wish.required.iter().flatten().chain(&wish.forbidden);
        every_trait
            .map(|name| self.trait_named(name))
            .try_for_each(|found| found.map(drop))?;
        if !self.filter_tree(&mut found, wish.in_tree.as_deref()) {
            return Ok(None);
        }
        self.filter_traits(&mut found, &wish.required, &wish.forbidden)?;
        self.drop_members(&mut found, &wish.not_member_of);
        if !wish.seeks() {
            return Ok(None);
        }
        for (class, amount) in &wanted {
            self.filter_room(&mut found, *class, *amount);
            match resources.iter_mut().find(|(known, _)| known == class) {
                Some((_, sum)) => *sum = sum.saturating_add(*amount),
                None => resources.push((*class, *amount)),
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }

    /// The providers that match a filter. Where traits or aggregates alone leave nobody, nothing further is looked at.
    pub fn matching(&self, search: &ProviderSearch) -> Result<Vec<&Provider>, Refusal> {
        let (wish, mut found) = (&search.wish, self.taken_slots());
        if !self.filter_tree(&mut found, wish.in_tree.as_deref()) {
            return Ok(Vec::new());
        }
        let (mut able, mut members) = (self.taken_slots(), self.taken_slots());
        self.filter_traits(&mut able, &wish.required, &[])?;
        if !wish.required.is_empty() && able.is_empty() {
            return Ok(Vec::new());
        }
        self.filter_traits(&mut able, &[], &wish.forbidden)?;
        if !self.filter_members(&mut members, &wish.member_of) {
            return Ok(Vec::new());
        }
        self.drop_members(&mut members, &wish.not_member_of);
        found.keep(&able);
        found.keep(&members);
        for (name, amount) in &wish.resources {
            self.filter_room(&mut found, self.class(name)?, *amount);
        }
        let named = |provider: &&Provider| {
            let name = search.name.as_deref().is_none_or(|name| provider.name == name);
            name && search
                .uuid
                .as_deref()
                .is_none_or(|uuid| Uuid::canonical(uuid) == Some(provider.uuid))
        };
        Ok(found
            .iter()
            .filter_map(|slot| self.at(slot))
            .filter(named)
            .collect())
    }

    fn words<'a>(&self, names: impl Iterator<Item = &'a String>) -> Result<Vec<Word>, Refusal> {
        names.map(|name| self.trait_named(name)).collect()
    }

    fn filter_traits(
        &self,
        found: &mut Bits,
        required: &[Vec<String>],
        forbidden: &[String],
    ) -> Result<(), Refusal> {
        for any in required {
            found.keep(&self.holders_of_any(any)?);
        }
        found.drop(&self.holders_of_any(forbidden)?);
        Ok(())
    }

    fn holders_of_any(&self, names: &[String]) -> Result<Bits, Refusal> {
        let mut holders = Bits::default();
        for word in self.words(names.iter())? {
            if let Some(more) = self.trait_holders(word) {
                holders.join(more);
            }
        }
        Ok(holders)
    }

    /// Keeps the members of one aggregate of each list; false if a list alone, or all together, leave nobody at all.
    fn filter_members(&self, found: &mut Bits, lists: &[Vec<String>]) -> bool {
        for any in lists {
            found.keep(&self.members_of_any(any));
        }
        lists.is_empty() || !found.is_empty()
    }

    fn drop_members(&self, found: &mut Bits, aggregates: &[String]) {
        found.drop(&self.members_of_any(aggregates));
    }

    fn members_of_any(&self, aggregates: &[String]) -> Bits {
        let mut members = Bits::default();
        for more in aggregates
            .iter()
            .filter_map(|aggregate| self.members.get(aggregate))
        {
            members.join(more);
        }
        members
    }

    /// Keeps the tree of a provider: itself. False if there is no such provider.
    fn filter_tree(&self, found: &mut Bits, within: Option<&str>) -> bool {
        let Some(uuid) = within else { return true };
        let slot = Uuid::canonical(uuid).and_then(|uuid| self.by_uuid.get(&uuid));
        found.keep(&slot.copied().into_iter().collect());
        slot.is_some()
    }

    fn filter_room(&self, found: &mut Bits, class: Word, amount: u64) {
        let Some(holders) = self.class_holders(class) else {
            *found = Bits::default();
            return;
        };
        found.keep(holders);
        let short = |slot: &usize| {
            let stock = self.at(*slot).and_then(|provider| provider.stock(class));
            !stock.is_some_and(|stock| stock.offers(amount))
        };
        let short: Bits = found.iter().filter(short).collect();
        found.drop(&short);
    }
}

fn single(names: &[String]) -> Vec<Vec<String>> {
    names.iter().map(|name| vec![name.clone()]).collect()
}

/// Whether the sum of several groups fits. Its step is not asked for again: each part was a multiple of it.
fn holds_together(provider: &Provider, resources: &[(Word, u64)]) -> bool {
    resources.iter().all(|(class, amount)| {
        provider.stock(*class).is_some_and(|stock| {
            let all = i64::try_from(stock.used.saturating_add(*amount)).unwrap_or(i64::MAX);
            all <= stock.inventory.capacity() && *amount <= u64::from(stock.inventory.max_unit)
        })
    })
}

//! Which traits a provider has.

use super::super::draft::Draft;
use super::super::draft::check_generation;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;

/// The trait with which a provider offers its inventory to all in its aggregates.
const SHARING: &str = "MISC_SHARES_VIA_AGGREGATE";

impl Ledger {
    /// Replaces all traits of a provider. The answer is its new generation: the old one, if nothing changes.
    pub fn plan_set_traits(
        &self,
        uuid: &str,
        generation: Option<u64>,
        names: &[String],
        now: u64,
    ) -> Result<Plan<u64>, Refusal> {
        let known = self.provider(uuid)?;
        check_generation(known, generation)?;
        let words: Result<Vec<_>, _> = names.iter().map(|name| self.trait_named(name)).collect();
        let mut words = words?;
        if names.iter().any(|name| name == SHARING) {
            return Err(Refusal::Sharing(SHARING.to_owned()));
        }
        words.sort_unstable();
        words.dedup();
        let mut draft = Draft::new(self, now);
        if words == known.traits {
            return Ok(draft.finish(known.generation));
        }
        for word in words.iter().filter(|word| !known.traits.contains(word)) {
            draft.begin_trait(*word);
        }
        let record = draft.provider(known);
        record.traits = words
            .iter()
            .map(|word| self.traits.name(*word).to_owned())
            .collect();
        record.generation += 1;
        Ok(draft.finish(known.generation + 1))
    }
}

//! Which aggregates a provider is in.

use super::super::draft::Draft;
use super::super::draft::check_generation;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;

impl Ledger {
    /// Replaces all aggregates of a provider. With a generation, that counts as a change of it; without one it does not,
    /// which is what Placement did before microversion 1.19. The answer is the generation after.
    pub fn plan_set_aggregates(
        &self,
        uuid: &str,
        generation: Option<u64>,
        aggregates: Vec<String>,
        now: u64,
    ) -> Result<Plan<u64>, Refusal> {
        let known = self.provider(uuid)?;
        check_generation(known, generation)?;
        let after = known.generation + u64::from(generation.is_some());
        let mut draft = Draft::new(self, now);
        let record = draft.provider(known);
        record.aggregates = aggregates;
        record.generation = after;
        Ok(draft.finish(after))
    }
}

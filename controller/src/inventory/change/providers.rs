//! Providers come, are renamed, and go.

use super::super::draft::Draft;
use super::super::ledger::Ledger;
use super::super::plan::Plan;
use super::super::plan::Refusal;
use super::super::uuid::Uuid;

impl Ledger {
    /// Makes a provider.
    pub fn plan_create_provider(&self, uuid: Uuid, name: &str, now: u64) -> Result<Plan<()>, Refusal> {
        if self.by_uuid.contains_key(&uuid) {
            return Err(Refusal::ProviderExists(format!("uuid: {uuid}")));
        }
        self.check_name(name)?;
        let mut draft = Draft::new(self, now);
        draft.new_provider(uuid, name);
        draft.take_name(name, uuid);
        Ok(draft.finish(()))
    }

    /// Gives a provider another name. Its generation stays.
    pub fn plan_rename_provider(&self, uuid: &str, name: &str, now: u64) -> Result<Plan<()>, Refusal> {
        let known = self.provider(uuid)?;
        let mut draft = Draft::new(self, now);
        let record = draft.provider(known);
        if known.name != name {
            self.check_name(name)?;
            name.clone_into(&mut record.name);
            draft.take_name(name, known.uuid);
            draft.give_name_back(&known.name);
        }
        Ok(draft.finish(()))
    }

    /// Takes a provider away, with all it has. Nobody may use it.
    pub fn plan_delete_provider(&self, uuid: &str) -> Result<Plan<()>, Refusal> {
        let known = self.provider(uuid)?;
        if known.is_used() {
            return Err(Refusal::ProviderInUse(uuid.to_owned()));
        }
        let mut draft = Draft::new(self, 0);
        draft.remove_provider(known);
        draft.give_name_back(&known.name);
        Ok(draft.finish(()))
    }

    fn check_name(&self, name: &str) -> Result<(), Refusal> {
        if self.by_name.contains_key(name) {
            return Err(Refusal::ProviderExists(format!("name: {name}")));
        }
        Ok(())
    }
}

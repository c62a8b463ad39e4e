//! Joining groups, leaving them, and moving with them.

use super::draft::Draft;
use super::ledger::Ledger;
use super::plan::Refusal;
use super::promise::Affinity;
use super::promise::GroupRecord;
use super::promise::MOST_MEMBERS;
use super::promise::Promises;
use super::uuid::Uuid;

/// How many members that the ledger does not know are looked at in one change.
const UNKNOWN: usize = 8;

/// A group as a sentence has it: `apart, as a rule`.
pub fn described(affinity: Affinity, hard: bool) -> String {
    let affinity = match affinity {
        Affinity::Together => "together",
        Affinity::Apart => "apart",
    };
    format!("{affinity}, as a {}", if hard { "rule" } else { "wish" })
}

impl Ledger {
    /// Refuses a group that is there already and is another.
    pub fn check_group(
        &self,
        project: &str,
        name: &str,
        affinity: Affinity,
        hard: bool,
    ) -> Result<(), Refusal> {
        let known = self.group(project, name);
        known.map_or(Ok(()), |known| check(&known.record, affinity, hard))
    }
}

/// What a group is, is said by whoever comes first, and holds as long as anybody is in it.
fn check(record: &GroupRecord, affinity: Affinity, hard: bool) -> Result<(), Refusal> {
    if record.members.is_empty() || (record.affinity, record.hard) == (affinity, hard) {
        return Ok(());
    }
    Err(Refusal::GroupDiffers {
        name: record.name.clone(),
        project: record.project.clone(),
        known: described(record.affinity, record.hard),
    })
}

impl Draft<'_> {
    /// A machine comes with its promises: into its groups, and beside those that it wants to be near to.
    pub(super) fn join(&mut self, id: &str, promises: &Promises, providers: &[Uuid]) -> Result<(), Refusal> {
        let project = promises.project.as_str();
        for group in &promises.groups {
            let record = self.band(project, &group.name);
            check(record, group.affinity, group.hard)?;
            (record.affinity, record.hard) = (group.affinity, group.hard);
            record.members.insert(id.to_owned(), providers.to_vec());
            check_size(record, record.members.len())?;
        }
        for name in promises.near_groups() {
            let record = self.band(project, name);
            record.watchers.insert(id.to_owned());
            check_size(record, record.watchers.len())?;
        }
        for machine in promises.near_machines() {
            self.expect_consumer(machine);
        }
        Ok(())
    }

    /// A machine goes, and its promises with it.
    pub(super) fn leave(&mut self, id: &str, promises: &Promises) {
        let project = promises.project.as_str();
        for group in &promises.groups {
            self.band(project, &group.name).members.remove(id);
        }
        for name in promises.near_groups() {
            self.band(project, name).watchers.remove(id);
        }
    }

    /// A machine is elsewhere: who decides about its groups meanwhile has to look again.
    pub(super) fn relocate(&mut self, id: &str, promises: &Promises, providers: &[Uuid]) {
        for group in &promises.groups {
            let record = self.band(&promises.project, &group.name);
            record.members.insert(id.to_owned(), providers.to_vec());
        }
        for name in promises.near_groups() {
            self.band(&promises.project, name).watchers.insert(id.to_owned());
        }
    }

    /// A group's record, to be changed.
    fn band(&mut self, project: &str, name: &str) -> &mut GroupRecord {
        let strangers = self.strangers(project, name);
        // Either the ledger is behind, and the store says so, or a release that knows no groups took them away.
        for id in &strangers {
            self.expect_consumer(id);
        }
        let record = self.group(project, name);
        for id in &strangers {
            record.members.remove(id);
            record.watchers.remove(id);
        }
        record
    }

    /// Who is said to be in a group, or near it, and is not known.
    fn strangers(&self, project: &str, name: &str) -> Vec<String> {
        let Some(known) = self.ledger.group(project, name) else {
            return Vec::new();
        };
        let everybody = known.record.members.keys().chain(&known.record.watchers);
        everybody
            .filter(|id| self.ledger.consumer(id).is_none())
            .take(UNKNOWN)
            .cloned()
            .collect()
    }
}

fn check_size(record: &GroupRecord, size: usize) -> Result<(), Refusal> {
    if size <= MOST_MEMBERS {
        return Ok(());
    }
    Err(Refusal::GroupFull {
        name: record.name.clone(),
        most: MOST_MEMBERS,
    })
}

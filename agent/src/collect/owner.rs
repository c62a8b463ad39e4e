//! Whose a process is.

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Layout;
use wattle_hostfs::process::MembershipReader;
use wattle_hostfs::process::memberships;

use super::trees::Trees;
use crate::workload::Evidence;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::VmProcess;
use crate::workload::sort_membership;

/// A process's place is looked up again once in so many ticks.
const LOOK_AGAIN: u32 = 32;
/// A young process is often moved into its cgroup just after it was born, so it is asked more often: at each of its first
/// ticks, and up to this age at each power of two.
const YOUNG: u32 = 64;
const NEWBORN: u32 = 2;

/// What is known of a process's owner.
#[derive(Debug, Default)]
pub(super) struct Owned {
    owner: Owner,
    age: u32,
    /// A hash of the text from which the owner follows, with a key that nobody knows.
    text: Option<u64>,
    /// It was a machine of its own when that was looked up.
    was_machine: bool,
}

#[derive(Debug, Default)]
enum Owner {
    #[default]
    Unknown,
    /// A workload's cgroup accounts for it.
    Accounted,
    Workload(Payer),
}

/// Who pays for a process that has an account of its own.
#[derive(Debug)]
pub(super) struct Payer {
    pub(super) workload: Arc<Identity>,
    /// The account of the cgroup that counts the process's time as well.
    pub(super) inside: Option<u64>,
    /// The only socket on which that cgroup may run.
    pub(super) socket: Option<usize>,
}

/// A process whose owner is sought.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'g> {
    pub(super) pid: u32,
    pub(super) kernel_thread: bool,
    /// The virtual machine that it is or works for, with the PID and start time of that.
    pub(super) machine: Option<(&'g VmProcess, (u32, u64))>,
    /// It is a member of a cgroup that only groups others.
    pub(super) is_loose: bool,
}

/// Finds the owners of processes.
#[derive(Debug)]
pub(super) struct Owners {
    memberships: MembershipReader,
    hasher: RandomState,
    /// Several hierarchies: one may name a workload that the accounting one does not know.
    several: bool,
    system: Arc<Identity>,
    kernel: Arc<Identity>,
}

impl Owned {
    /// Who pays, if it is not a workload whose cgroup pays already.
    pub(super) fn payer(&self) -> Option<&Payer> {
        match &self.owner {
            Owner::Workload(payer) => Some(payer),
            Owner::Unknown | Owner::Accounted => None,
        }
    }

    /// Whether it is time to look where the process is, by its age.
    fn is_due(&mut self, pid: u32, trees: &Trees) -> bool {
        let age = self.age;
        self.age = age.saturating_add(1);
        let is_young = age <= YOUNG;
        age < NEWBORN
            || is_young && (age.is_power_of_two() || trees.are_growing())
            || age.wrapping_add(pid).is_multiple_of(LOOK_AGAIN)
    }
}

impl Owners {
    pub(super) fn new(roots: &Roots, hierarchies: &Hierarchies) -> Self {
        Self {
            memberships: MembershipReader::new(roots),
            hasher: RandomState::new(),
            several: hierarchies.layout != Layout::Unified,
            system: Identity::permanent(Kind::System),
            kernel: Identity::permanent(Kind::Kernel),
        }
    }

    /// Finds out whose a process is, where that is not known or may have changed.
    pub(super) fn refresh(
        &mut self,
        owned: &mut Owned,
        about: &About<'_>,
        trees: &Trees,
        scratch: &mut Scratch,
    ) {
        let is_machine = about.machine.is_some();
        let turned = std::mem::replace(&mut owned.was_machine, is_machine) != is_machine;
        if turned {
            *owned = Owned {
                was_machine: is_machine,
                ..Owned::default()
            };
        }
        let known = !matches!(owned.owner, Owner::Unknown);
        let is_due = owned.is_due(about.pid, trees) || is_machine && trees.are_growing();
        if known && (about.kernel_thread && !is_machine || !is_due) {
            return;
        }
        if is_machine {
            self.look_up(owned, about, trees, scratch);
        } else if about.kernel_thread {
            owned.owner = self.alone(&self.kernel);
        } else if about.is_loose && !self.several {
            owned.owner = self.alone(&self.system);
        } else {
            self.look_up(owned, about, trees, scratch);
        }
    }

    fn alone(&self, workload: &Arc<Identity>) -> Owner {
        Owner::Workload(Payer {
            workload: workload.clone(),
            inside: None,
            socket: None,
        })
    }

    fn look_up(&mut self, owned: &mut Owned, about: &About<'_>, trees: &Trees, scratch: &mut Scratch) {
        let Ok(text) = self.memberships.read(about.pid, scratch) else {
            if matches!(owned.owner, Owner::Unknown) {
                owned.owner = self.alone(&self.system);
            }
            return;
        };
        let counted_by = trees.counted_by(text);
        // Most texts are those of the last time, and so are the cgroups; then so is the owner.
        let hash = Some(self.hasher.hash_one((text, counted_by.map(|tag| tag.id))));
        if owned.text == hash {
            return;
        }
        owned.text = hash;
        let own = about.machine.and_then(|(machine, born)| {
            let path = counted_by.map_or_else(|| accounted_path(text, trees), |tag| tag.path.to_string());
            machine.identify(&path, trees.nesting(), born, &trees.witness.evidence_of(machine))
        });
        owned.owner = match (own, counted_by) {
            (Some(workload), around) => Owner::Workload(Payer {
                workload,
                inside: around.map(|tag| tag.id),
                socket: around.and_then(|tag| tag.socket),
            }),
            (None, Some(_)) => Owner::Accounted,
            (None, None) => self.owner(text, trees),
        };
    }

    /// The owner of a process that no cgroup counts, as far as the agent knows the cgroups.
    fn owner(&self, text: &[u8], trees: &Trees) -> Owner {
        let mut named = None;
        for membership in memberships(text).flatten() {
            let path = String::from_utf8_lossy(membership.path);
            let Some(subject) = sort_membership(&path, trees.nesting()) else {
                continue;
            };
            if trees.accounts(&membership) {
                return Owner::Accounted;
            }
            named = named.or_else(|| Some(subject.identify(&Evidence::default())));
        }
        self.alone(&named.unwrap_or_else(|| self.system.clone()))
    }
}

/// Where a process is in the hierarchy that accounts CPU time.
fn accounted_path(text: &[u8], trees: &Trees) -> String {
    memberships(text)
        .flatten()
        .find(|membership| trees.accounts(membership))
        .map(|membership| String::from_utf8_lossy(membership.path).into_owned())
        .unwrap_or_default()
}

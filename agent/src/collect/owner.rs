//! Whose a loose process is.

use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Layout;
use wattle_hostfs::hierarchies::Version;
use wattle_hostfs::process::Membership;
use wattle_hostfs::process::MembershipReader;
use wattle_hostfs::process::memberships;

use crate::workload::Evidence;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Nesting;
use crate::workload::sort_membership;

/// A young process is often moved into its cgroup just after it was born, so its place is looked up again at once, and
/// from then on once in so many ticks.
const LOOK_AGAIN: u32 = 32;
const YOUNG: u32 = 2;

/// What is known of a process's owner.
#[derive(Debug, Default)]
pub(super) struct Owned {
    owner: Owner,
    age: u32,
    /// A hash of the text from which the owner follows, with a key that nobody knows.
    text: Option<u64>,
}

#[derive(Debug, Default)]
enum Owner {
    #[default]
    Unknown,
    /// A workload's cgroup accounts for it.
    Accounted,
    Workload(Arc<Identity>),
}

/// Finds the owners of processes.
#[derive(Debug)]
pub(super) struct Owners {
    memberships: MembershipReader,
    hasher: RandomState,
    place: Place,
    system: Arc<Identity>,
    kernel: Arc<Identity>,
}

/// How a process's line in `/proc/PID/cgroup` says where it is accounted.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The hierarchy that accounts CPU time.
    cpu: Option<Version>,
    /// Several hierarchies: one may name a workload that the accounting one does not know.
    several: bool,
}

impl Owned {
    /// The workload that pays, if it is not one whose cgroup pays already.
    pub(super) fn workload(&self) -> Option<&Arc<Identity>> {
        match &self.owner {
            Owner::Workload(workload) => Some(workload),
            Owner::Unknown | Owner::Accounted => None,
        }
    }
}

impl Owners {
    pub(super) fn new(roots: &Roots, hierarchies: &Hierarchies) -> Self {
        Self {
            memberships: MembershipReader::new(roots),
            hasher: RandomState::new(),
            place: Place {
                cpu: hierarchies.cpu.as_ref().map(|hierarchy| hierarchy.version),
                several: hierarchies.layout != Layout::Unified,
            },
            system: Identity::permanent(Kind::System),
            kernel: Identity::permanent(Kind::Kernel),
        }
    }

    /// Finds out whose a process is, where that is not known or may have changed. `everyone`: it may also be in a
    /// workload's cgroup.
    pub(super) fn refresh(
        &mut self,
        owned: &mut Owned,
        (pid, kernel_thread): (u32, bool),
        everyone: bool,
        scratch: &mut Scratch,
    ) {
        let known = !matches!(owned.owner, Owner::Unknown);
        let due = owned.age < YOUNG || owned.age.wrapping_add(pid).is_multiple_of(LOOK_AGAIN);
        owned.age = owned.age.saturating_add(1);
        if known && (kernel_thread || !due) {
            return;
        }
        if kernel_thread {
            owned.owner = Owner::Workload(self.kernel.clone());
        } else if !self.place.several && !everyone {
            owned.owner = Owner::Workload(self.system.clone());
        } else {
            self.look_up(owned, pid, scratch);
        }
    }

    /// Most texts are those of the last time, and then so is the owner.
    fn look_up(&mut self, owned: &mut Owned, pid: u32, scratch: &mut Scratch) {
        if let Ok(text) = self.memberships.read(pid, scratch) {
            let hash = Some(self.hasher.hash_one(text));
            if owned.text != hash {
                owned.text = hash;
                owned.owner = owner(text, self.place, &self.system);
            }
        } else if matches!(owned.owner, Owner::Unknown) {
            owned.owner = Owner::Workload(self.system.clone());
        }
    }
}

fn owner(text: &[u8], place: Place, system: &Arc<Identity>) -> Owner {
    let mut named = None;
    for membership in memberships(text).flatten() {
        let path = String::from_utf8_lossy(membership.path);
        let Some(subject) = sort_membership(&path, Nesting::default()) else {
            continue;
        };
        if place.accounts(&membership) {
            return Owner::Accounted;
        }
        named = named.or_else(|| Some(subject.identify(&Evidence::default())));
    }
    Owner::Workload(named.unwrap_or_else(|| system.clone()))
}

impl Place {
    fn accounts(self, membership: &Membership<'_>) -> bool {
        match self.cpu {
            Some(Version::V2) => membership.hierarchy == 0,
            Some(Version::V1) => membership.has("cpuacct"),
            None => false,
        }
    }
}

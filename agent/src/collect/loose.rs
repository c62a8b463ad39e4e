//! Processes that no cgroup accounts for.

use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_tree::CgroupTree;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Layout;
use wattle_hostfs::hierarchies::Version;
use wattle_hostfs::pids::PidLister;
use wattle_hostfs::process::Membership;
use wattle_hostfs::process::memberships;
use wattle_hostfs::process::read_memberships;
use wattle_hostfs::process_table::Process;
use wattle_hostfs::process_table::ProcessTable;

use super::sense::Trouble;
use super::workloads::Ids;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::sort_membership;

/// A young process is often moved into its cgroup just after it was born, so its place is looked up again at once, and
/// from then on once in so many ticks.
const LOOK_AGAIN: u32 = 32;
const YOUNG: u32 = 2;

/// The loose processes of a host.
///
/// They are the members of those cgroups that only group others. Where these cannot be listed (no cgroups, or another PID
/// namespace), every process of the host is looked at, and those that a workload's cgroup accounts for are left out.
#[derive(Debug)]
pub(super) struct Loose {
    roots: Roots,
    table: ProcessTable<Tag>,
    lister: Option<PidLister>,
    pids: Vec<u32>,
    place: Place,
    system: Arc<Identity>,
    kernel: Arc<Identity>,
}

/// What the agent knows of a process.
#[derive(Debug, Default)]
struct Tag {
    id: u64,
    owner: Owner,
    age: u32,
}

#[derive(Clone, Debug, Default)]
enum Owner {
    #[default]
    Unknown,
    /// A workload's cgroup accounts for it.
    Accounted,
    Workload(Arc<Identity>),
}

/// How a process's line in `/proc/PID/cgroup` says where it is accounted.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The hierarchy that accounts CPU time.
    cpu: Option<Version>,
    /// Several hierarchies: one may name a workload that the accounting one does not know.
    several: bool,
}

impl Loose {
    pub(super) fn new(roots: &Roots, hierarchies: &Hierarchies, most_files: usize) -> Self {
        Self {
            roots: roots.clone(),
            table: ProcessTable::new(roots, most_files),
            lister: None,
            pids: Vec::new(),
            place: Place {
                cpu: hierarchies.cpu.as_ref().map(|hierarchy| hierarchy.version),
                several: hierarchies.layout != Layout::Unified,
            },
            system: Identity::permanent(Kind::System),
            kernel: Identity::permanent(Kind::Kernel),
        }
    }

    /// Reads them, and appends an account for each.
    pub(super) fn read<W>(
        &mut self,
        tree: &mut CgroupTree<W>,
        ids: &mut Ids,
        scratch: &mut Scratch,
        accounts: &mut Vec<AccountSample>,
    ) -> Result<(), Trouble> {
        let everyone = self.list(tree, scratch)?;
        let mut trouble = None;
        self.table.begin();
        for pid in std::mem::take(&mut self.pids).drain(..) {
            match self.table.visit(pid, scratch) {
                Ok(Some(process)) => {
                    if process.fresh {
                        process.tag = Tag {
                            id: ids.next(),
                            ..Tag::default()
                        };
                    }
                    let context = (&self.roots, self.place, everyone);
                    refresh(process, context, (&self.system, &self.kernel), scratch);
                    accounts.extend(account(process));
                }
                Ok(None) => {}
                Err(error) => trouble = Some(error),
            }
        }
        self.table.end(drop);
        trouble.map_or(Ok(()), |error| {
            Err(Trouble::new("some processes cannot be read", error.to_string()))
        })
    }

    /// Fills `pids`; returns whether they are all processes, not only loose ones.
    fn list<W>(&mut self, tree: &mut CgroupTree<W>, scratch: &mut Scratch) -> Result<bool, Trouble> {
        self.pids.clear();
        let pids = &mut self.pids;
        let listed = tree.for_each_loose_pid(scratch, |pid| pids.push(pid));
        if listed.is_ok() && !self.pids.is_empty() {
            return Ok(false);
        }
        self.pids.clear();
        let lister = match &mut self.lister {
            Some(lister) => lister,
            none => none.insert(PidLister::open(&self.roots)?),
        };
        lister.for_each(|pid| self.pids.push(pid))?;
        Ok(true)
    }
}

/// Finds out whose a process is, where that is not known or may have changed.
fn refresh(
    process: &mut Process<Tag>,
    (roots, place, everyone): (&Roots, Place, bool),
    (system, kernel): (&Arc<Identity>, &Arc<Identity>),
    scratch: &mut Scratch,
) {
    let tag = &mut process.tag;
    let known = !matches!(tag.owner, Owner::Unknown);
    let due = tag.age < YOUNG || tag.age.wrapping_add(process.pid).is_multiple_of(LOOK_AGAIN);
    tag.age = tag.age.saturating_add(1);
    if known && (process.kernel_thread || !due) {
        return;
    }
    if process.kernel_thread {
        tag.owner = Owner::Workload(kernel.clone());
    } else if !place.several && !everyone {
        tag.owner = Owner::Workload(system.clone());
    } else if let Ok(text) = read_memberships(roots, process.pid, scratch) {
        let owner = owner(text, place, system);
        if !tag.owner.is_same(&owner) {
            tag.owner = owner;
        }
    } else if !known {
        tag.owner = Owner::Workload(system.clone());
    }
}

fn owner(text: &[u8], place: Place, system: &Arc<Identity>) -> Owner {
    let mut named = None;
    for membership in memberships(text).flatten() {
        let Some(identity) = sort_membership(&String::from_utf8_lossy(membership.path)) else {
            continue;
        };
        if place.accounts(&membership) {
            return Owner::Accounted;
        }
        named = named.or(Some(identity));
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

impl Owner {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Workload(one), Self::Workload(two)) => one == two,
            (Self::Accounted, Self::Accounted) => true,
            _ => false,
        }
    }
}

fn account(process: &Process<Tag>) -> Option<AccountSample> {
    let Owner::Workload(workload) = &process.tag.owner else {
        return None;
    };
    Some(AccountSample {
        id: process.tag.id,
        source: AccountSource::Process {
            pid: process.pid,
            start_ticks: process.start_ticks,
        },
        workload: workload.clone(),
        cpu_usec: process.cpu_usec,
        socket: None,
        memory_bytes: None,
        reserved_millicpus: None,
    })
}

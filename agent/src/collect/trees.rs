//! The cgroups that account for CPU time.

use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_tree::Cgroup;
use wattle_hostfs::cgroup_tree::CgroupPath;
use wattle_hostfs::cgroup_tree::CgroupTree;
use wattle_hostfs::cgroup_tree::Origin;
use wattle_hostfs::cgroup_tree::Sort;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Hierarchy;
use wattle_hostfs::hierarchies::Version;
use wattle_hostfs::process::Membership;
use wattle_hostfs::process::memberships;

use super::pinned::Pinned;
use super::sense::Trouble;
use super::twins::Place;
use super::twins::Twins;
use super::witness::Unsettled;
use super::witness::Witness;
use super::workloads::Ids;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::workload::CgroupSort;
use crate::workload::Evidence;
use crate::workload::Identity;
use crate::workload::Nesting;
use crate::workload::Subject;
use crate::workload::sort_cgroup;

/// After a new workload was found, processes are looked at more closely in so many ticks: they may be about to move there.
const MOVING: u64 = 3;

/// The tree that accounts for CPU time, and on a hybrid host the other one, which may know workloads that the first does not.
#[derive(Debug)]
pub(super) struct Trees {
    pub(super) cpu: CgroupTree<Tag>,
    unified: Option<CgroupTree<Tag>>,
    hierarchies: [Option<Hierarchy>; 2],
    pub(super) witness: Witness,
    version: Option<Version>,
    nesting: Nesting,
    pinned: Pinned,
    twins: Twins,
    tick: u64,
    /// The last tick in which a workload was new.
    grown: u64,
}

/// What the agent knows of a cgroup that is a workload.
#[derive(Debug)]
pub(super) struct Tag {
    /// Its account's.
    pub(super) id: u64,
    pub(super) path: Arc<str>,
    identity: Arc<Identity>,
    /// The workload by its path, where there may be others inside.
    group_of: Option<Box<Subject>>,
    /// What may become known yet.
    unsettled: Option<Box<Unsettled>>,
    source: AccountSource,
    /// The account of the grouping around it that counts its time too.
    around: Option<u64>,
    /// Where its processes are in version 2.
    pub(super) place: Place,
    /// The list of CPUs from which `socket` follows.
    cpus: Option<Box<[u8]>>,
    pub(super) socket: Option<usize>,
}

/// Who takes in cgroups.
struct Sorter<'s> {
    ids: &'s mut Ids,
    witness: &'s mut Witness,
    tick: u64,
    hierarchy: Option<&'s Hierarchy>,
    nesting: Nesting,
    source: fn(Arc<str>) -> AccountSource,
}

impl Trees {
    pub(super) fn new(roots: &Roots, hierarchies: &Hierarchies, pinned: Pinned, most_files: usize) -> Self {
        let second = hierarchies.unified_cpu();
        let unified = second.clone().map(|unified| Hierarchies {
            cpu: Some(unified),
            ..hierarchies.clone()
        });
        let each = if unified.is_some() {
            most_files / 2
        } else {
            most_files
        };
        Self {
            cpu: CgroupTree::new(hierarchies, each),
            unified: unified.map(|unified| CgroupTree::new(&unified, each)),
            hierarchies: [hierarchies.cpu.clone(), second],
            witness: Witness::new(roots),
            version: hierarchies.cpu.as_ref().map(|hierarchy| hierarchy.version),
            nesting: Nesting::default(),
            pinned,
            twins: Twins::new(roots, hierarchies),
            tick: 0,
            grown: 0,
        }
    }

    /// Reads all, and appends an account for each workload: those around others before them.
    pub(super) fn read(
        &mut self,
        ids: &mut Ids,
        scratch: &mut Scratch,
        accounts: &mut Vec<AccountSample>,
    ) -> Result<(), Trouble> {
        self.tick += 1;
        let [first, second] = &self.hierarchies;
        let mut sorter = Sorter {
            ids,
            witness: &mut self.witness,
            tick: self.tick,
            nesting: self.nesting,
            hierarchy: second.as_ref(),
            source: AccountSource::Unified,
        };
        let unified = self.unified.as_mut();
        let outcome = unified.map_or(Ok(()), |unified| scan(unified, &mut sorter, scratch));
        (sorter.source, sorter.hierarchy) = (AccountSource::Cgroup, first.as_ref());
        let scanned = scan(&mut self.cpu, &mut sorter, scratch);
        self.push_unified(accounts);
        self.push_cpu(scratch, accounts);
        scanned.and(outcome)
    }

    /// What version 2 counts, where it counts CPU time beside version 1. Only the latter tells of limits.
    fn push_unified(&mut self, accounts: &mut Vec<AccountSample>) {
        let (Some(unified), [_, Some(hierarchy)]) = (&mut self.unified, &self.hierarchies) else {
            return;
        };
        for cgroup in unified.workloads_mut() {
            if cgroup.fresh {
                self.grown = self.tick;
            }
            settle(cgroup, &mut self.witness, hierarchy, self.tick);
            let mut account = account(cgroup);
            let path = cgroup.path.as_bytes();
            if self.cpu.around(path).is_some_and(|twin| twin.path == cgroup.path) {
                account.reserved_millicpus = None;
            }
            accounts.push(account);
        }
    }

    fn push_cpu(&mut self, scratch: &mut Scratch, accounts: &mut Vec<AccountSample>) {
        let [Some(hierarchy), _] = &self.hierarchies else {
            return;
        };
        for cgroup in self.cpu.workloads_mut() {
            if cgroup.fresh {
                self.grown = self.tick;
            }
            settle(cgroup, &mut self.witness, hierarchy, self.tick);
            if self.pinned.matters() && cgroup.tag.cpus != cgroup.cpus {
                cgroup.tag.socket = self.pinned.socket_of(cgroup.cpus.as_deref());
                cgroup.tag.cpus.clone_from(&cgroup.cpus);
            }
            if let Some(unified) = &self.unified
                && cgroup.tag.around.is_none()
            {
                self.twins.refresh(cgroup, unified, self.tick, scratch);
            }
            if cgroup.tag.place != Place::Elsewhere {
                accounts.push(account(cgroup));
            }
        }
    }

    /// The workload that counts a process's time, by the text of its `/proc/PID/cgroup`.
    pub(super) fn counted_by(&self, text: &[u8]) -> Option<&Tag> {
        let mut second = None;
        for membership in memberships(text)
            .flatten()
            .filter(|membership| !membership.deleted)
        {
            let in_unified = || self.unified.as_ref().filter(|_| membership.hierarchy == 0);
            if self.accounts(&membership) {
                let first = self.cpu.around(membership.path).map(|cgroup| &cgroup.tag);
                if let Some(tag) = first.filter(|tag| tag.place != Place::Elsewhere) {
                    return Some(tag);
                }
            } else if let Some(unified) = in_unified() {
                second = unified.around(membership.path).map(|cgroup| &cgroup.tag);
            }
        }
        second
    }

    /// Whether a membership is in the hierarchy that accounts CPU time.
    pub(super) fn accounts(&self, membership: &Membership<'_>) -> bool {
        match self.version {
            Some(Version::V2) => membership.hierarchy == 0,
            Some(Version::V1) => membership.has("cpuacct"),
            None => false,
        }
    }

    /// Processes may be moving into new workloads.
    pub(super) fn are_growing(&self) -> bool {
        self.tick < self.grown + MOVING
    }

    pub(super) fn set_nesting(&mut self, nesting: Nesting) {
        self.nesting = nesting;
    }

    pub(super) fn nesting(&self) -> Nesting {
        self.nesting
    }
}

fn scan(tree: &mut CgroupTree<Tag>, sorter: &mut Sorter<'_>, scratch: &mut Scratch) -> Result<(), Trouble> {
    tree.scan(scratch, |path, origin| sorter.sort(path, &origin))?;
    match (tree.trouble(), tree.skipped()) {
        (Some(error), _) => Err(Trouble::new("some cgroups cannot be read", error.to_string())),
        (None, 0) => Ok(()),
        (None, _) => Err(Trouble::new(
            "too many cgroups, or too deep",
            "those left out count as loose processes",
        )),
    }
}

impl Sorter<'_> {
    /// What is within a group's workload and is that workload's own needs no account: the group's counts it.
    fn sort(&mut self, path: &CgroupPath, origin: &Origin<'_, Tag>) -> Sort<Tag> {
        let around = origin.around.and_then(|around| around.group_of.as_deref());
        match sort_cgroup(path.as_str(), self.nesting) {
            CgroupSort::Group => Sort::Descend,
            CgroupSort::GroupOf(subject) if around == Some(&subject) => Sort::Descend,
            CgroupSort::Workload(subject) if around == Some(&subject) => Sort::Ignore,
            CgroupSort::GroupOf(subject) => {
                let group_of = Some(Box::new(subject.clone()));
                let tag = self.tag(path, origin, subject);
                Sort::GroupOf(Tag { group_of, ..tag })
            }
            CgroupSort::Workload(subject) => Sort::Workload(self.tag(path, origin, subject)),
        }
    }

    fn tag(&mut self, path: &CgroupPath, origin: &Origin<'_, Tag>, subject: Subject) -> Tag {
        let text: Arc<str> = path.as_str().into();
        let source = (self.source)(text.clone());
        let (identity, unsettled) = match self.hierarchy {
            Some(hierarchy) => self.witness.identify((hierarchy, path), subject, self.tick),
            None => (subject.identify(&Evidence::default()), None),
        };
        Tag {
            id: origin.renamed.map_or_else(|| self.ids.next(), |before| before.id),
            path: text,
            identity,
            group_of: None,
            unsettled,
            source,
            around: origin.around.map(|around| around.id),
            place: Place::default(),
            cpus: None,
            socket: None,
        }
    }
}

/// Asks again who a young workload is, where that was not quite clear.
fn settle(cgroup: &mut Cgroup<Tag>, witness: &mut Witness, hierarchy: &Hierarchy, tick: u64) {
    let tag = &mut cgroup.tag;
    if tag.unsettled.is_some()
        && let Some(identity) = witness.again((hierarchy, &cgroup.path), &mut tag.unsettled, tick)
    {
        tag.identity = identity;
    }
}

fn account(cgroup: &Cgroup<Tag>) -> AccountSample {
    let tag = &cgroup.tag;
    AccountSample {
        id: tag.id,
        source: tag.source.clone(),
        workload: tag.identity.clone(),
        inside: tag.around.or(tag.place.account()),
        cpu_usec: cgroup.cpu_usec,
        socket: tag.socket,
        reserved_millicpus: cgroup.quota_millicpus,
    }
}

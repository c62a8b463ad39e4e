//! Who ran: cgroups first, then the processes that no cgroup accounts for.

use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_tree::Cgroup;
use wattle_hostfs::cgroup_tree::CgroupPath;
use wattle_hostfs::cgroup_tree::CgroupTree;
use wattle_hostfs::cgroup_tree::Sort;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::topology::Topology;
use wattle_hostfs::uptime::UptimeReader;

use super::loose::Loose;
use super::pinned::Pinned;
use super::sense::Senses;
use super::sense::Trouble;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::workload::CgroupSort;
use crate::workload::Evidence;
use crate::workload::Identity;
use crate::workload::Nesting;
use crate::workload::sort_cgroup;

/// The accounts of a host.
#[derive(Debug)]
pub(super) struct WorkloadSource {
    tree: CgroupTree<Tag>,
    loose: Loose,
    pinned: Pinned,
    uptime: UptimeReader,
    ids: Ids,
    latest: usize,
}

/// What the agent knows of a cgroup that is a workload.
#[derive(Debug)]
struct Tag {
    id: u64,
    path: Arc<str>,
    identity: Arc<Identity>,
    /// The list of CPUs from which `socket` follows.
    cpus: Option<Box<[u8]>>,
    socket: Option<usize>,
}

/// Numbers for accounts, none of them ever used twice.
#[derive(Debug, Default)]
pub(super) struct Ids(u64);

impl Ids {
    pub(super) fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

impl WorkloadSource {
    pub(super) fn new(roots: &Roots, topology: &Topology, most_files: usize) -> Self {
        // Without a readable cgroup directory every process is a loose one.
        let mut hierarchies = Hierarchies::detect(roots).unwrap_or_default();
        let pinned = Pinned::new(topology);
        // Then nobody asks to which CPUs a cgroup is bound, and its file need not be opened.
        hierarchies.cpuset = hierarchies.cpuset.filter(|_| pinned.matters());
        // Memory is read with all else that a workload uses, see `usage`.
        hierarchies.memory = None;
        Self {
            tree: CgroupTree::new(&hierarchies, most_files / 2),
            loose: Loose::new(roots, &hierarchies, most_files / 2),
            pinned,
            uptime: UptimeReader::new(roots),
            ids: Ids::default(),
            latest: 0,
        }
    }

    /// Time since boot in clock ticks.
    pub(super) fn uptime_ticks(&mut self, scratch: &mut Scratch) -> Option<u64> {
        self.uptime.read_ticks(scratch).ok()
    }

    pub(super) fn read(&mut self, senses: &mut Senses<'_>, scratch: &mut Scratch) -> Vec<AccountSample> {
        let mut accounts = Vec::with_capacity(self.latest + self.latest / 8);
        senses.try_read("cgroup", "cgroup", || self.read_cgroups(scratch, &mut accounts));
        senses.try_read("process", "stat", || {
            self.loose
                .read(&mut self.tree, &mut self.ids, scratch, &mut accounts)
        });
        self.latest = accounts.len();
        accounts
    }

    fn read_cgroups(
        &mut self,
        scratch: &mut Scratch,
        accounts: &mut Vec<AccountSample>,
    ) -> Result<(), Trouble> {
        let ids = &mut self.ids;
        let listed = self.tree.scan(scratch, |path, _| sort(path, ids));
        for cgroup in self.tree.workloads_mut() {
            if self.pinned.matters() && cgroup.tag.cpus != cgroup.cpus {
                cgroup.tag.socket = self.pinned.socket_of(cgroup.cpus.as_deref());
                cgroup.tag.cpus.clone_from(&cgroup.cpus);
            }
            accounts.push(account(cgroup));
        }
        listed?;
        match (self.tree.trouble(), self.tree.skipped()) {
            (Some(error), _) => Err(Trouble::new("some cgroups cannot be read", error.to_string())),
            (None, 0) => Ok(()),
            (None, _) => Err(Trouble::new(
                "too many cgroups, or too deep",
                "those left out count as loose processes",
            )),
        }
    }
}

fn sort(path: &CgroupPath, ids: &mut Ids) -> Sort<Tag> {
    match sort_cgroup(path.as_str(), Nesting::default()) {
        CgroupSort::Group | CgroupSort::GroupOf(_) => Sort::Descend,
        CgroupSort::Workload(subject) => Sort::Workload(Tag {
            id: ids.next(),
            path: path.as_str().into(),
            identity: subject.identify(&Evidence::default()),
            cpus: None,
            socket: None,
        }),
    }
}

fn account(cgroup: &Cgroup<Tag>) -> AccountSample {
    let tag = &cgroup.tag;
    AccountSample {
        id: tag.id,
        source: AccountSource::Cgroup(tag.path.clone()),
        workload: tag.identity.clone(),
        inside: None,
        cpu_usec: cgroup.cpu_usec,
        socket: tag.socket,
        reserved_millicpus: cgroup.quota_millicpus,
    }
}

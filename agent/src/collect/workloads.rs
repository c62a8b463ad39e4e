//! Who ran: cgroups first, then the processes that have accounts of their own.

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::topology::Topology;
use wattle_hostfs::uptime::UptimeReader;

use super::guests::Guests;
use super::loose::Loose;
use super::pinned::Pinned;
use super::sense::Senses;
use super::trees::Trees;
use crate::sample::AccountSample;
use crate::workload::Nesting;

/// The accounts of a host.
#[derive(Debug)]
pub(super) struct WorkloadSource {
    trees: Trees,
    guests: Guests,
    loose: Loose,
    uptime: UptimeReader,
    ids: Ids,
    latest: usize,
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
            trees: Trees::new(roots, &hierarchies, pinned, most_files / 2),
            guests: Guests::new(roots),
            loose: Loose::new(roots, &hierarchies, most_files / 2),
            uptime: UptimeReader::new(roots),
            ids: Ids::default(),
            latest: 0,
        }
    }

    pub(super) fn set_nesting(&mut self, nesting: Nesting) {
        self.trees.set_nesting(nesting);
    }

    /// Time since boot in clock ticks.
    pub(super) fn uptime_ticks(&mut self, scratch: &mut Scratch) -> Option<u64> {
        self.uptime.read_ticks(scratch).ok()
    }

    /// Reads all accounts. `forks` is how many processes and threads the kernel has made since it booted.
    pub(super) fn read(
        &mut self,
        senses: &mut Senses<'_>,
        scratch: &mut Scratch,
        forks: Option<u64>,
    ) -> Vec<AccountSample> {
        let mut accounts = Vec::with_capacity(self.latest + self.latest / 8);
        let (trees, guests, ids) = (&mut self.trees, &mut self.guests, &mut self.ids);
        senses.try_read("cgroup", "cgroup", || trees.read(ids, scratch, &mut accounts));
        senses.try_read("process", "stat", || {
            let listed = guests.refresh(forks, scratch);
            self.loose.read(trees, guests, ids, scratch, &mut accounts)?;
            listed
        });
        self.latest = accounts.len();
        accounts
    }
}

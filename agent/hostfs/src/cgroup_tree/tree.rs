//! The tree of cgroups.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;

use nix::sys::statfs::CGROUP_SUPER_MAGIC;
use nix::sys::statfs::statfs;

use super::group::Changes;
use super::group::Group;
use super::path::CgroupPath;
use super::slow::Turn;
use super::watch::Watches;
use super::watch::Word;
use super::workload::Cgroup;
use super::workload::Files;
use super::workload::Reading;
use super::workload::Workload;
use crate::Error;
use crate::Result;
use crate::Scratch;
use crate::allowance::Allowance;
use crate::hierarchies::Hierarchies;
use crate::listing::DirBuffer;

/// How deep the tree is looked into.
const DEPTH: usize = 32;
/// How many cgroups are tracked.
const MOST: usize = 65_536;

/// What the caller makes of a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort<W> {
    /// A grouping such as `system.slice`: its cgroups are sorted in turn, and its own processes are loose.
    Descend,
    /// A grouping that is a workload too, such as a user's slice: its cgroups are sorted in turn, and its figures are of
    /// all that is below it, workloads of their own included.
    GroupOf(W),
    /// One workload with all that is below it, which is not looked into.
    Workload(W),
    /// Neither.
    Ignore,
}

/// What is known of a cgroup, besides its path, when it is first seen.
#[derive(Debug)]
pub struct Origin<'t, W> {
    /// The workload that counts this one's figures too: the innermost grouping around it that is a workload.
    pub around: Option<&'t W>,
    /// It is an earlier workload under a new name, and goes on counting where that stopped: rename(2), which version 1
    /// has for cgroups.
    pub renamed: Option<&'t W>,
}

/// The cgroups of the hierarchy that accounts CPU time, as far down as the caller's workloads.
///
/// One [`scan`](Self::scan) for each tick lists those groupings in which something came or went, by the kernel's word, and
/// reads one kept-open file for each workload. Groupings of which the kernel does not tell are listed each time, the
/// others by turns all the same. What has not changed since the last scan costs no allocation.
#[derive(Debug)]
pub struct CgroupTree<W> {
    pub(super) files: Files,
    /// By keys that only grow: a group's comes before those of its children.
    pub(super) groups: BTreeMap<u64, Group>,
    pub(super) workloads: BTreeMap<u64, Workload<W>>,
    pub(super) next_key: u64,
    pub(super) tick: u64,
    pub(super) tracked: usize,
    most: usize,
    pub(super) watches: Watches,
    /// Cgroups keep their inode when they are renamed, and no other ever gets it.
    pub(super) keeps_inodes: bool,
    buffer: DirBuffer,
    pub(super) changes: Changes,
    pub(super) ended: Vec<Cgroup<W>>,
    /// Those of the `ended` that had an inode, by that.
    pub(super) departed: HashMap<u64, usize>,
    trouble: Option<Error>,
}

pub(super) const ROOT: u64 = 0;
/// A grouping that is watched is listed all the same once in so many scans.
const LIST_EVERY: u64 = 64;

impl<W> CgroupTree<W> {
    /// A tree that keeps up to `max_kept` descriptors open, half of them for memory, and opens further files and
    /// directories each time.
    pub fn new(hierarchies: &Hierarchies, max_kept: usize) -> Self {
        let root = hierarchies
            .cpu
            .iter()
            .map(|cpu| (ROOT, Group::new(cpu, CgroupPath::root(), 0, None)));
        Self {
            groups: root.collect(),
            files: Files {
                hierarchies: hierarchies.clone(),
                allowance: Allowance::new(max_kept - max_kept / 2),
                memory_allowance: Allowance::new(max_kept / 2),
                path: PathBuf::new(),
            },
            workloads: BTreeMap::new(),
            next_key: ROOT + 1,
            tick: 0,
            tracked: 0,
            most: MOST,
            watches: Watches::new(),
            keeps_inodes: hierarchies.cpu.as_ref().is_some_and(|cpu| is_version_1(&cpu.dir)),
            buffer: DirBuffer::default(),
            changes: Changes::default(),
            ended: Vec::new(),
            departed: HashMap::new(),
            trouble: None,
        }
    }

    /// Finds the cgroups that have come and gone, and reads the CPU time of each workload. `sort` is asked once for
    /// each cgroup, when it is first seen. Where no hierarchy accounts CPU time there is nothing to find.
    ///
    /// # Errors
    /// Where the root cannot be listed. The workloads known are then read all the same; what else goes wrong is
    /// [`trouble`](Self::trouble).
    pub fn scan(
        &mut self,
        scratch: &mut Scratch,
        mut sort: impl FnMut(&CgroupPath, Origin<'_, W>) -> Sort<W>,
    ) -> Result<()> {
        self.tick += 1;
        self.ended.clear();
        self.departed.clear();
        self.trouble = None;
        self.changes.skipped = 0;
        self.listen();
        let listed = self.list(&mut sort);
        self.read(scratch, &mut sort);
        listed
    }

    /// The workloads, in the order in which they were found.
    pub fn workloads(&self) -> impl ExactSizeIterator<Item = &Cgroup<W>> {
        self.workloads.values().map(|workload| &workload.cgroup)
    }

    /// The workloads, for a change of their tags.
    pub fn workloads_mut(&mut self) -> impl ExactSizeIterator<Item = &mut Cgroup<W>> {
        self.workloads.values_mut().map(|workload| &mut workload.cgroup)
    }

    /// The workloads that the last scan found gone, with what was last read of them. One that was removed and made
    /// again stands here, and as a fresh one among the others.
    pub fn take_ended(&mut self) -> impl Iterator<Item = Cgroup<W>> {
        self.ended.drain(..)
    }

    /// How many cgroups the last scan left out because they were too deep or too many.
    pub fn skipped(&self) -> usize {
        self.changes.skipped
    }

    /// The first of what the last scan could not read, for a word to the operator. Workloads concerned are
    /// [`stale`](Cgroup::stale).
    pub fn trouble(&self) -> Option<&Error> {
        self.trouble.as_ref()
    }

    /// Takes the kernel's word of which groups have changed. A change that it did not tell of ends the trust in it.
    fn listen(&mut self) {
        let groups = &mut self.groups;
        self.watches.drain(|word| match word {
            Word::Changed(key) => groups.get_mut(&key).into_iter().for_each(Group::expect_change),
            Word::Ended(key) => groups.get_mut(&key).into_iter().for_each(Group::end_watch),
            Word::Lost => groups.values_mut().for_each(Group::expect_change),
        });
        let mut was_silent = false;
        for group in groups.values_mut() {
            was_silent |= std::mem::take(&mut group.changed_silently) && !group.expects_change();
        }
        if was_silent {
            self.watches.give_up();
            groups.values_mut().for_each(Group::end_watch);
        }
    }

    /// Lists the groups. Those found meanwhile have higher keys, so they come up in the same pass.
    fn list(&mut self, sort: &mut impl FnMut(&CgroupPath, Origin<'_, W>) -> Sort<W>) -> Result<()> {
        let mut outcome = Ok(());
        let mut from = ROOT;
        while let Some((&key, group)) = self.groups.range_mut(from..).next() {
            from = key + 1;
            let is_turn = self.tick.wrapping_add(key).is_multiple_of(LIST_EVERY);
            if group.watch.is_some() && !group.expects_change() && !is_turn {
                continue;
            }
            if group.watch.is_none() && (is_turn || group.expects_change()) {
                group.watch = self.watches.add(&group.full_path, key);
            }
            let room = if group.depth < DEPTH {
                self.most.saturating_sub(self.tracked)
            } else {
                0
            };
            let listed = group.list(
                self.tick,
                room,
                &self.files.allowance,
                &mut self.buffer,
                &mut self.changes,
            );
            match listed {
                Err(error) if key == ROOT => outcome = Err(error),
                Err(error) => self.note(error),
                Ok(()) => {}
            }
            self.apply(key, sort);
        }
        outcome
    }

    /// Reads the workloads. One that has been made again is taken in with a higher key, and so comes up too.
    fn read(&mut self, scratch: &mut Scratch, sort: &mut impl FnMut(&CgroupPath, Origin<'_, W>) -> Sort<W>) {
        let mut from = ROOT;
        while let Some((&key, workload)) = self.workloads.range_mut(from..).next() {
            from = key + 1;
            match workload.read(&mut self.files, Turn::of(self.tick, key), scratch) {
                Ok(Reading::Done) => {}
                Ok(Reading::Restarted) => self.restart(key, sort),
                Err(error) => self.note(error),
            }
        }
    }

    /// Keeps the first error of a scan. That something has gone since it was listed is none.
    fn note(&mut self, error: Error) {
        if !error.is_gone() {
            self.trouble.get_or_insert(error);
        }
    }
}

/// Only there cgroups can be renamed. The files of a made-up tree may get an inode that another had.
fn is_version_1(dir: &Path) -> bool {
    statfs(dir).is_ok_and(|found| found.filesystem_type() == CGROUP_SUPER_MAGIC)
}

#[cfg(test)]
impl<W> CgroupTree<W> {
    pub(super) fn watched(&self) -> usize {
        self.watches.count()
    }

    /// As if the file system sent no word of anything.
    pub(super) fn deafen(&mut self) {
        let watched = self.groups.values().filter_map(|group| group.watch);
        watched.for_each(|watch| self.watches.remove(watch));
    }

    pub(super) fn give_up_watching(&mut self) {
        self.watches.give_up();
        self.groups.values_mut().for_each(Group::end_watch);
    }

    pub(super) fn tracked(&self) -> usize {
        self.tracked
    }

    pub(super) fn limit(&mut self, most: usize) {
        self.most = most;
    }
}

//! The tree of cgroups.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::group::Changes;
use super::group::Child;
use super::group::Group;
use super::group::Node;
use super::path::CgroupPath;
use super::slow::Turn;
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
use crate::pids::parse_pids;

/// How deep the tree is looked into.
const DEPTH: usize = 32;
/// How many cgroups are tracked.
const MOST: usize = 65_536;

/// What the caller makes of a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort<W> {
    /// A grouping such as `system.slice`: its cgroups are sorted in turn, and its own processes are loose.
    Descend,
    /// One workload with all that is below it, which is not looked into.
    Workload(W),
    /// Neither.
    Ignore,
}

/// The cgroups of the hierarchy that accounts CPU time, as far down as the caller's workloads.
///
/// One [`scan`](Self::scan) for each tick lists the groupings only, and reads one kept-open file for each workload.
/// What has not changed since the last scan costs no allocation.
#[derive(Debug)]
pub struct CgroupTree<W> {
    files: Files,
    /// By keys that only grow: a group's comes before those of its children.
    groups: BTreeMap<u64, Group>,
    workloads: BTreeMap<u64, Workload<W>>,
    next_key: u64,
    tick: u64,
    tracked: usize,
    most: usize,
    buffer: DirBuffer,
    changes: Changes,
    ended: Vec<Cgroup<W>>,
    trouble: Option<Error>,
}

const ROOT: u64 = 0;

impl<W> CgroupTree<W> {
    /// A tree that keeps up to `max_kept` descriptors open, half of them for memory, and opens further files and
    /// directories each time.
    pub fn new(hierarchies: &Hierarchies, max_kept: usize) -> Self {
        let root = hierarchies
            .cpu
            .iter()
            .map(|cpu| (ROOT, Group::new(cpu, CgroupPath::root(), 0)));
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
            buffer: DirBuffer::default(),
            changes: Changes::default(),
            ended: Vec::new(),
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
        mut sort: impl FnMut(&CgroupPath) -> Sort<W>,
    ) -> Result<()> {
        self.tick += 1;
        self.ended.clear();
        self.trouble = None;
        self.changes.skipped = 0;
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

    /// Hands out the processes that no workload accounts for: the members of the root and of every cgroup that was
    /// looked into.
    ///
    /// # Errors
    /// The first of those that kept a cgroup's members from being read; the others are handed out.
    pub fn for_each_loose_pid(&mut self, scratch: &mut Scratch, mut each: impl FnMut(u32)) -> Result<()> {
        let Files {
            hierarchies,
            allowance,
            path,
            ..
        } = &mut self.files;
        let Some(cpu) = &hierarchies.cpu else {
            return Ok(());
        };
        let mut outcome = Ok(());
        for group in self.groups.values_mut() {
            let members = group.members(cpu.version, allowance, path, scratch);
            let handed = members.and_then(|text| {
                parse_pids(text, &mut each).map_err(|error| error.at(group.members_path(path)))
            });
            if handed.as_ref().is_err_and(|error| !error.is_gone()) {
                outcome = outcome.and(handed);
            }
        }
        outcome
    }

    /// Lists the groups. Those found meanwhile have higher keys, so they come up in the same pass.
    fn list(&mut self, sort: &mut impl FnMut(&CgroupPath) -> Sort<W>) -> Result<()> {
        let mut outcome = Ok(());
        let mut from = ROOT;
        while let Some((&key, group)) = self.groups.range_mut(from..).next() {
            from = key + 1;
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

    /// Forgets the children of a group that have gone and takes in the new ones.
    fn apply(&mut self, parent: u64, sort: &mut impl FnMut(&CgroupPath) -> Sort<W>) {
        let mut gone = std::mem::take(&mut self.changes.gone);
        let mut found = std::mem::take(&mut self.changes.found);
        gone.drain(..).for_each(|node| self.forget(node));
        found
            .drain(..)
            .for_each(|(name, inode)| self.admit(parent, name, Some(inode), sort));
        self.changes.gone = gone;
        self.changes.found = found;
    }

    fn admit(
        &mut self,
        parent: u64,
        name: OsString,
        inode: Option<u64>,
        sort: &mut impl FnMut(&CgroupPath) -> Sort<W>,
    ) {
        let (Some(cpu), Some(group)) = (&self.files.hierarchies.cpu, self.groups.get_mut(&parent)) else {
            return;
        };
        if group.children.contains_key(&*name) {
            return;
        }
        let (path, depth, key) = (group.path.join(&name), group.depth + 1, self.next_key);
        let sorted = sort(&path);
        let node = match sorted {
            Sort::Ignore => Node::Ignored,
            Sort::Descend => Node::Group(key),
            Sort::Workload(_) => Node::Workload(key),
        };
        group.children.insert(
            name.into(),
            Child {
                inode,
                seen: self.tick,
                node,
            },
        );
        match sorted {
            Sort::Ignore => {}
            Sort::Descend => drop(self.groups.insert(key, Group::new(cpu, path, depth))),
            Sort::Workload(tag) => drop(self.workloads.insert(key, Workload::new(path, tag, parent))),
        }
        self.next_key += 1;
        self.tracked += 1;
    }

    /// Forgets a cgroup and all that is below it; to a depth that is bounded.
    fn forget(&mut self, node: Node) {
        self.tracked -= 1;
        match node {
            Node::Ignored => {}
            Node::Workload(key) => {
                self.ended
                    .extend(self.workloads.remove(&key).map(|workload| workload.cgroup));
            }
            Node::Group(key) => {
                let children = self
                    .groups
                    .remove(&key)
                    .map(|group| group.children)
                    .unwrap_or_default();
                children.into_values().for_each(|child| self.forget(child.node));
            }
        }
    }

    /// Reads the workloads. One that has been made again is taken in with a higher key, and so comes up too.
    fn read(&mut self, scratch: &mut Scratch, sort: &mut impl FnMut(&CgroupPath) -> Sort<W>) {
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

    /// Ends a workload and takes in the other cgroup that has come in its place.
    fn restart(&mut self, key: u64, sort: &mut impl FnMut(&CgroupPath) -> Sort<W>) {
        let Some(old) = self.workloads.get(&key) else {
            return;
        };
        let (parent, name) = (old.parent, old.cgroup.path.file_name().to_owned());
        let child = self
            .groups
            .get_mut(&parent)
            .and_then(|group| group.children.remove(&*name));
        if let Some(child) = child {
            self.forget(child.node);
            self.admit(parent, name, None, sort);
        }
    }

    /// Keeps the first error of a scan. That something has gone since it was listed is none.
    fn note(&mut self, error: Error) {
        if !error.is_gone() {
            self.trouble.get_or_insert(error);
        }
    }
}

#[cfg(test)]
impl<W> CgroupTree<W> {
    pub(super) fn tracked(&self) -> usize {
        self.tracked
    }

    pub(super) fn limit(&mut self, most: usize) {
        self.most = most;
    }
}

//! A cgroup that only groups others: what is inside, and what has come and gone since it was listed last.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;

use super::path::CgroupPath;
use crate::Result;
use crate::Scratch;
use crate::allowance::Allowance;
use crate::allowance::Permit;
use crate::allowance::Source;
use crate::hierarchies::Hierarchy;
use crate::hierarchies::Version;
use crate::listing;
use crate::listing::DirBuffer;
use crate::listing::Entry;

/// A cgroup that is looked into.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) path: CgroupPath,
    pub(super) depth: usize,
    pub(super) children: HashMap<Box<OsStr>, Child>,
    pub(super) full_path: Box<Path>,
    /// The workload that accounts for the processes directly in it.
    pub(super) workload: Option<u64>,
    /// The kernel tells what comes and goes.
    pub(super) watch: Option<i32>,
    /// The last listing found changes of which the kernel had not told yet.
    pub(super) changed_silently: bool,
    expects_change: bool,
    dir: Option<(File, Permit)>,
    members: Source,
}

/// A cgroup directly inside a group.
#[derive(Debug)]
pub(super) struct Child {
    /// The kernel does not give the number of a removed cgroup to another. Unknown until the next listing where the
    /// cgroup came in the place of another after the last.
    pub(super) inode: Option<u64>,
    pub(super) seen: u64,
    pub(super) node: Node,
}

/// What a cgroup is to the tree, with its key there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Group(u64),
    GroupOf(u64),
    Workload(u64),
    Ignored,
}

/// What differs from the last listing.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) found: Vec<(OsString, u64)>,
    pub(super) gone: Vec<Child>,
    /// Cgroups for which there is no room.
    pub(super) skipped: usize,
}

impl Group {
    pub(super) fn new(hierarchy: &Hierarchy, path: CgroupPath, depth: usize, workload: Option<u64>) -> Self {
        let full_path = hierarchy.dir.join(path.relative()).into();
        Self {
            path,
            depth,
            full_path,
            workload,
            watch: None,
            changed_silently: false,
            expects_change: true,
            children: HashMap::new(),
            dir: None,
            members: Source::default(),
        }
    }

    /// The next scan has to list it.
    pub(super) fn expect_change(&mut self) {
        self.expects_change = true;
    }

    /// The kernel tells nothing more of it.
    pub(super) fn end_watch(&mut self) {
        self.watch = None;
        self.expects_change = true;
    }

    pub(super) fn expects_change(&self) -> bool {
        self.expects_change
    }

    /// Lists what is inside, and puts what has changed into `changes`, of what is new up to `room`.
    pub(super) fn list(
        &mut self,
        tick: u64,
        room: usize,
        allowance: &Allowance,
        buffer: &mut DirBuffer,
        changes: &mut Changes,
    ) -> Result<()> {
        let (mut known, skipped, found) = (0, changes.skipped, changes.found.len());
        let was_expected = std::mem::replace(&mut self.expects_change, true);
        let (children, full_path) = (&mut self.children, &self.full_path);
        let kept = self.watch.is_none();
        let listed = with_dir(&mut self.dir, full_path, allowance, kept, |dir| {
            listing::list(dir, full_path, buffer, |entry| {
                if mark(children, &entry, tick) {
                    known += 1;
                } else if is_dir(full_path, &entry) {
                    changes.add(&entry, room);
                }
            })
        });
        if listed.as_ref().is_err_and(|error| !error.is_gone()) {
            return listed;
        }
        let has_lost = known < self.children.len();
        if has_lost {
            let lost = self.children.extract_if(|_, child| child.seen != tick);
            changes.gone.extend(lost.map(|(_, child)| child));
        }
        // What found no room is asked for again, and so is a directory that has gone and may come back.
        self.expects_change = changes.skipped > skipped || listed.is_err();
        let has_changed = has_lost || changes.found.len() > found;
        self.changed_silently = self.watch.is_some() && has_changed && !was_expected;
        listed
    }

    /// The text of `cgroup.procs`.
    ///
    /// Of version 1 it is opened each time: the kernel keeps the list that it made for a reader for a second after
    /// each read (`cgroup_pidlist` in kernel/cgroup/cgroup-v1.c), so a kept descriptor may show the same one for ever.
    pub(super) fn members<'s>(
        &mut self,
        version: Version,
        allowance: &Allowance,
        buffer: &mut PathBuf,
        scratch: &'s mut Scratch,
    ) -> Result<&'s [u8]> {
        let mut members = std::mem::take(&mut self.members);
        let text = match version {
            Version::V1 => scratch.read_all(self.members_path(buffer)),
            Version::V2 => members.read_all(|| self.members_path(buffer), allowance, scratch),
        };
        self.members = members;
        text
    }

    pub(super) fn members_path<'b>(&self, buffer: &'b mut PathBuf) -> &'b Path {
        buffer.as_mut_os_string().clear();
        buffer.push(&self.full_path);
        buffer.push("cgroup.procs");
        buffer
    }
}

impl Changes {
    fn add(&mut self, entry: &Entry<'_>, room: usize) {
        if self.found.len() < room {
            self.found.push((entry.name.to_owned(), entry.inode));
        } else {
            self.skipped += 1;
        }
    }
}

/// Notes that a child is still there; `false` where there is none of this name, or another one.
fn mark(children: &mut HashMap<Box<OsStr>, Child>, entry: &Entry<'_>, tick: u64) -> bool {
    let child = children.get_mut(entry.name);
    let child = child.filter(|child| child.inode.is_none_or(|inode| inode == entry.inode));
    // A name that a change under way makes the kernel list twice is counted once.
    let Some(child) = child.filter(|child| child.seen != tick) else {
        return false;
    };
    child.seen = tick;
    child.inode = Some(entry.inode);
    true
}

fn is_dir(parent: &Path, entry: &Entry<'_>) -> bool {
    entry.is_dir.unwrap_or_else(|| {
        fs::symlink_metadata(parent.join(entry.name)).is_ok_and(|metadata| metadata.is_dir())
    })
}

/// Works with a directory that is kept open where it is listed often and the allowance permits, and lets it go once it
/// has failed.
fn with_dir(
    kept: &mut Option<(File, Permit)>,
    path: &Path,
    allowance: &Allowance,
    often: bool,
    work: impl FnOnce(&File) -> Result<()>,
) -> Result<()> {
    let outcome = match kept {
        Some((dir, _)) => work(dir),
        None => {
            let dir = listing::open(path)?;
            let outcome = work(&dir);
            *kept = allowance.permit().map(|permit| (dir, permit));
            outcome
        }
    };
    if outcome.is_err() || !often {
        *kept = None;
    }
    outcome
}

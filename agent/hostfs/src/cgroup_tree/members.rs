//! Which processes and cgroups are whose.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::group::Node;
use super::path::CgroupPath;
use super::tree::CgroupTree;
use super::tree::ROOT;
use super::workload::Cgroup;
use super::workload::Files;
use crate::Result;
use crate::Scratch;
use crate::hierarchies::Hierarchies;
use crate::hierarchies::Hierarchy;
use crate::pids::parse_pids;

impl<W> CgroupTree<W> {
    /// Hands out the processes that no workload accounts for: the members of the root and of every cgroup that was
    /// looked into and is in no workload.
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
        for group in self.groups.values_mut().filter(|group| group.workload.is_none()) {
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

    /// The innermost workload that accounts for the cgroup at `path`, which is as `/proc/PID/cgroup` has it.
    pub fn around(&self, path: &[u8]) -> Option<&Cgroup<W>> {
        let mut around = None;
        let mut group = self.groups.get(&ROOT)?;
        for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            let Some(child) = group.children.get(OsStr::from_bytes(name)) else {
                break;
            };
            if let Node::Workload(key) | Node::GroupOf(key) = child.node {
                around = self.workloads.get(&key);
            }
            let (Node::Group(key) | Node::GroupOf(key)) = child.node else {
                break;
            };
            let Some(inner) = self.groups.get(&key) else { break };
            group = inner;
        }
        around.map(|workload| &workload.cgroup)
    }
}

/// Asks cgroups for some of their processes, wherever below them these are.
#[derive(Debug)]
pub struct MemberReader {
    hierarchy: Option<Hierarchy>,
    dirs: Vec<PathBuf>,
}

/// How many cgroups are looked into for members.
const MOST_DIRS: usize = 64;

impl MemberReader {
    /// A reader of the hierarchy that accounts CPU time.
    pub fn new(hierarchies: &Hierarchies) -> Self {
        Self {
            hierarchy: hierarchies.cpu.clone(),
            dirs: Vec::new(),
        }
    }

    /// Hands out up to `most` processes. What cannot be read has none.
    pub fn read(
        &mut self,
        cgroup: &CgroupPath,
        most: usize,
        scratch: &mut Scratch,
        mut each: impl FnMut(u32),
    ) {
        let Some(hierarchy) = &self.hierarchy else { return };
        let (mut left, mut looked) = (most, 0);
        self.dirs.clear();
        self.dirs.push(hierarchy.dir.join(cgroup.relative()));
        while let Some(dir) = self.dirs.pop().filter(|_| left > 0 && looked < MOST_DIRS) {
            looked += 1;
            if let Ok(text) = scratch.read_all(&dir.join("cgroup.procs")) {
                let handed = parse_pids(text, |pid| {
                    if left > 0 {
                        left -= 1;
                        each(pid);
                    }
                });
                if handed.is_err() {
                    continue;
                }
            }
            if left > 0
                && let Ok(entries) = fs::read_dir(&dir)
            {
                let is_dir = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
                let inner = entries.flatten().filter(is_dir).take(MOST_DIRS);
                self.dirs.extend(inner.map(|entry| entry.path()));
            }
        }
    }
}

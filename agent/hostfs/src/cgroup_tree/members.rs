//! Which processes and cgroups are whose.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::group::Node;
use super::tree::CgroupTree;
use super::tree::ROOT;
use super::workload::Cgroup;
use super::workload::Files;
use crate::Result;
use crate::Scratch;
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

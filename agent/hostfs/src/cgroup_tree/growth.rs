//! Cgroups that come and go.

use std::ffi::OsString;

use super::group::Child;
use super::group::Group;
use super::group::Node;
use super::path::CgroupPath;
use super::tree::CgroupTree;
use super::tree::Origin;
use super::tree::Sort;
use super::workload::Workload;

impl<W> CgroupTree<W> {
    /// Forgets the children of a group that have gone and takes in the new ones.
    pub(super) fn apply(
        &mut self,
        parent: u64,
        sort: &mut impl FnMut(&CgroupPath, Origin<'_, W>) -> Sort<W>,
    ) {
        let mut gone = std::mem::take(&mut self.changes.gone);
        let mut found = std::mem::take(&mut self.changes.found);
        gone.drain(..).for_each(|child| self.forget(&child));
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
        sort: &mut impl FnMut(&CgroupPath, Origin<'_, W>) -> Sort<W>,
    ) {
        let (Some(cpu), Some(group)) = (&self.files.hierarchies.cpu, self.groups.get_mut(&parent)) else {
            return;
        };
        if group.children.contains_key(&*name) {
            return;
        }
        let (path, depth, key) = (group.path.join(&name), group.depth + 1, self.next_key);
        let departed = inode
            .filter(|_| self.keeps_inodes)
            .and_then(|inode| self.departed.get(&inode));
        let origin = Origin {
            around: group
                .workload
                .and_then(|key| self.workloads.get(&key))
                .map(|around| &around.cgroup.tag),
            renamed: departed
                .and_then(|&index| self.ended.get(index))
                .map(|before| &before.tag),
        };
        let sorted = sort(&path, origin);
        let node = match sorted {
            Sort::Ignore => Node::Ignored,
            Sort::Descend => Node::Group(key),
            Sort::GroupOf(_) => Node::GroupOf(key),
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
        let payer = if matches!(sorted, Sort::GroupOf(_)) {
            Some(key)
        } else {
            group.workload
        };
        if let Sort::Descend | Sort::GroupOf(_) = sorted {
            self.groups
                .insert(key, Group::new(cpu, path.clone(), depth, payer));
        }
        if let Sort::Workload(tag) | Sort::GroupOf(tag) = sorted {
            self.workloads.insert(key, Workload::new(path, tag, parent));
        }
        self.next_key += 1;
        self.tracked += 1;
    }

    /// Forgets a cgroup and all that is below it; to a depth that is bounded.
    fn forget(&mut self, child: &Child) {
        self.tracked -= 1;
        let (Node::Group(key) | Node::GroupOf(key) | Node::Workload(key)) = child.node else {
            return;
        };
        if let Some(workload) = self.workloads.remove(&key) {
            let departed = child.inode.filter(|_| self.keeps_inodes);
            self.departed
                .extend(departed.map(|inode| (inode, self.ended.len())));
            self.ended.push(workload.cgroup);
        }
        if let Some(group) = self.groups.remove(&key) {
            group
                .watch
                .into_iter()
                .for_each(|watch| self.watches.remove(watch));
            group.children.values().for_each(|child| self.forget(child));
        }
    }

    /// Ends a workload and takes in the other cgroup that has come in its place.
    pub(super) fn restart(&mut self, key: u64, sort: &mut impl FnMut(&CgroupPath, Origin<'_, W>) -> Sort<W>) {
        let Some(old) = self.workloads.get(&key) else {
            return;
        };
        let (parent, name) = (old.parent, old.cgroup.path.file_name().to_owned());
        let child = self
            .groups
            .get_mut(&parent)
            .and_then(|group| group.children.remove(&*name));
        if let Some(child) = child {
            self.forget(&child);
            self.admit(parent, name, None, sort);
        }
    }
}

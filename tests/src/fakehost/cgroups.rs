//! The cgroups of the host, as one tree of nodes that every mounted hierarchy shows a part of.

use std::collections::BTreeMap;
use std::collections::HashMap;

use super::kind::Place;

/// What has changed of a node since it was last written, as bits.
pub(crate) mod change {
    pub(crate) const BIRTH: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const MEMBERS: u8 = 4;
    pub(crate) const MEMORY: u8 = 8;
    pub(crate) const ALL: u8 = 15;
}

/// One cgroup.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its path from the root, which itself is empty.
    pub(crate) path: String,
    parent: Option<usize>,
    /// The trees that do not have it.
    pub(crate) absent: u8,
    pub(crate) user_us: u64,
    pub(crate) system_us: u64,
    pub(crate) memory: u64,
    /// The processes it lists, and the trees in which it does.
    pub(crate) members: BTreeMap<u32, u8>,
    /// The only socket its processes may use.
    pub(crate) socket: Option<u32>,
    /// What is to be written.
    pub(crate) changed: u8,
    /// Whether it is there.
    pub(crate) alive: bool,
}

/// All cgroups. The first is the root.
#[derive(Clone, Debug)]
pub(crate) struct Cgroups {
    pub(crate) nodes: Vec<Node>,
    by_path: HashMap<String, usize>,
    /// Cgroups that have been removed and are still written.
    pub(crate) gone: Vec<Node>,
}

/// Virtual CPUs of a guest of libvirt.
const VCPUS: u64 = 2;
/// The root's index.
pub(crate) const ROOT: usize = 0;

impl Cgroups {
    pub(crate) fn new() -> Self {
        let root = Node::new(String::new(), None, 0, None);
        Self {
            nodes: vec![root],
            by_path: HashMap::from([(String::new(), ROOT)]),
            gone: Vec::new(),
        }
    }

    /// The cgroup for a workload's processes, made with all above it where it is not there.
    pub(crate) fn open(&mut self, place: &Place, socket: Option<u32>) -> usize {
        self.open_path(&place.leaf(), place, socket)
    }

    /// The cgroups for a guest's virtual CPUs, beside the one for the rest of its process.
    pub(crate) fn open_vcpus(&mut self, place: &Place, socket: Option<u32>) -> Vec<usize> {
        let leaf = place.leaf();
        let Some(above) = leaf.strip_suffix("/emulator") else {
            return Vec::new();
        };
        let mut open = |number| self.open_path(&format!("{above}/vcpu{number}"), place, socket);
        (0..VCPUS).map(&mut open).collect()
    }

    fn open_path(&mut self, leaf: &str, place: &Place, socket: Option<u32>) -> usize {
        let mut at = ROOT;
        for (end, _) in leaf
            .match_indices('/')
            .skip(1)
            .chain([(leaf.len(), "")])
            .filter(|_| !leaf.is_empty())
        {
            let inside = end > place.cgroup.len();
            let absent = place.absent | if inside { place.absent_inside } else { 0 };
            let pinned = socket.filter(|_| end >= place.cgroup.len());
            at = self.child(at, &leaf[..end], absent, pinned);
        }
        at
    }

    fn child(&mut self, parent: usize, path: &str, absent: u8, socket: Option<u32>) -> usize {
        if let Some(&known) = self.by_path.get(path) {
            return known;
        }
        self.nodes
            .push(Node::new(path.to_owned(), Some(parent), absent, socket));
        let index = self.nodes.len() - 1;
        self.by_path.insert(path.to_owned(), index);
        index
    }

    /// Removes a workload's cgroups, from its processes' up to its own; its time stays in those above.
    pub(crate) fn close(&mut self, leaf: usize, vcpus: &[usize], place: &Place) {
        self.set_memory(leaf, 0);
        for &vcpu in vcpus {
            self.nodes[vcpu].alive = false;
            self.by_path.remove(&self.nodes[vcpu].path);
        }
        let mut at = leaf;
        while at != ROOT && self.nodes[at].path.len() >= place.cgroup.len() {
            let node = &mut self.nodes[at];
            node.alive = false;
            self.by_path.remove(&node.path);
            self.gone.push(node.clone());
            at = node.parent.unwrap_or(ROOT);
        }
    }

    /// CPU time of a process in `leaf`.
    pub(crate) fn charge(&mut self, leaf: usize, user_us: u64, system_us: u64) {
        self.upward(leaf, |node| {
            node.user_us += user_us;
            node.system_us += system_us;
            node.changed |= change::USAGE;
        });
    }

    /// The memory that the processes in `leaf` hold.
    pub(crate) fn set_memory(&mut self, leaf: usize, bytes: u64) {
        let old = self.nodes[leaf].memory;
        self.upward(leaf, |node| {
            node.memory = node.memory - old + bytes;
            node.changed |= change::MEMORY;
        });
    }

    /// Lists a process in its cgroup and, for the trees that do not have that one, in the next one above.
    pub(crate) fn join(&mut self, leaf: usize, pid: u32) {
        let mut left = u8::MAX;
        self.upward(self.holder(leaf), |node| {
            let here = left & !node.absent;
            if here != 0 {
                node.members.insert(pid, here);
                node.changed |= change::MEMBERS;
            }
            left &= node.absent;
        });
    }

    pub(crate) fn leave(&mut self, leaf: usize, pid: u32) {
        self.upward(self.holder(leaf), |node| {
            if node.members.remove(&pid).is_some() {
                node.changed |= change::MEMBERS;
            }
        });
    }

    /// The cgroup that lists a process whose first thread is in `leaf`.
    fn holder(&self, leaf: usize) -> usize {
        let node = &self.nodes[leaf];
        let above = node.parent.filter(|_| node.is_threaded());
        above.unwrap_or(leaf)
    }

    /// The path of `leaf` in a hierarchy that shows all but those absent from `tree`.
    pub(crate) fn path_in(&self, leaf: usize, tree: u8) -> &str {
        let mut at = leaf;
        while self.nodes[at].absent & tree != 0 {
            at = self.nodes[at].parent.unwrap_or(ROOT);
        }
        &self.nodes[at].path
    }

    fn upward(&mut self, leaf: usize, mut change: impl FnMut(&mut Node)) {
        let mut at = Some(leaf);
        while let Some(index) = at {
            let node = &mut self.nodes[index];
            change(node);
            at = node.parent;
        }
    }
}

impl Node {
    fn new(path: String, parent: Option<usize>, absent: u8, socket: Option<u32>) -> Self {
        Self {
            path,
            parent,
            absent,
            user_us: 0,
            system_us: 0,
            memory: 0,
            members: BTreeMap::new(),
            socket,
            changed: change::ALL,
            alive: true,
        }
    }

    pub(crate) fn is_root(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether it holds single threads, as libvirt's inner cgroups do on the second version.
    pub(crate) fn is_threaded(&self) -> bool {
        self.path.contains("/libvirt/")
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::super::kind::controller;
    use super::super::spec::Layout;
    use super::*;

    #[test]
    fn what_a_process_uses_counts_in_every_cgroup_above_it_even_after_its_own_has_gone() {
        let mut cgroups = Cgroups::new();
        let place = Kind::Service.place(Layout::V2, "nginx", "", 0);
        let leaf = cgroups.open(&place, None);
        cgroups.set_memory(leaf, 4096);
        cgroups.charge(leaf, 70, 30);
        assert_eq!(
            (cgroups.nodes[ROOT].user_us, cgroups.nodes[ROOT].memory),
            (70, 4096)
        );
        cgroups.close(leaf, &[], &place);
        assert_eq!(
            (cgroups.nodes[ROOT].system_us, cgroups.nodes[ROOT].memory),
            (30, 0)
        );
        assert_eq!(cgroups.gone[0].path, "/system.slice/nginx.service");
        assert_ne!(cgroups.open(&place, None), leaf);
    }

    #[test]
    fn a_tree_without_a_cgroup_shows_its_processes_in_the_next_one_above() {
        let mut cgroups = Cgroups::new();
        let leaf = cgroups.open(&Kind::Libvirt.place(Layout::Hybrid, "one-524", "", 2), None);
        for (tree, path) in [
            (controller::CPU, "/machine/qemu-2-one-524.libvirt-qemu/emulator"),
            (controller::MEMORY, "/machine/qemu-2-one-524.libvirt-qemu"),
            (controller::CPUACCT, ""),
            (
                controller::UNIFIED,
                "/machine/qemu-2-one-524.libvirt-qemu/emulator",
            ),
        ] {
            assert_eq!(cgroups.path_in(leaf, tree), path);
        }
    }
}

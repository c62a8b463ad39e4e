//! The mounted cgroup trees of each layout, and writing them.

use super::cgroup_files::BLKIO_V1;
use super::cgroup_files::CORE_V1;
use super::cgroup_files::CORE_V2;
use super::cgroup_files::CPU_V1;
use super::cgroup_files::CPUACCT_V1;
use super::cgroup_files::CPUSET_V1;
use super::cgroup_files::Facts;
use super::cgroup_files::FileOf;
use super::cgroup_files::MEMORY_V1;
use super::cgroup_files::RESOURCES_V2;
use super::cgroup_files::put;
use super::cgroups::Cgroups;
use super::cgroups::Node;
use super::cpus::Cpus;
use super::kind::controller::CPU;
use super::kind::controller::CPUACCT;
use super::kind::controller::CPUSET;
use super::kind::controller::MEMORY;
use super::kind::controller::SYSTEMD;
use super::kind::controller::UNIFIED;
use super::spec::Layout;
use super::tree::Tree;

/// Where all hierarchies are mounted.
const BASE: &str = "sys/fs/cgroup";

/// One mounted tree.
pub(super) struct Hierarchy {
    /// Its number in `/proc/PID/cgroup`.
    id: u32,
    /// Its controllers as written there.
    pub(super) controllers: &'static str,
    /// The name of its directory; the base itself where empty.
    pub(super) mount: &'static str,
    /// Other names for the directory.
    links: &'static [&'static str],
    /// The controllers as bits.
    holds: u8,
    files: &'static [&'static [FileOf]],
}

const fn mounted(id: u32, mount: &'static str, holds: u8, files: &'static [&'static [FileOf]]) -> Hierarchy {
    Hierarchy {
        id,
        controllers: mount,
        mount,
        links: &[],
        holds,
        files,
    }
}

const NAMED_SYSTEMD: Hierarchy = Hierarchy {
    controllers: "name=systemd",
    ..mounted(1, "systemd", SYSTEMD, &[CORE_V1])
};

const ON_V2: &[Hierarchy] = &[mounted(0, "", UNIFIED, &[CORE_V2, RESOURCES_V2])];

const ON_V1: &[Hierarchy] = &[
    // It holds the cgroups that memory does.
    mounted(7, "blkio", MEMORY, &[CORE_V1, BLKIO_V1]),
    mounted(6, "memory", MEMORY, &[CORE_V1, MEMORY_V1]),
    Hierarchy {
        links: &["cpu", "cpuacct"],
        ..mounted(4, "cpu,cpuacct", CPU | CPUACCT, &[CORE_V1, CPU_V1, CPUACCT_V1])
    },
    mounted(3, "cpuset", CPUSET, &[CORE_V1, CPUSET_V1]),
    NAMED_SYSTEMD,
];

const ON_HYBRID: &[Hierarchy] = &[
    mounted(8, "blkio", MEMORY, &[CORE_V1, BLKIO_V1]),
    mounted(7, "memory", MEMORY, &[CORE_V1, MEMORY_V1]),
    mounted(5, "cpuset", CPUSET, &[CORE_V1, CPUSET_V1]),
    mounted(4, "cpuacct", CPUACCT, &[CORE_V1, CPUACCT_V1]),
    mounted(3, "cpu", CPU, &[CORE_V1, CPU_V1]),
    NAMED_SYSTEMD,
    Hierarchy {
        controllers: "",
        ..mounted(0, "unified", UNIFIED, &[CORE_V2])
    },
];

/// The trees of a layout, as `/proc/PID/cgroup` lists them.
pub(super) fn hierarchies(layout: Layout) -> &'static [Hierarchy] {
    match layout {
        Layout::V2 => ON_V2,
        Layout::V1 => ON_V1,
        Layout::Hybrid => ON_HYBRID,
    }
}

/// What `/proc/PID/cgroup` says of a process in `leaf`.
pub(super) fn membership(layout: Layout, cgroups: &Cgroups, leaf: usize) -> String {
    hierarchies(layout).iter().fold(String::new(), |mut text, tree| {
        let path = cgroups.path_in(leaf, tree.holds);
        let path = if path.is_empty() { "/" } else { path };
        put(
            &mut text,
            format_args!("{}:{}:{path}\n", tree.id, tree.controllers),
        );
        text
    })
}

/// Writes what has changed of the cgroups since the last time.
pub(super) fn render(
    layout: Layout,
    cgroups: &mut Cgroups,
    cpus: &Cpus,
    tree: &mut Tree,
) -> anyhow::Result<()> {
    let modes = cpus.total();
    let all_cpus = Cpus::list(cpus.allowed(None));
    let socket_cpus: Vec<String> = cpus.of_socket.iter().map(|own| Cpus::list(own)).collect();
    let mut facts = Facts {
        all_cpus: &all_cpus,
        socket_cpus: &socket_cpus,
        interrupt_us: modes.irq + modes.softirq,
        tree: 0,
        controllers: layout == Layout::V2,
    };
    for node in std::mem::take(&mut cgroups.gone) {
        for shown in hierarchies(layout) {
            tree.remove(&shown.directory(&node))?;
        }
    }
    for shown in hierarchies(layout) {
        facts.tree = shown.holds;
        for link in shown.links {
            tree.link(&format!("{BASE}/{link}"), shown.mount)?;
        }
        for node in &cgroups.nodes {
            shown.render(node, &facts, tree)?;
        }
    }
    for node in &mut cgroups.nodes {
        node.changed = 0;
    }
    Ok(())
}

impl Hierarchy {
    fn directory(&self, node: &Node) -> String {
        let slash = if self.mount.is_empty() { "" } else { "/" };
        format!("{BASE}{slash}{}{}", self.mount, node.path)
    }

    fn shows(&self, node: &Node) -> bool {
        node.alive && node.absent & self.holds == 0
    }

    fn render(&self, node: &Node, facts: &Facts<'_>, tree: &mut Tree) -> anyhow::Result<()> {
        if node.changed == 0 || !self.shows(node) {
            return Ok(());
        }
        let directory = self.directory(node);
        let mut text = String::new();
        for file in self.files.iter().copied().flatten() {
            if file.on & node.changed == 0 || !file.is_in(node) {
                continue;
            }
            text.clear();
            (file.text)(node, facts, &mut text);
            tree.put(&format!("{directory}/{}", file.name), text.as_bytes())?;
        }
        Ok(())
    }
}

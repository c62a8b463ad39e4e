//! The files of a cgroup, as tables.
//!
//! <https://docs.kernel.org/admin-guide/cgroup-v2.html>, <https://docs.kernel.org/admin-guide/cgroup-v1/cpuacct.html>.

use std::fmt::Arguments;
use std::fmt::Write;

use super::cgroups::Node;
use super::cgroups::change::BIRTH;
use super::cgroups::change::MEMBERS;
use super::cgroups::change::MEMORY;
use super::cgroups::change::USAGE;

/// The length of a tick of `cpuacct.stat`.
const TICK_US: u64 = 10_000;
/// What is read from disk or written to it at once.
const BLOCK: u64 = 4096;

/// One file of every cgroup of a tree.
pub(super) struct FileOf {
    pub(super) name: &'static str,
    /// The changes after which it is written again.
    pub(super) on: u8,
    /// Which cgroups do not have it.
    not_in: NotIn,
    pub(super) text: Render,
}

/// The root has no limits. A cgroup of threads lists no processes and has no memory
/// (<https://docs.kernel.org/admin-guide/cgroup-v2.html#threads>).
#[derive(Clone, Copy, PartialEq, Eq)]
enum NotIn {
    Nothing,
    Root,
    Threaded,
    RootAndThreaded,
}

impl FileOf {
    /// Whether `node` has it.
    pub(super) fn is_in(&self, node: &Node) -> bool {
        match self.not_in {
            NotIn::Nothing => true,
            NotIn::Root => !node.is_root(),
            NotIn::Threaded => !node.is_threaded(),
            NotIn::RootAndThreaded => !node.is_root() && !node.is_threaded(),
        }
    }
}

type Render = fn(&Node, &Facts<'_>, &mut String);

/// What files show beside the node's own state.
pub(super) struct Facts<'a> {
    /// The host's CPUs, `0-7`.
    pub(super) all_cpus: &'a str,
    /// Each socket's CPUs.
    pub(super) socket_cpus: &'a [String],
    /// Time in interrupts, which the second version counts as the root's.
    pub(super) interrupt_us: u64,
    /// Which tree they are in, as a bit.
    pub(super) tree: u8,
    /// Whether a second-version tree has controllers.
    pub(super) controllers: bool,
}

const fn file(name: &'static str, on: u8, text: Render) -> FileOf {
    FileOf {
        name,
        on,
        not_in: NotIn::Nothing,
        text,
    }
}

const fn not_at_root(name: &'static str, on: u8, text: Render) -> FileOf {
    FileOf {
        name,
        on,
        not_in: NotIn::Root,
        text,
    }
}

const fn of_domains(name: &'static str, on: u8, text: Render) -> FileOf {
    FileOf {
        not_in: NotIn::RootAndThreaded,
        ..file(name, on, text)
    }
}

pub(super) const CORE_V2: &[FileOf] = &[
    file("cgroup.controllers", BIRTH, |_, facts, out| {
        out.push_str(controllers(facts.controllers));
    }),
    file("cgroup.subtree_control", BIRTH, |node, facts, out| {
        let hands_down = node.is_root() || node.path.ends_with(".slice");
        out.push_str(controllers(facts.controllers && hands_down));
    }),
    not_at_root("cgroup.type", BIRTH, |node, _, out| out.push_str(type_of(node))),
    FileOf {
        not_in: NotIn::Threaded,
        ..file("cgroup.procs", MEMBERS, members)
    },
    not_at_root("cgroup.events", MEMBERS, |node, _, out| {
        put(
            out,
            format_args!("populated {}\nfrozen 0\n", u8::from(!node.members.is_empty())),
        );
    }),
    file("cpu.stat", USAGE, cpu_stat),
];

pub(super) const RESOURCES_V2: &[FileOf] = &[
    not_at_root("cpu.max", BIRTH, |_, _, out| out.push_str("max 100000\n")),
    not_at_root("cpu.weight", BIRTH, |_, _, out| out.push_str("100\n")),
    not_at_root("cpuset.cpus", BIRTH, |node, facts, out| {
        put(out, format_args!("{}\n", pinned(node, facts).unwrap_or_default()));
    }),
    file("cpuset.cpus.effective", BIRTH, effective_cpus),
    of_domains("memory.current", MEMORY, memory_usage),
    of_domains("memory.max", BIRTH, |_, _, out| out.push_str("max\n")),
    of_domains("memory.stat", MEMORY, |node, _, out| {
        let (anon, file) = halves(node.memory);
        put(
            out,
            format_args!("anon {anon}\nfile {file}\ninactive_file {}\n", file / 2),
        );
    }),
    of_domains("io.stat", USAGE, |node, _, out| {
        let (read, write) = moved(node);
        put(
            out,
            format_args!(
                "8:0 rbytes={read} wbytes={write} rios={} wios={} dbytes=0 dios=0\n",
                read / BLOCK,
                write / BLOCK
            ),
        );
    }),
];

pub(super) const BLKIO_V1: &[FileOf] = &[file(
    "blkio.throttle.io_service_bytes_recursive",
    USAGE,
    |node, _, out| {
        let (read, write) = moved(node);
        let all = read + write;
        put(
            out,
            format_args!("8:0 Read {read}\n8:0 Write {write}\n8:0 Sync {read}\n8:0 Async {write}\n"),
        );
        put(out, format_args!("8:0 Discard 0\n8:0 Total {all}\nTotal {all}\n"));
    },
)];

pub(super) const CORE_V1: &[FileOf] = &[
    file("cgroup.procs", MEMBERS, members),
    file("tasks", MEMBERS, members),
    file("notify_on_release", BIRTH, |_, _, out| out.push_str("0\n")),
];

pub(super) const CPU_V1: &[FileOf] = &[
    file("cpu.shares", BIRTH, |_, _, out| out.push_str("1024\n")),
    file("cpu.cfs_quota_us", BIRTH, |_, _, out| out.push_str("-1\n")),
    file("cpu.cfs_period_us", BIRTH, |_, _, out| out.push_str("100000\n")),
    file("cpu.stat", BIRTH, |_, _, out| {
        out.push_str("nr_periods 0\nnr_throttled 0\nthrottled_time 0\n");
    }),
];

pub(super) const CPUACCT_V1: &[FileOf] = &[
    file("cpuacct.usage", USAGE, |node, _, out| {
        put(out, format_args!("{}\n", (node.user_us + node.system_us) * 1000));
    }),
    file("cpuacct.stat", USAGE, |node, _, out| {
        put(
            out,
            format_args!(
                "user {}\nsystem {}\n",
                node.user_us / TICK_US,
                node.system_us / TICK_US
            ),
        );
    }),
];

pub(super) const CPUSET_V1: &[FileOf] = &[
    file("cpuset.cpus", BIRTH, effective_cpus),
    file("cpuset.effective_cpus", BIRTH, effective_cpus),
    file("cpuset.mems", BIRTH, |_, _, out| out.push_str("0\n")),
];

pub(super) const MEMORY_V1: &[FileOf] = &[
    file("memory.usage_in_bytes", MEMORY, memory_usage),
    file("memory.limit_in_bytes", BIRTH, |_, _, out| {
        out.push_str("9223372036854771712\n");
    }),
    file("memory.stat", MEMORY, |node, _, out| {
        let (anon, file) = halves(node.memory);
        put(
            out,
            format_args!("cache {file}\nrss {anon}\ntotal_cache {file}\ntotal_rss {anon}\n"),
        );
        put(out, format_args!("total_inactive_file {}\n", file / 2));
    }),
];

fn controllers(any: bool) -> &'static str {
    if any { "cpuset cpu io memory pids\n" } else { "" }
}

fn type_of(node: &Node) -> &'static str {
    if node.is_threaded() {
        "threaded\n"
    } else if node.path.ends_with("/libvirt") {
        "domain threaded\n"
    } else {
        "domain\n"
    }
}

fn members(node: &Node, facts: &Facts<'_>, out: &mut String) {
    for (pid, _) in node.members.iter().filter(|(_, trees)| *trees & facts.tree != 0) {
        put(out, format_args!("{pid}\n"));
    }
}

fn cpu_stat(node: &Node, facts: &Facts<'_>, out: &mut String) {
    let system = node.system_us + if node.is_root() { facts.interrupt_us } else { 0 };
    let user = node.user_us;
    put(
        out,
        format_args!(
            "usage_usec {}\nuser_usec {user}\nsystem_usec {system}\n",
            user + system
        ),
    );
    if facts.controllers && !node.is_root() {
        out.push_str("nr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n");
    }
}

fn memory_usage(node: &Node, _: &Facts<'_>, out: &mut String) {
    put(out, format_args!("{}\n", node.memory));
}

fn effective_cpus(node: &Node, facts: &Facts<'_>, out: &mut String) {
    put(
        out,
        format_args!("{}\n", pinned(node, facts).unwrap_or(facts.all_cpus)),
    );
}

fn pinned<'f>(node: &Node, facts: &'f Facts<'_>) -> Option<&'f str> {
    node.socket
        .and_then(|socket| facts.socket_cpus.get(socket as usize))
        .map(String::as_str)
}

/// What a cgroup read from disk and wrote to it: so much for each microsecond that it ran.
fn moved(node: &Node) -> (u64, u64) {
    (node.user_us / 8 * BLOCK, node.system_us / 4 * BLOCK)
}

/// Memory of programs, and of files that they read.
fn halves(memory: u64) -> (u64, u64) {
    (memory - memory / 3, memory / 3)
}

/// Writing to a `String` cannot fail.
pub(super) fn put(out: &mut String, text: Arguments<'_>) {
    let _ = out.write_fmt(text);
}

//! What changes slowly in a workload's cgroup, and is read in every few ticks.

use std::path::PathBuf;

use super::path::CgroupPath;
use super::workload::Cgroup;
use super::workload::Files;
use crate::Scratch;
use crate::allowance::Allowance;
use crate::allowance::Source;
use crate::cgroup::millicpus;
use crate::cgroup::parse_cfs_quota;
use crate::cgroup::parse_cpu_max;
use crate::cgroup::parse_cpus;
use crate::cgroup::parse_memory;
use crate::hierarchies::Hierarchy;
use crate::hierarchies::Version;
use crate::text::number;

/// What a workload is due in a scan beside its CPU time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    Off,
    /// Its memory.
    Memory,
    /// Its limits too, and what was missing before.
    All,
}

/// How many scans there are from one turn to the next.
const MEMORY: u64 = 8;
/// Limits change by hand, and opening their files costs ten times as much as reading a kept-open one.
const ALL: u64 = 64;

impl Turn {
    /// The turn of the workload with this key: not all have theirs in the same scan.
    pub(super) fn of(tick: u64, key: u64) -> Self {
        match tick.wrapping_add(key) {
            phase if phase.is_multiple_of(ALL) => Self::All,
            phase if phase.is_multiple_of(MEMORY) => Self::Memory,
            _ => Self::Off,
        }
    }
}

/// Reads files of one cgroup.
struct Reader<'r> {
    path: &'r CgroupPath,
    buffer: &'r mut PathBuf,
    scratch: &'r mut Scratch,
}

/// Takes a turn. What is not there, or cannot be understood, is unknown.
pub(super) fn read<W>(
    cgroup: &mut Cgroup<W>,
    turn: Turn,
    memory: &mut Source,
    files: &mut Files,
    scratch: &mut Scratch,
) {
    let Files {
        hierarchies,
        memory_allowance,
        path: buffer,
        ..
    } = files;
    let mut reader = Reader {
        path: &cgroup.path,
        buffer,
        scratch,
    };
    if turn == Turn::All || turn == Turn::Memory && cgroup.memory_bytes.is_some() {
        let hierarchy = hierarchies.memory.as_ref();
        cgroup.memory_bytes = hierarchy.and_then(|at| reader.memory(at, memory, memory_allowance));
    }
    if turn == Turn::All {
        let quota = hierarchies.quota.as_ref();
        cgroup.quota_millicpus = quota.and_then(|hierarchy| reader.quota(hierarchy));
        let cpus = hierarchies
            .cpuset
            .as_ref()
            .and_then(|hierarchy| reader.cpus(hierarchy));
        if cpus != cgroup.cpus.as_deref() {
            cgroup.cpus = cpus.map(Into::into);
        }
    }
}

impl<'r> Reader<'r> {
    fn text(&mut self, hierarchy: &Hierarchy, name: &str) -> Option<&[u8]> {
        self.scratch
            .read_if_there(self.path.file(hierarchy, name, self.buffer))
    }

    fn memory(&mut self, at: &Hierarchy, kept: &mut Source, allowance: &Allowance) -> Option<u64> {
        let name = match at.version {
            Version::V1 => "memory.usage_in_bytes",
            Version::V2 => "memory.current",
        };
        let Self {
            path,
            buffer,
            scratch,
        } = self;
        let text = kept.read_record(|| path.file(at, name, buffer), allowance, scratch);
        let bytes = text.ok().and_then(|text| parse_memory(text).ok());
        if bytes.is_none() {
            *kept = Source::default();
        }
        bytes
    }

    fn quota(&mut self, hierarchy: &Hierarchy) -> Option<u64> {
        if hierarchy.version == Version::V2 {
            return parse_cpu_max(self.text(hierarchy, "cpu.max")?).ok().flatten();
        }
        let quota = parse_cfs_quota(self.text(hierarchy, "cpu.cfs_quota_us")?)
            .ok()
            .flatten()?;
        millicpus(quota, number(self.text(hierarchy, "cpu.cfs_period_us")?).ok()?)
    }

    fn cpus(self, hierarchy: &Hierarchy) -> Option<&'r [u8]> {
        let Self {
            path,
            buffer,
            scratch,
        } = self;
        let name = match hierarchy.version {
            Version::V1 => "cpuset.effective_cpus",
            Version::V2 => "cpuset.cpus.effective",
        };
        scratch
            .read_if_there(path.file(hierarchy, name, buffer))
            .and_then(parse_cpus)
    }
}

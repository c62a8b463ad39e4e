//! What changes slowly in a workload's cgroup, and is read in every few ticks.

use std::path::PathBuf;

use super::path::CgroupPath;
use super::workload::Cgroup;
use super::workload::Files;
use crate::Scratch;
use crate::cgroup::millicpus;
use crate::cgroup::parse_cfs_quota;
use crate::cgroup::parse_cpu_max;
use crate::cgroup::parse_cpus;
use crate::cgroup::parse_memory;
use crate::hierarchies::Hierarchy;
use crate::hierarchies::Version;
use crate::text::number;

/// A file that was not there is left alone for so many turns: a controller is seldom enabled later.
const PATIENCE: u8 = 7;

/// Which of the files were missing.
#[derive(Debug, Default)]
pub(super) struct Slow {
    memory: Absence,
    quota: Absence,
    cpus: Absence,
}

/// For how many turns a missing file is still left alone.
#[derive(Debug, Default)]
struct Absence(u8);

/// Reads files of one cgroup, each opened for the one reading.
struct Reader<'r> {
    path: &'r CgroupPath,
    buffer: &'r mut PathBuf,
    scratch: &'r mut Scratch,
}

impl Slow {
    /// Takes one turn. What is not there, or cannot be understood, is unknown.
    pub(super) fn read<W>(&mut self, cgroup: &mut Cgroup<W>, files: &mut Files, scratch: &mut Scratch) {
        let Files {
            hierarchies,
            path: buffer,
            ..
        } = files;
        let mut reader = Reader {
            path: &cgroup.path,
            buffer,
            scratch,
        };
        cgroup.memory_bytes = self
            .memory
            .unless_absent(|| reader.memory(hierarchies.memory.as_ref()?));
        let quota = self
            .quota
            .unless_absent(|| reader.quota(hierarchies.quota.as_ref()?));
        cgroup.quota_millicpus = quota.flatten();
        let cpus = self
            .cpus
            .unless_absent(|| reader.cpus(hierarchies.cpuset.as_ref()?));
        let cpus = cpus.and_then(parse_cpus);
        if cpus != cgroup.cpus.as_deref() {
            cgroup.cpus = cpus.map(Into::into);
        }
    }
}

impl Absence {
    fn unless_absent<T>(&mut self, read: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.0 > 0 {
            self.0 -= 1;
            return None;
        }
        let found = read();
        if found.is_none() {
            self.0 = PATIENCE;
        }
        found
    }
}

impl<'r> Reader<'r> {
    fn text(&mut self, hierarchy: &Hierarchy, name: &str) -> Option<&[u8]> {
        self.scratch
            .read_record(self.path.file(hierarchy, name, self.buffer))
            .ok()
    }

    fn memory(&mut self, hierarchy: &Hierarchy) -> Option<u64> {
        let name = match hierarchy.version {
            Version::V1 => "memory.usage_in_bytes",
            Version::V2 => "memory.current",
        };
        parse_memory(self.text(hierarchy, name)?).ok()
    }

    /// The limit, where one can be set.
    fn quota(&mut self, hierarchy: &Hierarchy) -> Option<Option<u64>> {
        if hierarchy.version == Version::V2 {
            return parse_cpu_max(self.text(hierarchy, "cpu.max")?).ok();
        }
        let Some(quota) = parse_cfs_quota(self.text(hierarchy, "cpu.cfs_quota_us")?).ok()? else {
            return Some(None);
        };
        let period = number(self.text(hierarchy, "cpu.cfs_period_us")?).ok()?;
        millicpus(quota, period).map(Some)
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
        scratch.read_record(path.file(hierarchy, name, buffer)).ok()
    }
}

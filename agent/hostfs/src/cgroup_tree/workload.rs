//! A cgroup that is accounted as a whole.

use std::path::PathBuf;

use super::path::CgroupPath;
use super::slow;
use super::slow::Turn;
use crate::Result;
use crate::Scratch;
use crate::allowance::Allowance;
use crate::allowance::Source;
use crate::cgroup::parse_cpu_stat;
use crate::cgroup::parse_cpuacct_usage;
use crate::hierarchies::Hierarchies;
use crate::hierarchies::Version;

/// A workload's cgroup and what was last read of it. The figures are of all that is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroup<W> {
    /// Where it stands.
    pub path: CgroupPath,
    /// The caller's own.
    pub tag: W,
    /// The CPU time used since it was made, by those too that have ended; 0 before the first reading.
    pub cpu_usec: u64,
    /// The CPU time is its first reading, or there was none yet.
    pub fresh: bool,
    /// The CPU time could not be read in the last scan and is an earlier one.
    pub stale: bool,
    /// The memory in use, page cache included; `None` where it is not accounted.
    pub memory_bytes: Option<u64>,
    /// The limit of its CPU time in thousandths of a CPU, if it has one.
    pub quota_millicpus: Option<u64>,
    /// The list of its CPUs, such as `0-3,8`, if it has one.
    pub cpus: Option<Box<[u8]>>,
}

/// What every workload needs to be read.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) hierarchies: Hierarchies,
    /// For what is read in each scan.
    pub(super) allowance: Allowance,
    /// For what is read less often.
    pub(super) memory_allowance: Allowance,
    pub(super) path: PathBuf,
}

/// What a reading came to.
pub(super) enum Reading {
    Done,
    /// It counts from 0 again: another cgroup has taken its place.
    Restarted,
}

#[derive(Debug)]
pub(super) struct Workload<W> {
    pub(super) cgroup: Cgroup<W>,
    pub(super) parent: u64,
    usage: Source,
    memory: Source,
    was_read: bool,
}

impl<W> Workload<W> {
    pub(super) fn new(path: CgroupPath, tag: W, parent: u64) -> Self {
        let cgroup = Cgroup {
            path,
            tag,
            cpu_usec: 0,
            fresh: true,
            stale: true,
            memory_bytes: None,
            quota_millicpus: None,
            cpus: None,
        };
        Self {
            cgroup,
            parent,
            usage: Source::default(),
            memory: Source::default(),
            was_read: false,
        }
    }

    /// Reads the CPU time, and what changes slowly when it is its turn or the first reading.
    pub(super) fn read(&mut self, files: &mut Files, turn: Turn, scratch: &mut Scratch) -> Result<Reading> {
        let usage = self.usage(files, scratch);
        self.cgroup.stale = usage.is_err();
        self.cgroup.fresh = !self.was_read;
        let usage = usage.inspect_err(|_| self.usage = Source::default())?;
        if usage < self.cgroup.cpu_usec {
            return Ok(Reading::Restarted);
        }
        self.cgroup.cpu_usec = usage;
        self.was_read = true;
        let turn = if self.cgroup.fresh { Turn::All } else { turn };
        slow::read(&mut self.cgroup, turn, &mut self.memory, files, scratch);
        Ok(Reading::Done)
    }

    fn usage(&mut self, files: &mut Files, scratch: &mut Scratch) -> Result<u64> {
        let Files {
            hierarchies,
            allowance,
            path,
            ..
        } = files;
        let Some(cpu) = &hierarchies.cpu else { return Ok(0) };
        let (name, parse) = usage_file(cpu.version);
        let cgroup = &self.cgroup.path;
        let text = self
            .usage
            .read_record(|| cgroup.file(cpu, name, path), allowance, scratch)?;
        parse(text).map_err(|error| error.at(cgroup.file(cpu, name, path)))
    }
}

type Parse = fn(&[u8]) -> std::result::Result<u64, crate::ParseError>;

/// Both files cover all that is below the cgroup.
fn usage_file(version: Version) -> (&'static str, Parse) {
    match version {
        Version::V1 => ("cpuacct.usage", parse_cpuacct_usage),
        Version::V2 => ("cpu.stat", parse_cpu_stat),
    }
}

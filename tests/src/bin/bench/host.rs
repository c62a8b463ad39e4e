//! The host that is read: this machine, with processes and cgroups made for it, or a made-up one.

use anyhow::Context;
use anyhow::Result;
use tempfile::TempDir;
use wattle_hostfs::Roots;
use wattle_tests::fakehost;
use wattle_tests::fakehost::Spec;

use crate::cells::Cells;
use crate::crowd::Crowd;

/// Where the idle processes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// In no workload's cgroup: the agent reads each of them.
    Loose,
    /// In the workloads' cgroups: the agent reads none of them.
    InWorkloads,
}

/// A host to read. What it is made of goes with it, the processes before the cgroups that they are in.
#[derive(Debug)]
pub(crate) enum Host {
    Real { crowd: Crowd, cells: Cells },
    Fake { dir: TempDir, why: String },
}

impl Host {
    pub(crate) fn make(processes: u32, cgroups: u32) -> Result<Self> {
        match Cells::make(&Roots::default(), cgroups) {
            Ok(cells) => Ok(Self::Real {
                crowd: Crowd::gather(processes)?,
                cells,
            }),
            Err(error) => Self::fake(processes, cgroups, format!("{error:#}")),
        }
    }

    fn fake(processes: u32, cgroups: u32, why: String) -> Result<Self> {
        let dir = tempfile::tempdir().context("no directory for a made-up host")?;
        fakehost::Host::create(dir.path(), Spec::default().with_mixture(cgroups, processes))?;
        Ok(Self::Fake { dir, why })
    }

    pub(crate) fn roots(&self) -> Roots {
        match self {
            Self::Real { .. } => Roots::default(),
            Self::Fake { dir, .. } => Roots::below(dir.path()),
        }
    }

    /// Its files are the kernel's.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Real { .. })
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Real { .. } => "this machine, with processes and cgroups made for it".to_owned(),
            Self::Fake { why, .. } => format!("made up, of ordinary files: {why}"),
        }
    }

    /// The placements that can be had, the one that costs the agent most first.
    pub(crate) fn placements(&self) -> &'static [Placement] {
        match self {
            Self::Real { .. } => &[Placement::Loose, Placement::InWorkloads],
            Self::Fake { .. } => &[Placement::InWorkloads],
        }
    }

    pub(crate) fn place(&self, placement: Placement) -> Result<()> {
        match (self, placement) {
            (Self::Real { crowd, cells }, Placement::Loose) => cells.hold(crowd.pids()),
            (Self::Real { crowd, cells }, Placement::InWorkloads) => cells.spread(crowd.pids()),
            (Self::Fake { .. }, _) => Ok(()),
        }
    }
}

impl Placement {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Loose => "tick, processes outside of workloads",
            Self::InWorkloads => "tick, processes in workloads",
        }
    }
}

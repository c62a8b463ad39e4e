//! What is known of one account between its turns.

use std::path::Path;
use std::sync::Arc;

use wattle_hostfs::cgroup_usage::CgroupFiles;
use wattle_hostfs::io_stat::DeviceNumber;
use wattle_hostfs::net_namespace::NamespaceId;
use wattle_hostfs::process_dir::ProcessDir;

use super::tally::Tally;
use crate::sample::AccountSample;
use crate::sample::AccountSource;
use crate::workload::Kind;

/// Turns after its first in which an account is looked at closely: it is still being set up.
const YOUNG: u32 = 3;
/// From then on it is looked at closely once in so many turns, if it did anything in them. Memory may be taken from it and packets may
/// reach it all the same.
const SELDOM: u32 = 8;

/// An account whose usage is read.
#[derive(Debug)]
pub(super) struct Holder {
    /// The tick in which it was found.
    pub(super) since: u64,
    turns: u32,
    cpu_usec: u64,
    /// It has run since it was last looked at closely.
    ran: bool,
    pub(super) files: CgroupFiles,
    pub(super) disks: Tally<DeviceNumber>,
    pub(super) block: Option<Flow>,
    pub(super) process: Option<Pinned>,
    pub(super) namespace: Option<NamespaceId>,
    /// Its processes are in the host's own network namespace, or could not be asked at the last close look.
    pub(super) in_host: bool,
    pub(super) taps: Vec<Tap>,
}

/// A process of an account.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) dir: ProcessDir,
    pub(super) start_ticks: u64,
    /// Counted as one descriptor that is kept open.
    pub(super) _kept: Arc<()>,
}

/// A flow of one account alone.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) id: u64,
    pub(super) source: Arc<str>,
}

/// A device that a guest's process serves.
#[derive(Debug)]
pub(super) struct Tap {
    pub(super) name: Box<str>,
    /// It receives what the process writes.
    pub(super) is_tap: bool,
    pub(super) flow: Flow,
    /// The tick since which the device is there; one that was made again is another.
    pub(super) since: u64,
}

/// What a turn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The account did nothing since the last turn.
    Away,
    /// Its figures.
    Brief,
    /// Who it is made of, too.
    Close,
}

impl Holder {
    pub(super) fn new(tick: u64) -> Self {
        Self {
            since: tick,
            turns: 0,
            cpu_usec: 0,
            ran: false,
            files: CgroupFiles::default(),
            disks: Tally::default(),
            block: None,
            process: None,
            namespace: None,
            in_host: false,
            taps: Vec::new(),
        }
    }

    /// How closely to look in this turn. Who used no CPU time moved nothing by itself.
    pub(super) fn look(&mut self, account: &AccountSample) -> Look {
        let turn = self.turns;
        self.turns = self.turns.wrapping_add(1);
        let idle = std::mem::replace(&mut self.cpu_usec, account.cpu_usec) == account.cpu_usec;
        self.ran |= !idle;
        let seldom = turn.is_multiple_of(SELDOM);
        if turn <= YOUNG || seldom && self.ran {
            self.ran = false;
            Look::Close
        } else if idle && !seldom {
            Look::Away
        } else {
            Look::Brief
        }
    }
}

/// Whether the usage of an account is read: of every cgroup, and of processes that are a workload by themselves.
pub(super) fn is_of_interest(account: &AccountSample) -> bool {
    match account.source {
        AccountSource::Cgroup(_) | AccountSource::Unified(_) => true,
        AccountSource::Process { .. } => matches!(account.workload.kind, Kind::Vm | Kind::Container),
    }
}

/// A cgroup's path below the root of its hierarchy.
pub(super) fn relative(path: &str) -> &Path {
    Path::new(path.trim_start_matches('/'))
}

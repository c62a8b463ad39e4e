//! What one tick read: raw values, as the kernel gave them.

use std::sync::Arc;
use std::time::Duration;

use wattle_hostfs::filesystem::Filesystem;
use wattle_hostfs::loadavg::LoadAverage;
use wattle_hostfs::meminfo::Meminfo;
use wattle_hostfs::memory_stat::Memory;
use wattle_hostfs::net_dev::Device;
use wattle_hostfs::powercap::Zone;
use wattle_hostfs::pressure::Pressure;
use wattle_hostfs::pressure::Resource;
use wattle_hostfs::self_process::SelfProcess;
use wattle_hostfs::stat::CpuTimes;

use crate::carbon::Grid;
use crate::sensor::SensorState;
use crate::workload::Identity;

/// Everything read in one tick. The energy counters were read right beside the CPU times, so both cover the same
/// interval.
#[derive(Debug, Default)]
pub struct Sample {
    /// When: on a clock that stands still while the machine sleeps and that nobody sets.
    pub at: Duration,
    /// When, for people: since 1970.
    pub wall: Duration,
    /// Time since boot by the host's own account, in clock ticks: what the start times of processes are measured in.
    pub uptime_ticks: Option<u64>,
    /// The energy counters.
    pub zones: Vec<ZoneSample>,
    /// CPU times, if they could be read.
    pub cpu: Option<CpuSample>,
    /// Who ran: cgroups first, those further up before those below them, then processes.
    pub accounts: Vec<AccountSample>,
    /// What some of the accounts hold: those whose turn it was.
    pub memory: Vec<MemorySample>,
    /// What some of the accounts moved: those whose turn it was.
    pub flows: Vec<FlowSample>,
    /// Every process, where the operator wants to know of them.
    pub processes: Option<Vec<ProcessSample>>,
    /// The host at large.
    pub host: HostSample,
    /// How the reading of each source went.
    pub sensors: Vec<SensorState>,
    /// How clean the power is, where the operator wants to know.
    pub grid: Option<Arc<Grid>>,
}

/// One reading of an energy counter, or why there is none.
#[derive(Clone, Debug)]
pub struct ZoneSample {
    /// Which counter.
    pub zone: Arc<Zone>,
    /// Its value in microjoules.
    pub energy_uj: Option<u64>,
}

/// CPU times of the host and of its sockets.
#[derive(Clone, Debug, Default)]
pub struct CpuSample {
    /// All CPUs together.
    pub total: CpuTimes,
    /// By socket, in the order of the topology.
    pub sockets: Vec<SocketTimes>,
}

/// CPU times of one socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketTimes {
    /// The socket's number.
    pub socket: u32,
    /// Its CPUs that are online.
    pub cpus: u32,
    /// Its physical cores.
    pub cores: u32,
    /// Time in which its CPUs did something.
    pub busy_usec: u64,
    /// Time in which they did nothing, or another guest had them.
    pub idle_usec: u64,
}

/// The CPU time of one cgroup or process since it began.
#[derive(Clone, Debug)]
pub struct AccountSample {
    /// Different for every incarnation, and never used again while the agent runs.
    pub id: u64,
    /// What is counted; recognised again after a restart of the agent.
    pub source: AccountSource,
    /// Whose time it is.
    pub workload: Arc<Identity>,
    /// Who that is without the operator's rules: what kind of thing it really is, and what its manager calls it.
    pub found: Arc<Identity>,
    /// The account that counts this one's time as well: of a cgroup further up, or of the one that a process is in. It
    /// stands before this one in the sample. The ledger takes out of it what this one is charged.
    pub inside: Option<u64>,
    /// CPU time so far.
    pub cpu_usec: u64,
    /// The only socket it may run on, as a position in [`CpuSample::sockets`].
    pub socket: Option<usize>,
    /// Thousandths of a CPU that its quota promises.
    pub reserved_millicpus: Option<u64>,
}

/// One process and the CPU time that it used since it began.
#[derive(Clone, Debug)]
pub struct ProcessSample {
    /// Its number.
    pub pid: u32,
    /// When it began, in clock ticks since boot.
    pub start_ticks: u64,
    /// Its name, printable; whatever the process wants it to be.
    pub comm: Arc<str>,
    /// CPU time so far.
    pub cpu_usec: u64,
    /// The account that its time is in: an [`AccountSample::id`].
    pub account: Option<u64>,
}

/// The memory of an account.
#[derive(Clone, Copy, Debug)]
pub struct MemorySample {
    /// Its [`AccountSample::id`].
    pub account: u64,
    /// What the kernel tells of it.
    pub memory: Memory,
}

/// Bytes through one device, or one group of devices, that an account alone uses.
///
/// The figures only grow while the agent runs, whatever comes and goes behind them.
#[derive(Clone, Debug)]
pub struct FlowSample {
    /// Never used again while the agent runs.
    pub id: u64,
    /// Recognised again after a restart of the agent.
    pub source: Arc<str>,
    /// Who pays: its [`AccountSample::id`].
    pub account: u64,
    /// What the bytes are.
    pub kind: FlowKind,
    /// Bytes to the workload (received, read), then bytes from it (transmitted, written).
    pub bytes: [u64; 2],
    /// It began to count while the agent watched, for this account: all of it is the account's.
    pub fresh: bool,
}

/// What bytes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKind {
    /// To and from the network.
    Network,
    /// To and from block devices.
    Block,
}

impl FlowKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Network, Self::Block];

    /// Its place in a [`PerFlow`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// Something for each kind of flow.
pub type PerFlow<T> = [T; FlowKind::ALL.len()];

/// What the kernel counts CPU time for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccountSource {
    /// A cgroup, by its path.
    Cgroup(Arc<str>),
    /// A cgroup of version 2 where version 1 accounts for CPU time beside it, by its path. Version 1 may have one of the
    /// same path.
    Unified(Arc<str>),
    /// A process, which is only the same one with the same start time.
    Process {
        /// Its number.
        pid: u32,
        /// When it began, in clock ticks since boot.
        start_ticks: u64,
    },
}

impl AccountSource {
    /// The path of the cgroup, if it is one.
    pub fn cgroup(&self) -> Option<&Arc<str>> {
        match self {
            Self::Cgroup(path) | Self::Unified(path) => Some(path),
            Self::Process { .. } => None,
        }
    }

    /// Whether it is a cgroup at or below another by its path, and so counted with it in every hierarchy.
    pub fn is_below(&self, other: &Self) -> bool {
        let (Some(path), Some(above)) = (self.cgroup(), other.cgroup()) else {
            return false;
        };
        let rest = path.strip_prefix(&**above);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Figures of the host that are shown as they are.
#[derive(Clone, Debug, Default)]
pub struct HostSample {
    /// Memory.
    pub memory: Option<Meminfo>,
    /// Network devices.
    pub network: Vec<Device>,
    /// Time lost to contention.
    pub pressure: Vec<(Resource, Pressure)>,
    /// Local file systems.
    pub filesystems: Arc<[Filesystem]>,
    /// How many want to run.
    pub load: Option<LoadAverage>,
    /// The agent's own process.
    pub own: Option<SelfProcess>,
}

//! What one tick read: raw values, as the kernel gave them.

use std::sync::Arc;
use std::time::Duration;

use wattle_hostfs::filesystem::Filesystem;
use wattle_hostfs::meminfo::Meminfo;
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
    /// Who ran: cgroups first, then the processes that no cgroup accounts for.
    pub accounts: Vec<AccountSample>,
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
    /// CPU time so far.
    pub cpu_usec: u64,
    /// The only socket it may run on, as a position in [`CpuSample::sockets`].
    pub socket: Option<usize>,
    /// Memory in use, where the kernel accounts for it.
    pub memory_bytes: Option<u64>,
    /// Thousandths of a CPU that its quota promises.
    pub reserved_millicpus: Option<u64>,
}

/// What the kernel counts CPU time for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccountSource {
    /// A cgroup, by its path.
    Cgroup(Arc<str>),
    /// A process, which is only the same one with the same start time.
    Process {
        /// Its number.
        pid: u32,
        /// When it began, in clock ticks since boot.
        start_ticks: u64,
    },
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
    /// The agent's own process.
    pub own: Option<SelfProcess>,
}

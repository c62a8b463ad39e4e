//! What really happened: the figures that an agent's are measured against.

use serde::Deserialize;
use serde::Serialize;

/// Microjoules by component, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joules {
    /// Of the packages.
    pub cpu_uj: u64,
    /// Of the memory that is counted apart from the packages.
    pub dram_uj: u64,
}

/// A zone's energy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneTruth {
    /// Its directory's name, `intel-rapl:0`.
    pub id: String,
    /// Its `name`.
    pub name: String,
    /// Its socket; psys has none.
    pub socket: Option<usize>,
    /// What it has counted since the start, through wraps, and without resets and jumps.
    pub energy_uj: u64,
    /// What `energy_uj` shows, unless a fault hides it.
    pub shown_uj: u64,
    /// What `max_energy_range_uj` shows.
    pub range_uj: u64,
    /// How often it has wrapped since the start.
    pub wraps: u64,
}

/// A workload's figures. An ended one keeps them; one that was started again is a new entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadTruth {
    /// Its name.
    pub name: String,
    /// `vm`, `container`, `service`, `system` or `kernel`.
    pub kind: String,
    /// Its cgroup; empty for the root.
    pub cgroup: String,
    /// A container's id or a guest's UUID.
    pub id: String,
    /// How many of the same name there were before.
    pub incarnation: u32,
    /// Whether it has ended.
    pub ended: bool,
    /// Its processes now.
    pub pids: Vec<u32>,
    /// CPU time.
    pub cpu_us: u64,
    /// Energy above the idle host's.
    #[serde(flatten)]
    pub joules: Joules,
}

/// How the host's CPUs spent their time since the boot. `user_us` includes time of guests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuTruth {
    /// In programs.
    pub user_us: u64,
    /// In the kernel for them.
    pub system_us: u64,
    /// In interrupts.
    pub irq_us: u64,
    /// In deferred interrupt work.
    pub softirq_us: u64,
    /// Doing nothing.
    pub idle_us: u64,
}

/// The power model of every socket, which an agent may learn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelTruth {
    /// Milliwatts of one idle package.
    pub package_static_mw: u64,
    /// Milliwatts of one package with all CPUs busy.
    pub package_full_mw: u64,
    /// Milliwatts of one socket's idle memory.
    pub dram_static_mw: u64,
    /// Milliwatts of one socket's memory with all CPUs busy.
    pub dram_full_mw: u64,
}

/// Everything since the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Virtual time since the start.
    pub elapsed_us: u64,
    /// What all packages and drams have counted.
    pub host: Joules,
    /// What psys counted beyond packages and drams, where there is a psys.
    pub other_uj: Option<u64>,
    /// What nobody caused.
    pub idle: Joules,
    /// Every zone.
    pub zones: Vec<ZoneTruth>,
    /// Every workload that ever was.
    pub workloads: Vec<WorkloadTruth>,
    /// CPU time of the whole host.
    pub cpu: CpuTruth,
    /// The power model.
    pub model: ModelTruth,
}

impl Truth {
    /// Idle and workloads together, which is the host to the microjoule.
    pub fn accounted(&self) -> Joules {
        self.workloads.iter().fold(self.idle, |sum, workload| Joules {
            cpu_uj: sum.cpu_uj + workload.joules.cpu_uj,
            dram_uj: sum.dram_uj + workload.joules.dram_uj,
        })
    }

    /// All workloads of this name, from the first to the last.
    pub fn named<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t WorkloadTruth> {
        self.workloads
            .iter()
            .filter(move |workload| workload.name == name)
    }
}

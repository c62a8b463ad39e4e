//! What a made-up host is like.

use std::time::Duration;

use super::cpuinfo::CpuModel;
use super::kind::Kind;
use super::load::Load;
use super::random::Random;

/// Which cgroup hierarchies are mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// One tree at `/sys/fs/cgroup` (<https://docs.kernel.org/admin-guide/cgroup-v2.html>).
    V2,
    /// A tree per controller, `cpu` and `cpuacct` combined and linked
    /// (<https://docs.kernel.org/admin-guide/cgroup-v1/index.html>).
    V1,
    /// A tree per controller, each by itself, and a second-version tree without controllers at `unified`.
    Hybrid,
}

/// Power that grows in a straight line with the use of the socket's CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Milliwatts of the idle socket.
    pub static_mw: u64,
    /// Milliwatts more when all its CPUs are busy.
    pub dynamic_mw: u64,
}

/// The processors and their energy counters.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// Which processor `cpuinfo` shows.
    pub model: CpuModel,
    /// Sockets; at least one.
    pub sockets: u32,
    /// Logical CPUs of each socket; at least one.
    pub cpus_per_socket: u32,
    /// Logical CPUs of each core: 1 or 2.
    pub threads_per_core: u32,
    /// Dies with a counter of their own in each socket; more than one changes the zones' names.
    pub dies: u32,
    /// The package zones' power, for each socket.
    pub package: Power,
    /// The dram zones' power, for each socket, where there are such zones.
    pub dram: Option<Power>,
    /// A core zone inside each package.
    pub core: bool,
    /// An uncore zone inside each package.
    pub uncore: bool,
    /// A psys zone: all packages and drams, and so many milliwatts for the rest of the board.
    pub psys_rest_mw: Option<u64>,
    /// A second set of package zones that counts the same energy, `intel-rapl-mmio`.
    pub mmio: bool,
    /// The width of the counters; 32 on real machines, less to see many wraps.
    pub bits: u32,
    /// The energy unit of all zones but dram.
    pub unit_nj: u64,
    /// The energy unit of dram.
    pub dram_unit_nj: u64,
    /// Whether the kernel shows the counters at all.
    pub powercap: bool,
    /// Installed memory.
    pub memory_bytes: u64,
}

/// One workload to start with.
#[derive(Clone, Debug)]
pub struct WorkloadSpec {
    /// Its name: of the unit, the container or the guest. No slash.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How much CPU it wants.
    pub load: Load,
    /// The only socket that it may run on.
    pub socket: Option<u32>,
    /// How many processes it has; at least one, save for interrupts.
    pub processes: u32,
    /// Memory that it holds.
    pub memory_bytes: u64,
}

/// What comes and goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Churn {
    /// Processes that end, each replaced by a new one, per second.
    pub processes_per_second: u32,
    /// Containers that start per second; each lives until four younger ones run.
    pub cgroups_per_second: u32,
}

/// A whole host.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The cgroup hierarchies.
    pub layout: Layout,
    /// The processors and their counters.
    pub hardware: Hardware,
    /// What runs from the start, beside init and the kernel's threads.
    pub workloads: Vec<WorkloadSpec>,
    /// How many kernel threads there are, kthreadd included.
    pub kernel_threads: u32,
    /// What the kernel's threads want together.
    pub kernel: Load,
    /// Time in interrupts.
    pub irq: Load,
    /// Time in deferred interrupt work.
    pub softirq: Load,
    /// What comes and goes.
    pub churn: Churn,
    /// The same seed and steps make the same host.
    pub seed: u64,
    /// When it was booted, in seconds since 1970.
    pub boot_time: u64,
    /// How long it has been up, idle, when the story begins.
    pub uptime: Duration,
}

impl Default for Hardware {
    /// A server with two sockets, package and dram zones.
    fn default() -> Self {
        Self {
            model: CpuModel::XeonServer,
            sockets: 2,
            cpus_per_socket: 8,
            threads_per_core: 1,
            dies: 1,
            package: Power {
                static_mw: 40_000,
                dynamic_mw: 110_000,
            },
            dram: Some(Power {
                static_mw: 6_000,
                dynamic_mw: 12_000,
            }),
            core: false,
            uncore: false,
            psys_rest_mw: None,
            mmio: false,
            bits: 32,
            unit_nj: 61_035,
            dram_unit_nj: 15_300,
            powercap: true,
            memory_bytes: 64 << 30,
        }
    }
}

impl Hardware {
    /// A laptop or desktop: one socket with core, uncore and psys zones, and the memory-mapped twin.
    pub fn client() -> Self {
        Self {
            model: CpuModel::CoreClient,
            sockets: 1,
            threads_per_core: 2,
            package: Power {
                static_mw: 3_000,
                dynamic_mw: 25_000,
            },
            dram: None,
            core: true,
            uncore: true,
            psys_rest_mw: Some(4_500),
            mmio: true,
            memory_bytes: 16 << 30,
            ..Self::default()
        }
    }

    /// One socket of AMD: package and core, and no dram.
    pub fn epyc() -> Self {
        Self {
            model: CpuModel::Epyc,
            sockets: 1,
            threads_per_core: 2,
            package: Power {
                static_mw: 62_000,
                dynamic_mw: 118_000,
            },
            dram: None,
            core: true,
            ..Self::default()
        }
    }

    /// A guest of KVM, which sees no counters.
    pub fn guest() -> Self {
        Self {
            model: CpuModel::KvmGuest,
            sockets: 1,
            powercap: false,
            memory_bytes: 8 << 30,
            ..Self::default()
        }
    }

    /// Logical CPUs of the whole host.
    pub fn cpus(&self) -> u32 {
        self.sockets.max(1) * self.cpus_per_socket.max(1)
    }
}

impl Default for Spec {
    /// A server on which nothing but the kernel and init runs.
    fn default() -> Self {
        Self {
            layout: Layout::V2,
            hardware: Hardware::default(),
            workloads: Vec::new(),
            kernel_threads: 8,
            kernel: Load::Constant(10),
            irq: Load::Constant(4),
            softirq: Load::Constant(8),
            churn: Churn::default(),
            seed: 1,
            boot_time: 1_790_000_000,
            uptime: Duration::from_secs(3600),
        }
    }
}

impl WorkloadSpec {
    /// One process of 64 MiB that wants `load`.
    pub fn new(kind: Kind, name: &str, load: Load) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            load,
            socket: None,
            processes: 1,
            memory_bytes: 64 << 20,
        }
    }

    /// The same with so many processes.
    pub fn processes(self, processes: u32) -> Self {
        Self { processes, ..self }
    }

    /// The same, kept to one socket.
    pub fn on_socket(self, socket: u32) -> Self {
        Self {
            socket: Some(socket),
            ..self
        }
    }

    /// The same, holding so much memory.
    pub fn memory(self, memory_bytes: u64) -> Self {
        Self { memory_bytes, ..self }
    }
}

impl Spec {
    /// Adds a mixture of services, containers, guests and a login: `cgroups` of them, with `processes` altogether, that
    /// want about half of the host's CPUs between them.
    pub fn with_mixture(mut self, cgroups: u32, processes: u32) -> Self {
        let mut random = Random::new(self.seed ^ 0x6d69_7874_7572_6521);
        let share = self.hardware.cpus() * 500 / cgroups.max(1);
        let loose = u32::from(processes > cgroups);
        let each = processes
            .saturating_sub(loose)
            .checked_div(cgroups)
            .unwrap_or(0)
            .max(1);
        let mut left = processes.saturating_sub(loose + each * cgroups);
        for number in 0..cgroups {
            let kind = *random.pick(&MIXTURE);
            let extra = u32::from(left > 0);
            left -= extra;
            let workload = WorkloadSpec::new(
                kind,
                &format!("{}-{number}", stem(kind)),
                curve(share, &mut random),
            );
            self.workloads.push(
                workload
                    .processes(each + extra)
                    .memory((8 + random.below(500)) << 20),
            );
        }
        if loose > 0 {
            self.workloads
                .push(WorkloadSpec::new(Kind::Loose, "loose", Load::Constant(30)));
        }
        self
    }
}

const MIXTURE: [Kind; 9] = [
    Kind::Service,
    Kind::Service,
    Kind::Service,
    Kind::Docker,
    Kind::Docker,
    Kind::Podman,
    Kind::Lxc,
    Kind::Libvirt,
    Kind::Session,
];

fn stem(kind: Kind) -> &'static str {
    match kind {
        Kind::Libvirt => "one",
        Kind::Session => "session",
        Kind::Service => "unit",
        _ => "box",
    }
}

/// A curve that wants `share` on average, more or less.
fn curve(share: u32, random: &mut Random) -> Load {
    let period = Duration::from_millis(500 + random.below(20_000));
    match random.below(5) {
        0 => Load::Constant(share),
        1 => Load::Sine {
            low: share / 4,
            high: share * 7 / 4,
            period,
        },
        2 => Load::Square {
            low: 0,
            high: share * 2,
            on: period,
            off: period,
        },
        3 => Load::Walk {
            low: 0,
            high: share * 2,
        },
        // Most cgroups of a real host hardly run.
        _ => Load::Constant(share / 50),
    }
}

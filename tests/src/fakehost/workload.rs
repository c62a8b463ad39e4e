//! Workloads: what they want, what they got, and which processes do it.

use super::cgroups::Cgroups;
use super::hierarchies::membership;
use super::kind::Kind;
use super::kind::Place;
use super::process::Identity;
use super::process::Process;
use super::programs::program;
use super::random::Random;
use super::share::split;
use super::spec::Layout;
use super::spec::WorkloadSpec;

/// A workload, running or ended.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) spec: WorkloadSpec,
    /// How many of the same name there were before.
    pub(crate) incarnation: u32,
    /// A container's id or a guest's UUID.
    pub(crate) id: String,
    pub(crate) place: Place,
    pub(crate) leaf: usize,
    /// The cgroups that a guest's virtual CPUs run in.
    pub(crate) vcpus: Vec<usize>,
    pub(crate) processes: Vec<Process>,
    pub(crate) cpu_us: u64,
    pub(crate) cpu_uj: u64,
    pub(crate) dram_uj: u64,
    pub(crate) ended: bool,
    level: u32,
}

/// Numbers for processes: as the kernel gives them, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Pids(u32);

/// Numbers below this go to what the kernel and the early boot start.
const FIRST_USER: u32 = 612;
/// The kernel's default `pid_max` on 64-bit machines.
const PID_MAX: u32 = 4_194_304;

impl Pids {
    /// The first numbers belong to init and the kernel's threads.
    pub(crate) fn new() -> Self {
        Self(2)
    }

    fn next(&mut self, kernel_thread: bool, random: &mut Random) -> u32 {
        // Between two processes that last, others have come and gone.
        let others = if kernel_thread { 0 } else { random.below(9) };
        let least = if kernel_thread { 3 } else { FIRST_USER };
        self.0 = (self.0 + 1 + u32::try_from(others).unwrap_or(0)).max(least);
        if self.0 >= PID_MAX {
            self.0 = FIRST_USER;
        }
        self.0
    }
}

/// What a new process or workload needs to know of its host.
pub(crate) struct Birth<'w> {
    pub(crate) layout: Layout,
    pub(crate) cgroups: &'w mut Cgroups,
    pub(crate) pids: &'w mut Pids,
    pub(crate) random: &'w mut Random,
    /// Ticks since the boot.
    pub(crate) now_ticks: u64,
    /// Whether the host is only just being made: then everything has been there since the boot.
    pub(crate) at_boot: bool,
}

impl Birth<'_> {
    fn start_ticks(&self, pid: u32) -> u64 {
        if self.at_boot {
            u64::from(pid / 2).min(self.now_ticks)
        } else {
            self.now_ticks
        }
    }
}

impl Workload {
    /// Starts a workload and its processes; `number` counts those of its kind.
    pub(crate) fn start(spec: WorkloadSpec, number: usize, incarnation: u32, birth: &mut Birth<'_>) -> Self {
        let id = if spec.kind.label() == "vm" {
            birth.random.uuid()
        } else {
            birth.random.hex(64)
        };
        let place = spec.kind.place(birth.layout, &spec.name, &id, number);
        let leaf = birth.cgroups.open(&place, spec.socket);
        let vcpus = birth.cgroups.open_vcpus(&place, spec.socket);
        birth
            .cgroups
            .set_memory(leaf, birth.cgroups.nodes[leaf].memory + spec.memory_bytes);
        let count = if spec.kind.is_interrupt() {
            0
        } else {
            spec.processes.max(1)
        };
        let mut workload = Self {
            spec,
            incarnation,
            id,
            place,
            leaf,
            vcpus,
            processes: Vec::new(),
            cpu_us: 0,
            cpu_uj: 0,
            dram_uj: 0,
            ended: false,
            level: 0,
        };
        for _ in 0..count {
            workload.spawn(None, birth);
        }
        workload
    }

    /// Starts one more process, under this number or the next free one.
    pub(crate) fn spawn(&mut self, pid: Option<u32>, birth: &mut Birth<'_>) {
        let first = self.processes.is_empty();
        let fixed = match (self.spec.kind, first) {
            (Kind::Init, true) => Some(1),
            (Kind::KernelThreads, true) => Some(2),
            _ => pid,
        };
        let kernel_thread = self.spec.kind == Kind::KernelThreads;
        let pid = fixed.unwrap_or_else(|| birth.pids.next(kernel_thread, birth.random));
        let program = program(&self.spec, &self.id, self.processes.len(), birth.random);
        let identity = Identity {
            pid,
            parent: self.parent(pid),
            comm: program.comm,
            arguments: program.arguments,
            uid: program.uid,
            threads: if kernel_thread { 1 } else { program.threads },
            start_ticks: birth.start_ticks(pid),
            memory_bytes: if kernel_thread {
                0
            } else {
                self.spec.memory_bytes / u64::from(self.spec.processes.max(1))
            },
            kernel_thread,
            membership: membership(birth.layout, birth.cgroups, self.leaf),
        };
        let weight = if first {
            4
        } else {
            *birth.random.pick(&[0, 0, 0, 1, 2])
        };
        birth.cgroups.join(self.leaf, pid);
        self.processes.push(Process::new(identity, weight));
    }

    fn parent(&self, pid: u32) -> u32 {
        match self.processes.first() {
            _ if pid <= 2 => 0,
            Some(process) => process.identity.pid,
            None => 1,
        }
    }

    /// The time it wants in a step around `at_us`.
    pub(crate) fn wanted(&mut self, at_us: u64, step_us: u64, random: &mut Random) -> u64 {
        if self.ended || (self.processes.is_empty() && !self.spec.kind.is_interrupt()) {
            return 0;
        }
        self.level = self.spec.load.wanted(at_us, self.level, random);
        u64::from(self.level) * step_us / 1000
    }

    /// Parts the time that ran among the processes, by their weights.
    pub(crate) fn parts(&self, us: u64) -> Vec<u64> {
        let weights: Vec<u64> = self.processes.iter().map(|process| process.weight).collect();
        if weights.iter().any(|&weight| weight > 0) {
            split(us, &weights)
        } else {
            split(us, &vec![1; weights.len()])
        }
    }

    /// The process in `at` ends. Gives back where its files were.
    pub(crate) fn exit(&mut self, at: usize, cgroups: &mut Cgroups) -> String {
        let process = self.processes.remove(at);
        cgroups.leave(self.leaf, process.identity.pid);
        process.directory()
    }
}

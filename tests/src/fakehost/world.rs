//! A made-up host in memory: it steps through virtual time and knows where every microjoule went.

use std::time::Duration;

use super::cgroups::Cgroups;
use super::cpus::Cpus;
use super::cpus::Free;
use super::energy::Energy;
use super::kind::Kind;
use super::load::Load;
use super::process::TICK_US;
use super::random::Random;
use super::share::split;
use super::spec::Spec;
use super::spec::WorkloadSpec;
use super::surroundings::Surroundings;
use super::workload::Birth;
use super::workload::Pids;
use super::workload::Workload;

/// A host without a directory: nothing here reads, writes or asks the time.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) spec: Spec,
    pub(super) cpus: Cpus,
    pub(super) energy: Energy,
    pub(super) cgroups: Cgroups,
    pub(super) workloads: Vec<Workload>,
    pub(super) surroundings: Surroundings,
    pub(super) boot_id: String,
    pub(super) idle_cpu_uj: u64,
    pub(super) idle_dram_uj: u64,
    pub(super) elapsed_us: u64,
    pub(super) random: Random,
    /// Directories of processes that have ended, still to be removed.
    pub(super) gone: Vec<String>,
    /// Comings and goings that are due, in millionths.
    pub(super) owed: [u64; 2],
    pids: Pids,
    steps: usize,
}

/// A step in progress.
struct Step {
    us: u64,
    /// Its middle, since the start.
    at_us: u64,
    free: Free,
    /// Time that was wanted and not there.
    waited_us: u64,
    /// What ran on each socket, by workload.
    ran: Vec<Vec<u64>>,
}

impl World {
    /// A host that has just started its workloads.
    pub fn new(spec: Spec) -> Self {
        let mut random = Random::new(spec.seed);
        let uptime_us = micros(spec.uptime);
        let mut world = Self {
            cpus: Cpus::new(&spec.hardware, uptime_us),
            energy: Energy::new(&spec.hardware, &mut random),
            cgroups: Cgroups::new(),
            workloads: Vec::new(),
            surroundings: Surroundings::new(spec.seed),
            boot_id: random.uuid(),
            idle_cpu_uj: 0,
            idle_dram_uj: 0,
            elapsed_us: 0,
            random,
            gone: Vec::new(),
            owed: [0; 2],
            pids: Pids::new(),
            steps: 0,
            spec,
        };
        for workload in world.furniture().into_iter().chain(world.spec.workloads.clone()) {
            world.start(workload);
        }
        world
    }

    /// What every host has.
    fn furniture(&self) -> Vec<WorkloadSpec> {
        let spec = &self.spec;
        let kernel = WorkloadSpec::new(Kind::KernelThreads, "kernel threads", spec.kernel.clone());
        vec![
            WorkloadSpec::new(Kind::Irq, "irq", spec.irq.clone()).memory(0),
            WorkloadSpec::new(Kind::Softirq, "softirq", spec.softirq.clone()).memory(0),
            kernel.processes(spec.kernel_threads).memory(0),
            WorkloadSpec::new(Kind::Init, "init", Load::Constant(1)).memory(12 << 20),
        ]
    }

    /// Lets time pass.
    pub fn step(&mut self, by: Duration) {
        let us = micros(by);
        if us == 0 {
            return;
        }
        self.churn(us);
        let sockets = self.cpus.of_socket.len();
        let mut step = Step {
            us,
            at_us: self.elapsed_us + us / 2,
            free: self.cpus.free(us),
            waited_us: 0,
            ran: vec![vec![0; self.workloads.len()]; sockets],
        };
        let count = self.workloads.len();
        for offset in 0..count {
            // Nobody is always last when the CPUs are short.
            self.run((self.steps + offset) % count, &mut step);
        }
        self.cpus.rest(&step.free);
        self.account(&step);
        self.elapsed_us += us;
        self.steps += 1;
        self.surroundings.advance(us, step.waited_us);
        self.breathe();
    }

    fn run(&mut self, index: usize, step: &mut Step) {
        let wanted = self.workloads[index].wanted(step.at_us, step.us, &mut self.random);
        if wanted == 0 {
            return;
        }
        let allowed = self.cpus.allowed(self.workloads[index].spec.socket);
        // Home moves on now and then, as the scheduler balances.
        let taken = step.free.take(allowed, index + self.steps / 64, wanted);
        let us: u64 = taken.iter().map(|&(_, us)| us).sum();
        step.waited_us += wanted - us;
        if us == 0 {
            return;
        }
        for &(cpu, us) in &taken {
            step.ran[self.cpus.all[cpu].socket][index] += us;
        }
        self.workloads[index].cpu_us += us;
        match self.workloads[index].spec.kind {
            Kind::Irq => taken
                .iter()
                .for_each(|&(cpu, us)| self.cpus.all[cpu].modes.irq += us),
            Kind::Softirq => taken
                .iter()
                .for_each(|&(cpu, us)| self.cpus.all[cpu].modes.softirq += us),
            _ => self.run_processes(index, us, &taken),
        }
    }

    fn run_processes(&mut self, index: usize, us: u64, taken: &[(usize, u64)]) {
        let workload = &mut self.workloads[index];
        let (system_permille, guest_permille) = (
            workload.spec.kind.system_permille(),
            workload.spec.kind.guest_permille(),
        );
        let (mut system, mut guest) = (0, 0);
        for (at, part) in workload.parts(us).into_iter().enumerate() {
            let process = &mut workload.processes[at];
            let ran = process.run(part, system_permille, guest_permille);
            process.cpu = taken[at % taken.len()].0;
            system += ran.system;
            guest += ran.guest;
        }
        let by_vcpus = if workload.vcpus.is_empty() { 0 } else { guest };
        let parts = split(by_vcpus, &vec![1; workload.vcpus.len()]);
        for (&vcpu, part) in workload.vcpus.iter().zip(parts) {
            self.cgroups.charge(vcpu, part, 0);
        }
        self.cgroups.charge(workload.leaf, us - system - by_vcpus, system);
        let on_cpus: Vec<u64> = taken.iter().map(|&(_, us)| us).collect();
        let (systems, guests) = (split(system, &on_cpus), split(guest, &on_cpus));
        for (at, &(cpu, us)) in taken.iter().enumerate() {
            let modes = &mut self.cpus.all[cpu].modes;
            modes.system += systems[at];
            modes.user += us - systems[at];
            modes.guest += guests[at];
        }
    }

    /// Energy of the step: each socket's dynamic part goes by the time that ran on it.
    fn account(&mut self, step: &Step) {
        let busy: Vec<u64> = step.ran.iter().map(|ran| ran.iter().sum()).collect();
        for (ran, rise) in step.ran.iter().zip(self.energy.advance(step.us, &busy)) {
            self.idle_cpu_uj += rise.cpu.idle_uj;
            self.idle_dram_uj += rise.dram.idle_uj;
            let (cpu, dram) = (split(rise.cpu.dynamic_uj, ran), split(rise.dram.dynamic_uj, ran));
            for ((workload, cpu_uj), dram_uj) in self.workloads.iter_mut().zip(cpu).zip(dram) {
                workload.cpu_uj += cpu_uj;
                workload.dram_uj += dram_uj;
            }
        }
    }

    /// Memory comes and goes a little, once a second.
    fn breathe(&mut self) {
        let second = self.elapsed_us / 1_000_000;
        let Some(workload) = self
            .workloads
            .get(usize::try_from(second).unwrap_or(0) % self.workloads.len())
        else {
            return;
        };
        if !workload.ended && !workload.place.cgroup.is_empty() {
            let base = workload.spec.memory_bytes;
            self.cgroups
                .set_memory(workload.leaf, base + (base / 64) * (second % 8) / 4096 * 4096);
        }
    }

    /// Starts a workload.
    pub fn start(&mut self, spec: WorkloadSpec) {
        let same = self
            .workloads
            .iter()
            .filter(|old| old.spec.name == spec.name)
            .count();
        let number = 1 + self
            .workloads
            .iter()
            .filter(|old| old.spec.kind == spec.kind)
            .count();
        let (workloads, mut birth) = self.birth();
        let workload = Workload::start(spec, number, u32::try_from(same).unwrap_or(0), &mut birth);
        workloads.push(workload);
    }

    /// Ends the workload of this name, its processes and its cgroup. Whether there was one.
    pub fn end(&mut self, name: &str) -> bool {
        let Some(index) = self.running(name) else {
            return false;
        };
        let workload = &mut self.workloads[index];
        workload.ended = true;
        while !workload.processes.is_empty() {
            self.gone.push(workload.exit(0, &mut self.cgroups));
        }
        if workload.place.cgroup.is_empty() {
            let held = self.cgroups.nodes[workload.leaf]
                .memory
                .saturating_sub(workload.spec.memory_bytes);
            self.cgroups.set_memory(workload.leaf, held);
        } else {
            self.cgroups
                .close(workload.leaf, &workload.vcpus, &workload.place);
        }
        true
    }

    /// Ends a workload and starts one of the same name, with counters from 0. Whether there was one.
    pub fn restart(&mut self, name: &str) -> bool {
        let Some(index) = self.running(name) else {
            return false;
        };
        let spec = self.workloads[index].spec.clone();
        self.end(name);
        self.start(spec);
        true
    }

    /// A process of the workload ends and another starts under its number. That number, if there was one.
    pub fn reuse_pid(&mut self, name: &str) -> Option<u32> {
        let index = self.running(name)?;
        let last = self.workloads[index].processes.last()?.identity.pid;
        let at = self.workloads[index].processes.len() - 1;
        self.exit(index, at);
        self.spawn(index, Some(last));
        Some(last)
    }

    /// The running workload of this name.
    pub(super) fn running(&self, name: &str) -> Option<usize> {
        self.workloads
            .iter()
            .position(|workload| !workload.ended && workload.spec.name == name)
    }

    pub(super) fn exit(&mut self, index: usize, at: usize) {
        let directory = self.workloads[index].exit(at, &mut self.cgroups);
        self.gone.push(directory);
    }

    pub(super) fn spawn(&mut self, index: usize, pid: Option<u32>) {
        let (workloads, mut birth) = self.birth();
        workloads[index].spawn(pid, &mut birth);
        self.surroundings.forks += 1;
    }

    pub(super) fn uptime_us(&self) -> u64 {
        micros(self.spec.uptime) + self.elapsed_us
    }

    fn birth(&mut self) -> (&mut Vec<Workload>, Birth<'_>) {
        let now_ticks = self.uptime_us() / TICK_US;
        let birth = Birth {
            layout: self.spec.layout,
            cgroups: &mut self.cgroups,
            pids: &mut self.pids,
            random: &mut self.random,
            now_ticks,
            at_boot: self.steps == 0,
        };
        (&mut self.workloads, birth)
    }
}

pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

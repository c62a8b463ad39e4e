//! One tick's reading of every source.
//!
//! Each source is read inside `sense::Senses::try_read`, so that one that fails, or panics, leaves a hole in the sample and a
//! word in its sensor's state, and the others go on.

mod cpu;
mod evidence;
mod guests;
#[cfg(test)]
mod guests_tests;
mod host;
mod inquiry;
mod loose;
mod naming;
mod owner;
mod pinned;
mod power;
mod processes;
mod sense;
mod trees;
mod twins;
mod usage;
mod witness;
mod workloads;

use std::path::PathBuf;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::powercap::Zone;
use wattle_hostfs::topology;
use wattle_hostfs::topology::Topology;

use self::cpu::CpuSource;
use self::host::HostSource;
use self::power::PowerSource;
use self::processes::ProcessSource;
use self::sense::Senses;
use self::usage::UsageSource;
use self::workloads::WorkloadSource;
use crate::clock::Clock;
use crate::sample::HostSample;
use crate::sample::Sample;
use crate::workload::Nesting;
use crate::workload::rules::Rules;

/// Reads a host, tick by tick, with everything kept open that is read again.
#[derive(Debug)]
pub struct Collector {
    topology: Topology,
    power: PowerSource,
    cpu: CpuSource,
    workloads: WorkloadSource,
    usage: UsageSource,
    processes: Option<ProcessSource>,
    host: HostSource,
    roots: Roots,
    most_files: usize,
    scratch: Scratch,
    tick: u64,
}

impl Collector {
    /// A collector that reads below `roots`. `most_files` bounds the descriptors that it keeps open for processes and cgroups.
    pub fn new(roots: &Roots, most_files: usize) -> Self {
        // A host whose topology cannot be read has one socket; the CPU source shows how many CPUs.
        let topology = topology::read(roots).unwrap_or_default();
        Self {
            power: PowerSource::new(roots),
            cpu: CpuSource::new(roots, &topology),
            workloads: WorkloadSource::new(roots, &topology, most_files),
            usage: UsageSource::new(roots, most_files / 4),
            processes: None,
            host: HostSource::new(roots),
            roots: roots.clone(),
            most_files,
            scratch: Scratch::default(),
            topology,
            tick: 0,
        }
    }

    /// The same, with another rule for workloads inside others.
    #[must_use]
    pub fn with_nesting(mut self, nesting: Nesting) -> Self {
        self.workloads.set_nesting(nesting);
        self
    }

    /// The same, asking the daemons of container engines that listen on these sockets.
    #[must_use]
    pub fn with_sockets(mut self, sockets: &[PathBuf]) -> Self {
        self.workloads.ask(sockets);
        self
    }

    /// Calls workloads what these rules say, from the next reading on.
    pub fn set_rules(&mut self, rules: &Arc<Rules>) {
        self.workloads.set_rules(rules);
    }

    /// The processors.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The energy counters that the host has now.
    pub fn zones(&self) -> Vec<Arc<Zone>> {
        self.power.zones()
    }

    /// Whether every process is read too, which costs with their number.
    pub fn watch_processes(&mut self, wanted: bool) {
        if !wanted {
            self.processes = None;
        } else if self.processes.is_none() {
            self.processes = ProcessSource::new(&self.roots, self.most_files / 4).ok();
        }
    }

    /// Reads everything once.
    pub fn collect(&mut self, clock: &dyn Clock) -> Sample {
        let mut senses = Senses::new(clock);
        let (scratch, tick) = (&mut self.scratch, self.tick);
        self.tick += 1;
        let (at, wall) = (clock.steady(), clock.wall());
        // The counters and the CPU times stand side by side, so that both cover the same interval.
        let zones = self.power.read(&mut senses, scratch, tick);
        let cpu = self.cpu.read(&mut senses, scratch);
        let accounts = self.workloads.read(&mut senses, scratch, self.cpu.forks());
        let processes = self.processes.as_mut().and_then(|processes| {
            senses.try_read("processes", "stat", || processes.read(&accounts, scratch))
        });
        let uptime_ticks = self.workloads.uptime_ticks(scratch);
        let host: HostSample = self.host.read(&mut senses, scratch, tick);
        let usage = self
            .usage
            .read(&mut senses, (&accounts, &host.network), scratch, tick);
        Sample {
            at,
            wall,
            uptime_ticks,
            zones,
            cpu,
            accounts,
            processes,
            memory: usage.memory,
            flows: usage.flows,
            host,
            sensors: senses.into_states(),
            grid: None,
        }
    }
}

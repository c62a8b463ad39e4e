//! One tick's reading of every source.
//!
//! Each source is read inside `sense::Senses::try_read`, so that one that fails, or panics, leaves a hole in the sample and a
//! word in its sensor's state, and the others go on.

mod cpu;
mod host;
mod loose;
mod owner;
mod pinned;
mod power;
mod sense;
mod workloads;

use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::powercap::Zone;
use wattle_hostfs::topology;
use wattle_hostfs::topology::Topology;

use self::cpu::CpuSource;
use self::host::HostSource;
use self::power::PowerSource;
use self::sense::Senses;
use self::workloads::WorkloadSource;
use crate::clock::Clock;
use crate::sample::HostSample;
use crate::sample::Sample;

/// Reads a host, tick by tick, with everything kept open that is read again.
#[derive(Debug)]
pub struct Collector {
    topology: Topology,
    power: PowerSource,
    cpu: CpuSource,
    workloads: WorkloadSource,
    host: HostSource,
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
            host: HostSource::new(roots),
            scratch: Scratch::default(),
            topology,
            tick: 0,
        }
    }

    /// The processors.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The energy counters that the host has now.
    pub fn zones(&self) -> Vec<Arc<Zone>> {
        self.power.zones()
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
        let accounts = self.workloads.read(&mut senses, scratch);
        let uptime_ticks = self.workloads.uptime_ticks(scratch);
        let host: HostSample = self.host.read(&mut senses, scratch, tick);
        Sample {
            at,
            wall,
            uptime_ticks,
            zones,
            cpu,
            accounts,
            host,
            sensors: senses.into_states(),
            grid: None,
        }
    }
}

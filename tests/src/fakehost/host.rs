//! A made-up host in a directory.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::energy::Energy;
use super::hierarchies;
use super::host_files::View;
use super::network;
use super::spec::Spec;
use super::tree::Tree;
use super::truth::CpuTruth;
use super::truth::Joules;
use super::truth::ModelTruth;
use super::truth::Truth;
use super::truth::WorkloadTruth;
use super::truth::ZoneTruth;
use super::world::World;
use super::zones;
use super::zones::Domain;

/// A world and the tree it is written into, ready for an agent with `--path.procfs DIR/proc --path.sysfs DIR/sys
/// --path.cgroup DIR/sys/fs/cgroup --path.rootfs DIR`.
#[derive(Debug)]
pub struct Host {
    /// The host itself. What is done to it is written with the next step or flush.
    pub world: World,
    pub(super) tree: Tree,
}

impl Host {
    /// Writes a whole host into `directory`, which is made if it is not there and should be empty.
    pub fn create(directory: &Path, spec: Spec) -> Result<Self> {
        let mut host = Self {
            world: World::new(spec),
            tree: Tree::create(directory)?,
        };
        host.world.render(true, &mut host.tree)?;
        Ok(host)
    }

    /// Lets virtual time pass and writes what has changed.
    pub fn step(&mut self, by: Duration) -> Result<()> {
        self.world.step(by);
        self.flush()
    }

    /// Writes what has changed.
    pub fn flush(&mut self) -> Result<()> {
        self.world.render(false, &mut self.tree)
    }

    /// What really happened since the start.
    pub fn truth(&self) -> Truth {
        self.world.truth()
    }
}

impl World {
    fn render(&mut self, first: bool, tree: &mut Tree) -> Result<()> {
        for directory in std::mem::take(&mut self.gone) {
            tree.remove(&directory)?;
        }
        let taps: Vec<_> = self.workloads.iter().filter_map(network::tap).collect();
        let view = View {
            spec: &self.spec,
            cpus: &self.cpus,
            surroundings: &self.surroundings,
            taps: &taps,
            boot_id: &self.boot_id,
            uptime_us: self.uptime_us(),
            used_bytes: self.cgroups.nodes[0].memory,
        };
        if first {
            view.render_once(tree)?;
        }
        // Energy and CPU time stand side by side, so that a reader in between sees them of the same step if it can be.
        if self.spec.hardware.powercap {
            zones::render(&self.energy.zones, first, tree)?;
        }
        view.render(tree)?;
        hierarchies::render(self.spec.layout, &mut self.cgroups, &self.cpus, tree)?;
        for workload in &mut self.workloads {
            for process in &mut workload.processes {
                process.render(tree)?;
            }
            network::render(workload, tree)?;
        }
        Ok(())
    }

    /// What really happened since the start.
    pub fn truth(&self) -> Truth {
        let host = Joules {
            cpu_uj: self.energy.total_uj(Domain::Package),
            dram_uj: self.energy.total_uj(Domain::Dram),
        };
        let psys = self.energy.zones.iter().any(|zone| zone.domain == Domain::Psys);
        let beyond = || {
            self.energy
                .total_uj(Domain::Psys)
                .saturating_sub(host.cpu_uj + host.dram_uj)
        };
        Truth {
            elapsed_us: self.elapsed_us,
            host,
            other_uj: psys.then(beyond),
            idle: Joules {
                cpu_uj: self.idle_cpu_uj,
                dram_uj: self.idle_dram_uj,
            },
            zones: zone_truths(&self.energy),
            workloads: self.workload_truths(),
            cpu: self.cpu_truth(),
            model: self.model_truth(),
        }
    }

    fn workload_truths(&self) -> Vec<WorkloadTruth> {
        let truth = |workload: &super::workload::Workload| WorkloadTruth {
            name: workload.spec.name.clone(),
            kind: workload.spec.kind.label().to_owned(),
            cgroup: workload.place.cgroup.clone(),
            id: workload.id.clone(),
            incarnation: workload.incarnation,
            ended: workload.ended,
            pids: workload
                .processes
                .iter()
                .map(|process| process.identity.pid)
                .collect(),
            cpu_us: workload.cpu_us,
            joules: Joules {
                cpu_uj: workload.cpu_uj,
                dram_uj: workload.dram_uj,
            },
        };
        self.workloads.iter().map(truth).collect()
    }

    fn cpu_truth(&self) -> CpuTruth {
        let modes = self.cpus.total();
        CpuTruth {
            user_us: modes.user,
            system_us: modes.system,
            irq_us: modes.irq,
            softirq_us: modes.softirq,
            idle_us: modes.idle,
        }
    }

    fn model_truth(&self) -> ModelTruth {
        let hardware = &self.spec.hardware;
        let full = |power: super::spec::Power| power.static_mw + power.dynamic_mw;
        ModelTruth {
            package_static_mw: hardware.package.static_mw,
            package_full_mw: full(hardware.package),
            dram_static_mw: hardware.dram.map_or(0, |power| power.static_mw),
            dram_full_mw: hardware.dram.map_or(0, full),
        }
    }
}

fn zone_truths(energy: &Energy) -> Vec<ZoneTruth> {
    let truth = |zone: &zones::Zone| ZoneTruth {
        id: zone.id.clone(),
        name: zone.name.clone(),
        socket: zone.socket,
        energy_uj: zone.counter.counted_uj(),
        shown_uj: zone.counter.shown_uj(),
        range_uj: zone.counter.range_uj(),
        wraps: zone.counter.wraps(),
    };
    energy.zones.iter().map(truth).collect()
}

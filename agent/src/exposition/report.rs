//! The same snapshot as JSON, with the watts of the last tick.

use std::collections::BTreeMap;

use serde::Serialize;
use wattle_hostfs::memory_stat::Memory;

use super::power::joules;
use super::power::present;
use super::power::watts;
use crate::carbon::Intensity;
use crate::component::Component;
use crate::ledger::CarbonReport;
use crate::ledger::Grams;
use crate::ledger::ProcessReport;
use crate::ledger::ProcessesReport;
use crate::ledger::WorkloadReport;
use crate::sensor::Quality;
use crate::sensor::SensorState;
use crate::snapshot::Snapshot;
use crate::workload::Details;

/// The body of `/api/v1/report`. Joules since the counters began, watts of the last tick; what is unknown is absent.
#[derive(Debug, Serialize)]
pub struct Report<'s> {
    version: &'static str,
    time_epoch_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_seconds: Option<f64>,
    ticks: u64,
    idle_policy: &'static str,
    conservation_error_joules: f64,
    host: BTreeMap<&'static str, HostComponent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carbon: Option<Carbon<'s>>,
    workloads: Vec<Workload<'s>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<Processes<'s>>,
    power_model: Vec<Model>,
    zones: Vec<Zone<'s>>,
    sensors: &'s [SensorState],
    machine: Machine<'s>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<Cpu>,
    memory_bytes: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
struct Machine<'s> {
    name: &'s str,
    processor: &'s str,
}

#[derive(Debug, Serialize)]
struct Cpu {
    online: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    busy_ratio: Option<f64>,
}

#[derive(Debug, Serialize)]
struct HostComponent {
    energy_joules: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    power_watts: Option<f64>,
    quality: Quality,
    retired_joules: f64,
}

/// What the power weighs. The intensity is that of the grid; grams are with `pue`.
#[derive(Debug, Serialize)]
struct Carbon<'s> {
    zone: &'s str,
    source: &'static str,
    accounting: &'static str,
    pue: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    intensity_grams_per_kilowatt_hour: Option<f64>,
    host_grams: BTreeMap<&'static str, f64>,
    /// What was used while the intensity was not known.
    unknown_joules: f64,
}

#[derive(Debug, Serialize)]
struct Workload<'s> {
    kind: &'static str,
    id: &'s str,
    name: &'s str,
    /// Labels beside the others, each only where it is known.
    #[serde(flatten)]
    details: &'s Details,
    alive: bool,
    created_epoch_seconds: f64,
    cpu_seconds: f64,
    /// CPUs that it kept busy in the last interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpus_used: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    memory_bytes: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_bytes: Option<Network>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_bytes: Option<Block>,
    energy_joules: BTreeMap<&'static str, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power_watts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carbon_grams: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Processes<'s> {
    largest: Vec<Process<'s>>,
    rest_joules: f64,
    left_joules: f64,
}

#[derive(Debug, Serialize)]
struct Process<'s> {
    pid: u32,
    comm: &'s str,
    kind: &'static str,
    id: &'s str,
    name: &'s str,
    energy_joules: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    power_watts: Option<f64>,
}

impl<'s> Processes<'s> {
    fn new(snapshot: &Snapshot, processes: &'s ProcessesReport) -> Self {
        let process = |process: &'s ProcessReport| Process {
            pid: process.pid,
            comm: &process.comm,
            kind: process.workload.kind.as_str(),
            id: &process.workload.id,
            name: &process.workload.name,
            energy_joules: joules(process.energy_uj),
            power_watts: watts(snapshot, Some(process.latest_uj)),
        };
        Self {
            largest: processes.largest.iter().map(process).collect(),
            rest_joules: joules(processes.rest_uj),
            left_joules: joules(processes.left_uj),
        }
    }
}

#[derive(Debug, Serialize)]
struct Network {
    receive: u64,
    transmit: u64,
}

#[derive(Debug, Serialize)]
struct Block {
    read: u64,
    write: u64,
}

fn memory(memory: Memory) -> BTreeMap<&'static str, u64> {
    let known = [
        ("anonymous", memory.anonymous_bytes),
        ("working_set", memory.working_set_bytes),
    ];
    known
        .into_iter()
        .filter_map(|(state, bytes)| Some((state, bytes?)))
        .collect()
}

#[derive(Debug, Serialize)]
struct Model {
    component: Component,
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<u32>,
    static_watts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_load_watts: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Zone<'s> {
    id: &'s str,
    name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<u32>,
    energy_joules: f64,
}

impl<'s> Report<'s> {
    /// The report of one snapshot.
    pub fn new(snapshot: &'s Snapshot) -> Self {
        let host = &snapshot.host;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            time_epoch_seconds: host.wall.as_secs_f64(),
            interval_seconds: host.elapsed.map(|elapsed| elapsed.as_secs_f64()),
            ticks: host.ticks,
            idle_policy: host.idle_policy.as_str(),
            conservation_error_joules: super::power::conservation_error_joules(snapshot),
            host: components(snapshot),
            carbon: host.carbon.as_ref().map(|carbon| Carbon::new(snapshot, carbon)),
            workloads: host
                .workloads
                .iter()
                .map(|workload| Workload::new(snapshot, workload))
                .collect(),
            processes: host
                .processes
                .as_ref()
                .map(|processes| Processes::new(snapshot, processes)),
            power_model: host.models.iter().map(Model::new).collect(),
            zones: host.zones.iter().map(Zone::new).collect(),
            sensors: &host.sensors,
            machine: Machine {
                name: &snapshot.machine.name,
                processor: &snapshot.machine.processor,
            },
            cpu: host.cpu.map(|cpu| Cpu {
                online: cpu.online,
                busy_ratio: cpu.busy_ppm.map(|ppm| f64::from(ppm) / 1e6),
            }),
            memory_bytes: host_memory(snapshot),
        }
    }
}

/// The host's memory, by state, as far as it is known.
fn host_memory(snapshot: &Snapshot) -> BTreeMap<&'static str, u64> {
    let memory = snapshot.host.host.memory.as_ref();
    super::host::memory_states(memory).collect()
}

fn components(snapshot: &Snapshot) -> BTreeMap<&'static str, HostComponent> {
    present(snapshot)
        .map(|(component, report)| {
            let shown = HostComponent {
                energy_joules: joules(report.energy_uj),
                power_watts: watts(snapshot, report.latest_uj),
                quality: report.quality,
                retired_joules: joules(snapshot.host.retired_uj[component.index()]),
            };
            (component.as_str(), shown)
        })
        .collect()
}

impl<'s> Workload<'s> {
    fn new(snapshot: &Snapshot, workload: &'s WorkloadReport) -> Self {
        let identity = &workload.identity;
        let [network, block] = workload.bytes;
        let energy = present(snapshot)
            .map(|(component, _)| (component.as_str(), joules(workload.energy_uj[component.index()])));
        Self {
            kind: identity.kind.as_str(),
            id: &identity.id,
            name: &identity.name,
            details: &identity.details,
            alive: workload.alive,
            created_epoch_seconds: workload.created.as_secs_f64(),
            cpu_seconds: joules(workload.cpu_usec),
            cpus_used: watts(snapshot, Some(workload.latest_cpu_usec)),
            memory_bytes: memory(workload.memory),
            network_bytes: network.map(|[receive, transmit]| Network { receive, transmit }),
            block_bytes: block.map(|[read, write]| Block { read, write }),
            energy_joules: energy.collect(),
            power_watts: watts(snapshot, Some(workload.latest_uj.iter().sum())),
            carbon_grams: snapshot
                .host
                .carbon
                .is_some()
                .then(|| workload.carbon.into_iter().map(Grams::as_f64).sum()),
        }
    }
}

impl<'s> Carbon<'s> {
    fn new(snapshot: &'s Snapshot, report: &'s CarbonReport) -> Self {
        let grid = &*report.grid;
        let grams =
            |(component, _): (Component, _)| (component.as_str(), report.host[component.index()].as_f64());
        Self {
            zone: &grid.zone,
            source: grid.source,
            accounting: grid.accounting.name(),
            pue: thousandths(grid.pue_thousandths),
            intensity_grams_per_kilowatt_hour: grid.at(snapshot.host.wall).map(Intensity::grams),
            host_grams: present(snapshot).map(grams).collect(),
            unknown_joules: joules(report.unknown_uj),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a factor near one")]
fn thousandths(count: u64) -> f64 {
    count as f64 / 1e3
}

impl Model {
    fn new(model: &crate::ledger::ModelReport) -> Self {
        Self {
            component: model.component,
            socket: model.socket,
            static_watts: joules(model.static_uw),
            full_load_watts: model.full_load_uw.map(joules),
        }
    }
}

impl<'s> Zone<'s> {
    fn new(report: &'s crate::ledger::ZoneReport) -> Self {
        let zone = &report.zone;
        Self {
            id: &zone.id,
            name: &zone.name,
            socket: zone.socket,
            energy_joules: joules(report.energy_uj),
        }
    }
}

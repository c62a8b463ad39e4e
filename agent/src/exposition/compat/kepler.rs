//! Kepler's names, from 0.10 on.

use std::collections::HashMap;

use wattle_hostfs::powercap::ZoneKind;

use super::super::families::Family;
use super::super::families::families;
use super::super::point::Label;
use super::super::point::Type;
use super::super::power::joules;
use super::OldFamily;
use super::Points;
use super::energy;
use super::energy::ESTIMATED;
use super::energy::Share;
use crate::component::PerComponent;
use crate::ledger::ProcessReport;
use crate::ledger::WorkloadReport;
use crate::snapshot::Snapshot;
use crate::workload::Details;
use crate::workload::Kind;
use crate::workload::Label as Detail;

const NODE: &[&str] = &["zone", "path", "node_name"];
const PROCESS: &[&str] = &[
    "pid",
    "comm",
    "exe",
    "type",
    "state",
    "container_id",
    "vm_id",
    "zone",
    "node_name",
];
const CONTAINER: &[&str] = &[
    "container_id",
    "container_name",
    "runtime",
    "state",
    "zone",
    "pod_id",
    "node_name",
];
const VM: &[&str] = &["vm_id", "vm_name", "hypervisor", "state", "zone", "node_name"];
const POD: &[&str] = &[
    "pod_id",
    "pod_name",
    "pod_namespace",
    "state",
    "zone",
    "node_name",
];

/// The table.
pub(super) const FAMILIES: &[OldFamily] = families! {
    "kepler_node_cpu_joules_total" Counter - NODE, node_joules,
        "Energy of a zone while the agent watched. psys holds the other zones, and package holds core and uncore: never add them.";
    "kepler_node_cpu_watts" Gauge - NODE, node_watts,
        "Mean power of a zone over the last tick.";
    "kepler_node_cpu_active_joules_total" Counter - NODE, active_joules,
        "Energy of a zone that is charged to whoever ran.";
    "kepler_node_cpu_active_watts" Gauge - NODE, active_watts,
        "The same as power over the last tick.";
    "kepler_node_cpu_idle_joules_total" Counter - NODE, idle_joules,
        "Energy of a zone that stays with the host: the learnt floor. With the active part it adds up to the zone.";
    "kepler_node_cpu_idle_watts" Gauge - NODE, idle_watts,
        "The same as power over the last tick.";
    "kepler_node_cpu_usage_ratio" Gauge - &["node_name"], usage,
        "How busy the CPUs were in the last tick, 0 to 1.";
    "kepler_node_cpu_info" Gauge - &["processor", "vendor_id", "model_name", "physical_id", "core_id"], info,
        "The CPUs.";
    "kepler_process_cpu_joules_total" Counter - PROCESS, process_joules,
        "Energy of one of the processes.top largest processes since it became one of them. zone is package where the host has no other component, else total.";
    "kepler_process_cpu_watts" Gauge - PROCESS, process_watts,
        "The same as power over the last tick.";
    "kepler_container_cpu_joules_total" Counter - CONTAINER, container_joules,
        "Energy of a container.";
    "kepler_container_cpu_watts" Gauge - CONTAINER, container_watts,
        "The same as power over the last tick.";
    "kepler_container_cpu_seconds_total" Counter - &["container_id", "container_name", "runtime", "state", "pod_id", "node_name"], container_seconds,
        "CPU time of a container while the agent watched.";
    "kepler_vm_cpu_joules_total" Counter - VM, vm_joules,
        "Energy of a VM.";
    "kepler_vm_cpu_watts" Gauge - VM, vm_watts,
        "The same as power over the last tick.";
    "kepler_pod_cpu_watts" Gauge - POD, pod_watts,
        "Mean power of a pod over the last tick: that of its containers. A counter would fall whenever one of them is replaced.";
    "kepler_build_info" Gauge - &["arch", "branch", "revision", "version", "goversion"], build,
        "Who writes these metrics: wattle, not Kepler.";
};

fn node(snapshot: &Snapshot) -> Label<'_> {
    snapshot.machine.name.as_str().into()
}

/// What a zone is read from, in Kepler's words.
fn path(snapshot: &Snapshot, kind: ZoneKind) -> Label<'_> {
    let mut zones = energy::zones(snapshot, kind);
    match (zones.next(), zones.next()) {
        (Some(one), None) => Label::Powercap(&one.zone.id),
        (Some(_), Some(_)) => match kind {
            ZoneKind::Package => "aggregated-package".into(),
            ZoneKind::Core => "aggregated-core".into(),
            ZoneKind::Uncore => "aggregated-uncore".into(),
            ZoneKind::Dram => "aggregated-dram".into(),
            ZoneKind::Psys | ZoneKind::Other => "aggregated-psys".into(),
        },
        (None, _) => ESTIMATED.into(),
    }
}

fn zone(snapshot: &Snapshot, kind: ZoneKind) -> [Label<'_>; 3] {
    [kind.as_str().into(), path(snapshot, kind), node(snapshot)]
}

fn node_joules<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let host = energy::host_uj(snapshot);
    for share in energy::shares(snapshot) {
        points.number(zone(snapshot, share.kind), joules(share.of(host)));
    }
    for kind in [ZoneKind::Core, ZoneKind::Uncore] {
        let zones = energy::zones(snapshot, kind).map(|report| report.energy_uj);
        if let Some(sum) = zones.reduce(u64::saturating_add) {
            points.number(zone(snapshot, kind), joules(sum));
        }
    }
}

/// Inside of a package, where the hardware tells.
fn inner_watts(snapshot: &Snapshot, kind: ZoneKind) -> Option<f64> {
    let latest: Option<Vec<u64>> = energy::zones(snapshot, kind)
        .map(|report| report.latest_uj)
        .collect();
    let latest = latest.filter(|latest| !latest.is_empty())?;
    energy::watts(snapshot, latest.iter().sum())
}

fn node_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    latest(snapshot, points, |host, _| host);
    for kind in [ZoneKind::Core, ZoneKind::Uncore] {
        if let Some(watts) = inner_watts(snapshot, kind) {
            points.number(zone(snapshot, kind), watts);
        }
    }
}

/// What is left with the host, by component.
fn idle_uj(snapshot: &Snapshot, figures: fn(&WorkloadReport) -> PerComponent<u64>) -> PerComponent<u64> {
    energy::idle(snapshot).map_or([0; 3], figures)
}

fn latest<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>, part: fn(u64, u64) -> u64) {
    let Some(host) = energy::host_latest_uj(snapshot) else {
        return;
    };
    let idle = idle_uj(snapshot, |workload| workload.latest_uj);
    for share in energy::shares(snapshot) {
        let energy_uj = part(share.of(host), share.of(idle));
        if let Some(watts) = energy::watts(snapshot, energy_uj) {
            points.number(zone(snapshot, share.kind), watts);
        }
    }
}

fn so_far<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>, part: fn(u64, u64) -> u64) {
    let host = energy::host_uj(snapshot);
    let idle = idle_uj(snapshot, |workload| workload.energy_uj);
    for share in energy::shares(snapshot) {
        points.number(
            zone(snapshot, share.kind),
            joules(part(share.of(host), share.of(idle))),
        );
    }
}

fn active_joules<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    so_far(snapshot, points, u64::saturating_sub);
}

fn active_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    latest(snapshot, points, u64::saturating_sub);
}

fn idle_joules<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    so_far(snapshot, points, |_, idle| idle);
}

fn idle_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    latest(snapshot, points, |_, idle| idle);
}

fn usage<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(ppm) = snapshot.host.cpu.and_then(|cpu| cpu.busy_ppm) {
        points.number([node(snapshot)], f64::from(ppm) / 1e6);
    }
}

fn info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let machine = &snapshot.machine;
    for cpu in &machine.cpus {
        points.info([
            Some(cpu.number).into(),
            machine.vendor.as_str().into(),
            machine.processor.as_str().into(),
            Some(cpu.socket).into(),
            Some(cpu.core).into(),
        ]);
    }
}

fn build<'s>(_: &'s Snapshot, points: &mut Points<'s>) {
    let version = concat!("wattle-", env!("CARGO_PKG_VERSION"));
    points.info([
        std::env::consts::ARCH.into(),
        "".into(),
        "".into(),
        version.into(),
        "".into(),
    ]);
}

fn state(alive: bool) -> Label<'static> {
    if alive { "running" } else { "terminated" }.into()
}

fn detail(details: &Details, label: Detail) -> Label<'_> {
    details.get(label).unwrap_or_default().into()
}

fn of_kind(snapshot: &Snapshot, kind: Kind) -> impl Iterator<Item = &WorkloadReport> {
    let workloads = snapshot.host.workloads.iter();
    workloads.filter(move |workload| workload.identity.kind == kind)
}

/// The labels of a process, without its zone. The agent reads no process's executable.
fn process<'s>(snapshot: &'s Snapshot, process: &'s ProcessReport) -> [Label<'s>; 9] {
    let workload = &process.workload;
    let id: Label<'s> = workload.id.as_str().into();
    let none: Label<'s> = "".into();
    let (kind, container, vm) = match workload.kind {
        Kind::Vm => ("vm", none, id),
        Kind::Container => ("container", id, none),
        _ => ("regular", none, none),
    };
    let components = snapshot.host.components.iter().flatten().count();
    let zone = if components == 1 { "package" } else { "total" };
    let comm = (&*process.comm).into();
    let pid = Some(process.pid).into();
    [
        pid,
        comm,
        none,
        kind.into(),
        state(true),
        container,
        vm,
        zone.into(),
        node(snapshot),
    ]
}

/// The largest processes. Of two with the same number one has ended, and the number was given to the other.
fn processes(snapshot: &Snapshot) -> impl Iterator<Item = &ProcessReport> {
    let all = || snapshot.host.processes.iter().flat_map(|shown| &shown.largest);
    let mut youngest = HashMap::new();
    for process in all() {
        let known = youngest.entry(process.pid).or_insert(process);
        if process.created > known.created {
            *known = process;
        }
    }
    all().filter(move |process| {
        youngest
            .get(&process.pid)
            .is_some_and(|known| std::ptr::eq(*known, *process))
    })
}

fn process_joules<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for report in processes(snapshot) {
        points.since(
            process(snapshot, report),
            joules(report.energy_uj),
            report.created,
        );
    }
}

fn process_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for report in processes(snapshot) {
        if let Some(watts) = energy::watts(snapshot, report.latest_uj) {
            points.number(process(snapshot, report), watts);
        }
    }
}

fn container<'s>(snapshot: &'s Snapshot, report: &'s WorkloadReport, share: Share) -> [Label<'s>; 7] {
    let identity = &report.identity;
    [
        identity.id.as_str().into(),
        identity.name.as_str().into(),
        detail(&identity.details, Detail::Runtime),
        state(report.alive),
        share.kind.as_str().into(),
        detail(&identity.details, Detail::PodUid),
        node(snapshot),
    ]
}

fn vm<'s>(snapshot: &'s Snapshot, report: &'s WorkloadReport, share: Share) -> [Label<'s>; 6] {
    let identity = &report.identity;
    let hypervisor = match identity.details.get(Detail::Runtime) {
        Some("qemu") => "kvm",
        other => other.unwrap_or_default(),
    };
    [
        identity.id.as_str().into(),
        identity.name.as_str().into(),
        hypervisor.into(),
        state(report.alive),
        share.kind.as_str().into(),
        node(snapshot),
    ]
}

/// The labels of a workload and zone.
type Named<const N: usize> = for<'s> fn(&'s Snapshot, &'s WorkloadReport, Share) -> [Label<'s>; N];

fn workload_joules<'s, const N: usize>(
    snapshot: &'s Snapshot,
    points: &mut Points<'s>,
    kind: Kind,
    named: Named<N>,
) {
    for workload in of_kind(snapshot, kind) {
        for share in energy::shares(snapshot) {
            let value = joules(share.of(workload.energy_uj));
            points.since(named(snapshot, workload, share), value, workload.created);
        }
    }
}

fn workload_watts<'s, const N: usize>(
    snapshot: &'s Snapshot,
    points: &mut Points<'s>,
    kind: Kind,
    named: Named<N>,
) {
    for workload in of_kind(snapshot, kind) {
        for share in energy::shares(snapshot) {
            if let Some(watts) = energy::watts(snapshot, share.of(workload.latest_uj)) {
                points.number(named(snapshot, workload, share), watts);
            }
        }
    }
}

fn container_joules<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    workload_joules(snapshot, points, Kind::Container, container);
}

fn container_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    workload_watts(snapshot, points, Kind::Container, container);
}

fn vm_joules<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    workload_joules(snapshot, points, Kind::Vm, vm);
}

fn vm_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    workload_watts(snapshot, points, Kind::Vm, vm);
}

fn container_seconds<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for workload in of_kind(snapshot, Kind::Container) {
        let identity = &workload.identity;
        let labels = [
            identity.id.as_str().into(),
            identity.name.as_str().into(),
            detail(&identity.details, Detail::Runtime),
            state(workload.alive),
            detail(&identity.details, Detail::PodUid),
            node(snapshot),
        ];
        points.since(labels, joules(workload.cpu_usec), workload.created);
    }
}

/// The containers of one pod stand together only once they are sorted.
fn pod_watts<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let uid = |report: &&'s WorkloadReport| report.identity.details.get(Detail::PodUid);
    let mut all: Vec<_> = of_kind(snapshot, Kind::Container)
        .filter(|report| report.alive && uid(report).is_some())
        .collect();
    all.sort_by_key(uid);
    for pod in all.chunk_by(|one, other| uid(one) == uid(other)) {
        let details = &pod[0].identity.details;
        for share in energy::shares(snapshot) {
            let sum = pod.iter().map(|report| share.of(report.latest_uj)).sum();
            let labels = [
                detail(details, Detail::PodUid),
                detail(details, Detail::Pod),
                detail(details, Detail::Namespace),
                state(true),
                share.kind.as_str().into(),
                node(snapshot),
            ];
            if let Some(watts) = energy::watts(snapshot, sum) {
                points.number(labels, watts);
            }
        }
    }
}

//! Scaphandre's names: the host, its sockets and their domains.

use std::collections::BTreeMap;

use wattle_hostfs::filesystem::Filesystem;
use wattle_hostfs::meminfo::Meminfo;
use wattle_hostfs::powercap::ZoneKind;

use super::super::families::Family;
use super::super::families::families;
use super::super::point::Label;
use super::super::point::Type;
use super::OldFamily;
use super::Points;
use super::energy;
use super::energy::ESTIMATED;
use super::scaphandre_process as process;
use crate::component::Component;
use crate::ledger::ZoneReport;
use crate::snapshot::Snapshot;

const SOURCE: &[&str] = &["value_source"];
const SOCKET: &[&str] = &["socket_id"];
const DOMAIN: &[&str] = &["socket_id", "domain_id", "domain_name"];
const MMIO: &[&str] = &["socket_id", "domain_id", "domain_name", "value_source"];
const DISK: &[&str] = &[
    "disk_file_system",
    "disk_mount_point",
    "disk_type",
    "disk_is_removable",
    "disk_name",
];

/// The table.
pub(super) const FAMILIES: &[OldFamily] = families! {
    "scaph_self_cpu_usage_percent" Gauge - &[], self_cpu,
        "CPU time of the agent over the last tick, in hundredths of all CPUs.";
    "scaph_self_memory_bytes" Gauge - &[], self_memory,
        "Memory of the agent that is in RAM.";
    "scaph_self_memory_virtual_bytes" Gauge - &[], self_virtual,
        "Address space of the agent.";
    "scaph_host_energy_microjoules" BareCounter - SOURCE, host_energy,
        "Energy of the host while the agent watched, over all turns of the counters: all components.";
    "scaph_host_power_microwatts" Gauge - SOURCE, host_power,
        "Mean power of the host over the last tick.";
    "scaph_host_load_avg_one" Gauge - &[], load_one,
        "Load average of the last minute.";
    "scaph_host_load_avg_five" Gauge - &[], load_five,
        "Load average of the last five minutes.";
    "scaph_host_load_avg_fifteen" Gauge - &[], load_fifteen,
        "Load average of the last fifteen minutes.";
    "scaph_host_memory_total_bytes" Gauge - &[], memory_total,
        "Memory of the host.";
    "scaph_host_memory_available_bytes" Gauge - &[], memory_available,
        "Memory that programs can still have.";
    "scaph_host_memory_free_bytes" Gauge - &[], memory_free,
        "Memory that nobody uses.";
    "scaph_host_swap_total_bytes" Gauge - &[], swap_total,
        "Swap space.";
    "scaph_host_swap_free_bytes" Gauge - &[], swap_free,
        "Swap space that nobody uses.";
    "scaph_host_disk_total_bytes" Gauge - DISK, disk_total,
        "Size of a local file system.";
    "scaph_host_disk_available_bytes" Gauge - DISK, disk_available,
        "What ordinary users can still write to it.";
    "scaph_socket_energy_microjoules" BareCounter - SOCKET, socket_energy,
        "Energy of a socket's package while the agent watched, over all turns of the counter.";
    "scaph_socket_power_microwatts" Gauge - SOCKET, socket_power,
        "Mean power of a socket's package over the last tick.";
    "scaph_socket_rapl_mmio_energy_microjoules" BareCounter - SOCKET, mmio_socket_energy,
        "The same energy as a second set of counters shows it.";
    "scaph_domain_energy_microjoules" BareCounter - DOMAIN, domain_energy,
        "Energy of a part of a socket. core and uncore are inside the package.";
    "scaph_domain_power_microwatts" Gauge - DOMAIN, domain_power,
        "Mean power of a part of a socket over the last tick.";
    "scaph_domain_rapl_mmio_energy_microjoules" BareCounter - MMIO, mmio_domain_energy,
        "The same energy as a second set of counters shows it.";
    "scaph_processes_running_current" Gauge - &[], running,
        "Threads that run or want to.";
    "scaph_process_power_consumption_microwatts" Gauge - process::LABELS, process::power,
        "Mean power over the last tick: of one of the processes.top largest processes, and of what else each workload has. All of them and the idle floor add up to the host.";
    "scaph_process_cpu_usage_percentage" Gauge - process::LABELS, process::cpu,
        "CPU time of a workload over the last tick, in hundredths of all CPUs.";
    "scaph_process_memory_bytes" Gauge - process::LABELS, process::memory,
        "Memory of a workload, page cache that was used lately included.";
    "scaph_process_disk_total_read_bytes" Gauge - process::LABELS, process::read,
        "Bytes that a workload read from block devices while the agent watched.";
    "scaph_process_disk_total_write_bytes" Gauge - process::LABELS, process::written,
        "Bytes that a workload wrote to block devices, likewise.";
};

fn self_cpu<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let used = snapshot.host.own_latest_cpu_usec;
    if let Some(percent) = used.and_then(|usec| energy::cpu_percent(snapshot, usec)) {
        points.number([], percent);
    }
}

fn self_memory<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(own) = &snapshot.host.host.own {
        points.whole([], own.resident_bytes);
    }
}

fn self_virtual<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(own) = &snapshot.host.host.own {
        points.whole([], own.virtual_bytes);
    }
}

fn source(snapshot: &Snapshot) -> [Label<'static>; 1] {
    let platform = snapshot.host.components[Component::Other.index()].is_some();
    let source = match (energy::is_estimated(snapshot), platform) {
        (true, _) => ESTIMATED,
        (false, true) => "powercap_rapl_psys",
        (false, false) => "powercap_rapl_pkg",
    };
    [source.into()]
}

fn host_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if snapshot.host.components.iter().any(Option::is_some) {
        points.whole(source(snapshot), energy::host_uj(snapshot).iter().sum());
    }
}

fn host_power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let latest = energy::host_latest_uj(snapshot).map(|latest| latest.iter().sum());
    if let Some(microwatts) = latest.and_then(|latest| energy::microwatts(snapshot, latest)) {
        points.number(source(snapshot), microwatts);
    }
}

macro_rules! load {
    ($($name:ident $index:literal;)+) => {$(
        fn $name<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
            if let Some(load) = &snapshot.host.host.load {
                points.number([], hundredths(load.hundredths[$index]));
            }
        }
    )+};
}

load! {
    load_one 0;
    load_five 1;
    load_fifteen 2;
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 hundredths")]
fn hundredths(load: u64) -> f64 {
    load as f64 / 100.0
}

fn running<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(load) = &snapshot.host.host.load {
        points.whole([], load.runnable);
    }
}

macro_rules! memory {
    ($($name:ident $figure:expr;)+) => {$(
        fn $name<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
            let figure: fn(&Meminfo) -> Option<u64> = $figure;
            if let Some(bytes) = snapshot.host.host.memory.as_ref().and_then(figure) {
                points.whole([], bytes);
            }
        }
    )+};
}

memory! {
    memory_total |memory| memory.total_bytes;
    memory_available |memory| memory.available_bytes;
    memory_free |memory| memory.free_bytes;
    swap_total |memory| memory.swap_total_bytes;
    swap_free |memory| memory.swap_free_bytes;
}

/// Whether a disk turns or can be taken out is not known.
fn disk(fs: &Filesystem) -> [Label<'_>; 5] {
    let none = Label::Text("");
    [
        (&*fs.fstype).into(),
        (&*fs.mountpoint).into(),
        none,
        none,
        (&*fs.device).into(),
    ]
}

fn disk_total<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for fs in snapshot.host.host.filesystems.iter() {
        points.whole(disk(fs), fs.size_bytes);
    }
}

fn disk_available<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for fs in snapshot.host.host.filesystems.iter() {
        points.whole(disk(fs), fs.available_bytes);
    }
}

/// What some zones counted in all, and in the last interval if each of them tells.
type Sum = (u64, Option<u64>);

/// Zones that Scaphandre does not tell apart add up: the dies of a socket.
fn add((sum, latest): &mut Sum, report: &ZoneReport) {
    *sum = sum.saturating_add(report.energy_uj);
    *latest = latest.zip(report.latest_uj).map(|(one, other)| one + other);
}

const NOTHING: Sum = (0, Some(0));

/// The packages by socket.
fn sockets(snapshot: &Snapshot, twin: bool) -> BTreeMap<u32, Sum> {
    let mut sockets = BTreeMap::new();
    for report in &snapshot.host.zones {
        let socket = report
            .zone
            .socket
            .filter(|_| report.zone.kind == ZoneKind::Package);
        if let Some(socket) = socket.filter(|_| energy::is_twin(report) == twin) {
            add(sockets.entry(socket).or_insert(NOTHING), report);
        }
    }
    sockets
}

fn socket_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (socket, (energy_uj, _)) in sockets(snapshot, false) {
        points.whole([Label::Number(socket)], energy_uj);
    }
}

fn socket_power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (socket, (_, latest)) in sockets(snapshot, false) {
        if let Some(microwatts) = latest.and_then(|latest| energy::microwatts(snapshot, latest)) {
            points.number([Label::Number(socket)], microwatts);
        }
    }
}

fn mmio_socket_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (socket, (energy_uj, _)) in sockets(snapshot, true) {
        points.whole([Label::Number(socket)], energy_uj);
    }
}

/// What is inside of a socket or beside its package, with its labels.
fn domains(snapshot: &Snapshot, twin: bool) -> Vec<([Label<'_>; 3], Sum)> {
    let mut domains = BTreeMap::new();
    for report in &snapshot.host.zones {
        let zone = &report.zone;
        let inner = matches!(zone.kind, ZoneKind::Core | ZoneKind::Uncore | ZoneKind::Dram);
        if inner && energy::is_twin(report) == twin {
            let number = zone.id.rsplit(':').next().unwrap_or_default();
            add(
                domains.entry((zone.socket, number, zone.kind)).or_insert(NOTHING),
                report,
            );
        }
    }
    let labelled = |((socket, number, kind), sum): ((Option<u32>, _, ZoneKind), _)| {
        ([socket.into(), Label::Text(number), kind.as_str().into()], sum)
    };
    domains.into_iter().map(labelled).collect()
}

fn domain_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, (energy_uj, _)) in domains(snapshot, false) {
        points.whole(labels, energy_uj);
    }
}

fn domain_power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, (_, latest)) in domains(snapshot, false) {
        if let Some(microwatts) = latest.and_then(|latest| energy::microwatts(snapshot, latest)) {
            points.number(labels, microwatts);
        }
    }
}

fn mmio_domain_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for ([socket, number, name], (energy_uj, _)) in domains(snapshot, true) {
        points.whole([socket, number, name, "powercap_rapl_mmio".into()], energy_uj);
    }
}

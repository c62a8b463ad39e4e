//! The names of OpenNebula's libvirt exporter that the agent can know, and the one of COGNIT.

use super::super::families::Family;
use super::super::families::families;
use super::super::point::Label;
use super::super::point::Type;
use super::super::power::joules;
use std::collections::BTreeMap;

use super::OldFamily;
use super::Points;
use super::energy;
use crate::ledger::WorkloadReport;
use crate::sample::FlowKind;
use crate::snapshot::Snapshot;
use crate::workload::Kind;
use crate::workload::Label as Detail;

const VM: &[&str] = &["one_vm_id"];
const NIC: &[&str] = &["one_vm_id", "vnic", "device"];
const DISK: &[&str] = &["one_vm_id", "disk", "device"];

/// The table. OpenNebula calls all of them gauges.
pub(super) const FAMILIES: &[OldFamily] = families! {
    "opennebula_vm_power_consumption_uW" Gauge - VM, power,
        "Mean power of a VM over the last tick, in microwatts. Absent while it is not known.";
    "opennebula_libvirt_cpu_seconds_total" Gauge - VM, cpu,
        "CPU time of a VM while the agent watched.";
    "opennebula_libvirt_memory_rss_bytes" Gauge - VM, memory,
        "Memory of a VM that has no file behind it: what its guest uses, for the most part.";
    "opennebula_libvirt_net_rx_total_bytes" Gauge - NIC, received,
        "Bytes that a VM received through all its devices while the agent watched.";
    "opennebula_libvirt_net_tx_total_bytes" Gauge - NIC, sent,
        "Bytes that a VM sent, likewise.";
    "opennebula_libvirt_block_rd_bytes" Gauge - DISK, read,
        "Bytes that a VM read from all its disks while the agent watched.";
    "opennebula_libvirt_block_wr_bytes" Gauge - DISK, written,
        "Bytes that a VM wrote, likewise.";
};

/// A figure of OpenNebula's VMs by their numbers there. Should two guests claim the same number, they add up.
fn vms(
    snapshot: &Snapshot,
    figure: impl Fn(&WorkloadReport) -> Option<u64>,
) -> impl Iterator<Item = (Label<'_>, u64)> {
    let mut sums = BTreeMap::new();
    for workload in &snapshot.host.workloads {
        let details = &workload.identity.details;
        let ours = workload.identity.kind == Kind::Vm && details.get(Detail::Platform) == Some("opennebula");
        let id = details.get(Detail::VmId).filter(|_| ours && workload.alive);
        if let Some((id, value)) = id.zip(figure(workload)) {
            *sums.entry(id).or_insert(0_u64) += value;
        }
    }
    sums.into_iter().map(|(id, sum)| (Label::Text(id), sum))
}

fn power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (id, latest_uj) in vms(snapshot, |workload| Some(workload.latest_uj.iter().sum())) {
        if let Some(microwatts) = energy::microwatts(snapshot, latest_uj) {
            points.number([id], microwatts);
        }
    }
}

fn cpu<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (id, usec) in vms(snapshot, |workload| Some(workload.cpu_usec)) {
        points.number([id], joules(usec));
    }
}

fn memory<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (id, bytes) in vms(snapshot, |workload| workload.memory.anonymous_bytes) {
        points.whole([id], bytes);
    }
}

fn received<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    moved(snapshot, points, FlowKind::Network, 0);
}

fn sent<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    moved(snapshot, points, FlowKind::Network, 1);
}

fn read<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    moved(snapshot, points, FlowKind::Block, 0);
}

fn written<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    moved(snapshot, points, FlowKind::Block, 1);
}

/// All devices of a VM together: which of them is not known.
fn moved<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>, kind: FlowKind, direction: usize) {
    for (id, bytes) in vms(snapshot, |workload| {
        Some(workload.bytes[kind.index()]?[direction])
    }) {
        points.whole([id, "".into(), "".into()], bytes);
    }
}

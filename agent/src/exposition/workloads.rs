//! Points of the workloads.

use super::point::Label;
use super::point::Points;
use super::power::joules;
use super::power::present;
use crate::ledger::WorkloadReport;
use crate::sample::FlowKind;
use crate::snapshot::Snapshot;

pub(super) fn labels(workload: &WorkloadReport) -> [Label<'_>; 3] {
    let identity = &workload.identity;
    [
        identity.kind.as_str().into(),
        identity.id.as_str().into(),
        identity.name.as_str().into(),
    ]
}

pub(super) fn energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for workload in &snapshot.host.workloads {
        let [kind, id, name] = labels(workload);
        for (component, _) in present(snapshot) {
            let value = joules(workload.energy_uj[component.index()]);
            points.since(
                [kind, id, name, component.as_str().into()],
                value,
                workload.created,
            );
        }
    }
}

pub(super) fn cpu<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for workload in &snapshot.host.workloads {
        points.since(labels(workload), joules(workload.cpu_usec), workload.created);
    }
}

pub(super) fn memory<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for workload in &snapshot.host.workloads {
        let [kind, id, name] = labels(workload);
        let memory = workload.memory;
        for (state, bytes) in [
            ("anonymous", memory.anonymous_bytes),
            ("working_set", memory.working_set_bytes),
        ] {
            if let Some(bytes) = bytes {
                points.whole([kind, id, name, state.into()], bytes);
            }
        }
    }
}

pub(super) fn network_receive<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    bytes(snapshot, points, FlowKind::Network, 0);
}

pub(super) fn network_transmit<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    bytes(snapshot, points, FlowKind::Network, 1);
}

pub(super) fn block_read<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    bytes(snapshot, points, FlowKind::Block, 0);
}

pub(super) fn block_write<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    bytes(snapshot, points, FlowKind::Block, 1);
}

/// Bytes in one direction: to the workload, or from it.
fn bytes<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>, kind: FlowKind, direction: usize) {
    for workload in &snapshot.host.workloads {
        if let Some(bytes) = workload.bytes[kind.index()] {
            points.whole_since(labels(workload), bytes[direction], workload.created);
        }
    }
}

pub(super) fn info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for workload in &snapshot.host.workloads {
        let identity = &workload.identity;
        points.info_with(labels(workload), &identity.details);
    }
}

pub(super) fn over_limit<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.host.workloads_over_limit);
}

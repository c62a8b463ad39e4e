//! Points of the workloads.

use super::point::Label;
use super::point::Points;
use super::power::joules;
use super::power::present;
use crate::ledger::WorkloadReport;
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
        if let Some(bytes) = workload.memory_bytes {
            points.whole(labels(workload), bytes);
        }
    }
}

pub(super) fn info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for workload in &snapshot.host.workloads {
        let [kind, id, name] = labels(workload);
        points.info([kind, id, name, workload.identity.runtime.as_str().into()]);
    }
}

pub(super) fn over_limit<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.whole([], snapshot.host.workloads_over_limit);
}

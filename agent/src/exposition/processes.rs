//! Points of single processes, where the operator wants to know of them.

use super::point::Label;
use super::point::Points;
use super::power::joules;
use super::power::watts;
use crate::ledger::ProcessReport;
use crate::ledger::ProcessesReport;
use crate::snapshot::Snapshot;

fn shown(snapshot: &Snapshot) -> Option<&ProcessesReport> {
    snapshot.host.processes.as_ref()
}

fn labels(process: &ProcessReport) -> [Label<'_>; 5] {
    let workload = &process.workload;
    [
        Some(process.pid).into(),
        (&*process.comm).into(),
        workload.kind.as_str().into(),
        workload.id.as_str().into(),
        workload.name.as_str().into(),
    ]
}

pub(super) fn energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for process in shown(snapshot).iter().flat_map(|shown| &shown.largest) {
        points.since(labels(process), joules(process.energy_uj), process.created);
    }
}

pub(super) fn power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for process in shown(snapshot).iter().flat_map(|shown| &shown.largest) {
        if let Some(watts) = watts(snapshot, Some(process.latest_uj)) {
            points.number(labels(process), watts);
        }
    }
}

pub(super) fn rest<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(shown) = shown(snapshot) {
        points.number([], joules(shown.rest_uj));
    }
}

pub(super) fn left<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if let Some(shown) = shown(snapshot) {
        points.number([], joules(shown.left_uj));
    }
}

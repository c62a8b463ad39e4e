//! Points of what the energy weighs.

use super::point::Label;
use super::point::Points;
use super::power::joules;
use super::power::present;
use super::workloads::labels;
use crate::carbon::Grid;
use crate::ledger::CarbonReport;
use crate::snapshot::Snapshot;

fn report(snapshot: &Snapshot) -> Option<&CarbonReport> {
    snapshot.host.carbon.as_ref()
}

fn names(grid: &Grid) -> [Label<'_>; 2] {
    [grid.zone.as_str().into(), grid.source.into()]
}

pub(super) fn intensity<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(CarbonReport { grid, .. }) = report(snapshot) else {
        return;
    };
    if let Some(intensity) = grid.at(snapshot.host.wall) {
        points.number(names(grid), intensity.grams());
    }
}

pub(super) fn age<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(CarbonReport { grid, .. }) = report(snapshot) else {
        return;
    };
    if let Some(age) = grid.age(snapshot.host.wall) {
        points.number(names(grid), age.as_secs_f64());
    }
}

pub(super) fn forecast<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(CarbonReport { grid, .. }) = report(snapshot) else {
        return;
    };
    for (ahead, intensity) in grid.expected(snapshot.host.wall) {
        let [zone, source] = names(grid);
        points.number([zone, source, ahead.into()], intensity.grams());
    }
}

pub(super) fn horizon<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(CarbonReport { grid, .. }) = report(snapshot) else {
        return;
    };
    if let Some(ahead) = grid.horizon(snapshot.host.wall) {
        points.number(names(grid), ahead.as_secs_f64());
    }
}

pub(super) fn info<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(CarbonReport { grid, .. }) = report(snapshot) else {
        return;
    };
    let [zone, source] = names(grid);
    points.info([
        zone,
        source,
        grid.accounting.name().into(),
        Label::Thousandths(grid.pue_thousandths),
    ]);
}

pub(super) fn data<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(CarbonReport { grid, .. }) = report(snapshot) else {
        return;
    };
    let about = grid.about;
    if !about.attribution.is_empty() {
        let zone = grid.zone.as_str().into();
        points.info([
            zone,
            about.year.into(),
            about.licence.into(),
            about.attribution.into(),
        ]);
    }
}

pub(super) fn host<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(carbon) = report(snapshot) else { return };
    for (component, _) in present(snapshot) {
        points.number(
            [component.as_str().into()],
            carbon.host[component.index()].as_f64(),
        );
    }
}

pub(super) fn retired<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(carbon) = report(snapshot) else { return };
    for (component, _) in present(snapshot) {
        points.number(
            [component.as_str().into()],
            carbon.retired[component.index()].as_f64(),
        );
    }
}

pub(super) fn unknown<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let Some(carbon) = report(snapshot) else { return };
    points.number([], joules(carbon.unknown_uj));
}

pub(super) fn workloads<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    if report(snapshot).is_none() {
        return;
    }
    for workload in &snapshot.host.workloads {
        let [kind, id, name] = labels(workload);
        for (component, _) in present(snapshot) {
            points.since(
                [kind, id, name, component.as_str().into()],
                workload.carbon[component.index()].as_f64(),
                workload.created,
            );
        }
    }
}

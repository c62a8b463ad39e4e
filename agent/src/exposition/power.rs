//! Points of the host's energy and of what counts it.

use wattle_hostfs::powercap::ZoneKind;

use super::point::Label;
use super::point::Points;
use crate::component::Component;
use crate::component::PerComponent;
use crate::ledger::ComponentReport;
use crate::ledger::ZoneReport;
use crate::snapshot::Snapshot;

/// Microjoules as joules. Dividing a whole number by a power of ten gives the nearest double, so whoever rounds what is printed to
/// six decimals has the microjoules.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact below 2^53 µJ, and Prometheus has nothing finer"
)]
pub(super) fn joules(microjoules: u64) -> f64 {
    microjoules as f64 / 1e6
}

/// The components that this host has, with their positions.
pub(super) fn present(snapshot: &Snapshot) -> impl Iterator<Item = (Component, ComponentReport)> {
    let components = &snapshot.host.components;
    Component::ALL
        .into_iter()
        .filter_map(|component| Some((component, components[component.index()]?)))
}

pub(super) fn host_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (component, report) in present(snapshot) {
        points.number([component.as_str().into()], joules(report.energy_uj));
    }
}

pub(super) fn host_power<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (component, report) in present(snapshot) {
        if let Some(watts) = watts(snapshot, report.latest_uj) {
            points.number([component.as_str().into()], watts);
        }
    }
}

/// The mean power of the last interval.
pub(super) fn watts(snapshot: &Snapshot, latest_uj: Option<u64>) -> Option<f64> {
    let seconds = snapshot.host.elapsed?.as_secs_f64();
    Some(joules(latest_uj?) / seconds)
}

pub(super) fn retired<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    let retired: &PerComponent<u64> = &snapshot.host.retired_uj;
    for (component, _) in present(snapshot) {
        points.number([component.as_str().into()], joules(retired[component.index()]));
    }
}

pub(super) fn conservation_error<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.number([], conservation_error_joules(snapshot));
}

#[expect(
    clippy::cast_precision_loss,
    reason = "any figure but 0 is a defect, whatever its last digits"
)]
pub(super) fn conservation_error_joules(snapshot: &Snapshot) -> f64 {
    snapshot.host.conservation_error_uj as f64 / 1e6
}

pub(super) fn zone_energy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for (labels, zone) in zones(snapshot) {
        points.number(labels, joules(zone.energy_uj));
    }
}

pub(super) fn zone_events<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for ([name, socket, source], zone) in zones(snapshot) {
        let events = zone.events;
        for (event, count) in [
            ("wrap", events.wrap),
            ("reset", events.reset),
            ("implausible", events.implausible),
        ] {
            points.whole([name, socket, source, event.into()], count);
        }
    }
}

/// Zones with their labels, which differ for every two: where kind, socket and source do not tell two zones apart, the
/// kernel's own name for the zone does.
fn zones(snapshot: &Snapshot) -> impl Iterator<Item = ([Label<'_>; 3], &ZoneReport)> {
    let zones = &snapshot.host.zones;
    zones.iter().enumerate().map(|(index, report)| {
        let zone = &report.zone;
        let alike = |other: &ZoneReport| {
            (zone.kind, zone.socket, zone.die, &zone.control)
                == (
                    other.zone.kind,
                    other.zone.socket,
                    other.zone.die,
                    &other.zone.control,
                )
        };
        let name = if zones[..index].iter().any(alike) {
            &*zone.id
        } else if zone.kind == ZoneKind::Other {
            &*zone.name
        } else {
            zone.kind.as_str()
        };
        let socket = match (zone.socket, zone.die) {
            (Some(socket), Some(die)) => Label::Die(socket, die),
            (socket, _) => socket.into(),
        };
        ([name.into(), socket, (&*zone.control).into()], report)
    })
}

pub(super) fn model<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    for model in &snapshot.host.models {
        let (component, socket) = (model.component.as_str().into(), model.socket.into());
        points.number([component, socket, "static".into()], joules(model.static_uw));
        if let Some(full_load_uw) = model.full_load_uw {
            points.number([component, socket, "full_load".into()], joules(full_load_uw));
        }
    }
}

pub(super) fn idle_policy<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
    points.info([snapshot.host.idle_policy.as_str().into()]);
}

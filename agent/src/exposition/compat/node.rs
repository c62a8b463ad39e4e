//! The names of node_exporter's collector `rapl`.

use wattle_hostfs::powercap::ZoneKind;

use super::super::families::Family;
use super::super::families::families;
use super::super::point::Label;
use super::super::point::Type;
use super::super::power::joules;
use super::OldFamily;
use super::Points;
use crate::ledger::ZoneReport;
use crate::snapshot::Snapshot;

const ZONE: &[&str] = &["index", "path"];

/// The table: a family for each kind of zone.
pub(super) const FAMILIES: &[OldFamily] = families! {
    "node_rapl_package_joules_total" Counter - ZONE, package,
        "Energy of a processor package, or of one die of it, while the agent watched, over all turns of the counter.";
    "node_rapl_core_joules_total" Counter - ZONE, core,
        "Likewise of the cores, which are inside the package.";
    "node_rapl_uncore_joules_total" Counter - ZONE, uncore,
        "Likewise of what is inside the package beside the cores.";
    "node_rapl_dram_joules_total" Counter - ZONE, dram,
        "Likewise of memory.";
    "node_rapl_psys_joules_total" Counter - ZONE, psys,
        "Likewise of the platform, which holds all the others.";
};

macro_rules! zones {
    ($($name:ident $kind:ident;)+) => {$(
        fn $name<'s>(snapshot: &'s Snapshot, points: &mut Points<'s>) {
            let of_kind = |report: &&'s ZoneReport| report.zone.kind == ZoneKind::$kind;
            for report in snapshot.host.zones.iter().filter(of_kind) {
                let path = Label::Powercap(&report.zone.id);
                points.number([index(snapshot, report), path], joules(report.energy_uj));
            }
        }
    )+};
}

zones! {
    package Package;
    core Core;
    uncore Uncore;
    dram Dram;
    psys Psys;
}

/// The number in the zone's name, or else how many of the same name the kernel lists before it.
fn index<'s>(snapshot: &'s Snapshot, report: &'s ZoneReport) -> Label<'s> {
    let zone = &report.zone;
    match (zone.kind, zone.socket, zone.die) {
        (ZoneKind::Package, Some(socket), Some(die)) => return Label::Die(socket, die),
        (ZoneKind::Package, Some(socket), None) => return Label::Number(socket),
        _ => {}
    }
    let earlier = |other: &&ZoneReport| other.zone.name == zone.name && other.zone.id < zone.id;
    let count = snapshot.host.zones.iter().filter(earlier).count();
    Label::Number(u32::try_from(count).unwrap_or(u32::MAX))
}

//! Energy as others count it.

use wattle_hostfs::powercap::ZoneKind;

use super::super::power::joules;
use crate::component::Component;
use crate::component::PerComponent;
use crate::ledger::WorkloadReport;
use crate::ledger::ZoneReport;
use crate::sensor::Quality;
use crate::snapshot::Snapshot;
use crate::workload::Kind;

/// Where an estimate stands, others have the name of what they read.
pub(super) const ESTIMATED: &str = "estimated";

/// The second set of packages that some machines show.
const MMIO: &str = "intel-rapl-mmio";

/// A zone as others have it: what the hardware counts, made of the components that stand for it here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) kind: ZoneKind,
    parts: &'static [Component],
}

const SHARES: [Share; 3] = [
    Share {
        kind: ZoneKind::Package,
        parts: &[Component::Cpu],
    },
    Share {
        kind: ZoneKind::Dram,
        parts: &[Component::Dram],
    },
    Share {
        kind: ZoneKind::Psys,
        parts: &Component::ALL,
    },
];

impl Share {
    /// Its part of a figure for each component.
    pub(super) fn of(self, figures: PerComponent<u64>) -> u64 {
        self.parts.iter().map(|part| figures[part.index()]).sum()
    }
}

/// The zones that are shared over workloads on this host. Like the hardware's they overlap: psys holds the others.
pub(super) fn shares(snapshot: &Snapshot) -> impl Iterator<Item = Share> {
    let here = |share: &Share| {
        let needed = match share.kind {
            ZoneKind::Psys => Component::Other,
            _ => share.parts[0],
        };
        snapshot.host.components[needed.index()].is_some()
    };
    SHARES.into_iter().filter(here)
}

/// What the host used, by component; nothing for those that it does not have.
pub(super) fn host_uj(snapshot: &Snapshot) -> PerComponent<u64> {
    snapshot
        .host
        .components
        .map(|component| component.map_or(0, |report| report.energy_uj))
}

/// The same for the last interval, if all of it is known.
pub(super) fn host_latest_uj(snapshot: &Snapshot) -> Option<PerComponent<u64>> {
    let mut latest = [0; 3];
    for (sum, component) in latest.iter_mut().zip(&snapshot.host.components) {
        if let Some(report) = component {
            *sum = report.latest_uj?;
        }
    }
    Some(latest)
}

/// The workload that pays for what is there with nobody running.
pub(super) fn idle(snapshot: &Snapshot) -> Option<&WorkloadReport> {
    let mut workloads = snapshot.host.workloads.iter();
    workloads.find(|workload| workload.identity.kind == Kind::Idle)
}

/// Microjoules of the last interval as watts.
pub(super) fn watts(snapshot: &Snapshot, latest_uj: u64) -> Option<f64> {
    super::super::power::watts(snapshot, Some(latest_uj))
}

/// The same as microwatts.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 µJ")]
pub(super) fn microwatts(snapshot: &Snapshot, latest_uj: u64) -> Option<f64> {
    Some(latest_uj as f64 / snapshot.host.elapsed?.as_secs_f64())
}

/// Microseconds of the last interval in hundredths of all that every CPU could have done.
pub(super) fn cpu_percent(snapshot: &Snapshot, usec: u64) -> Option<f64> {
    let seconds = snapshot.host.elapsed?.as_secs_f64();
    let cpus = f64::from(snapshot.host.cpu?.online.max(1));
    Some(joules(usec.saturating_mul(100)) / (seconds * cpus))
}

/// Whether anything of the host is guessed.
pub(super) fn is_estimated(snapshot: &Snapshot) -> bool {
    let mut components = snapshot.host.components.iter().flatten();
    components.any(|report| report.quality == Quality::Estimated)
}

/// Whether a zone shows what another shows already.
pub(super) fn is_twin(zone: &ZoneReport) -> bool {
    &*zone.zone.control == MMIO
}

/// The zones of one kind, without those that show the same a second time.
pub(super) fn zones(snapshot: &Snapshot, kind: ZoneKind) -> impl Iterator<Item = &ZoneReport> {
    let zones = snapshot.host.zones.iter();
    zones.filter(move |report| report.zone.kind == kind && !is_twin(report))
}

//! What only shows over time: a counter that answers and does not move.

use std::borrow::Cow;
use std::time::Duration;

use wattle_hostfs::powercap::ZoneKind;

use super::basis::Basis;
use super::report::ComponentReport;
use super::zones::ZoneAccount;
use super::zones::Zones;
use crate::component::Component;
use crate::component::PerComponent;
use crate::sensor::Quality;
use crate::sensor::SensorState;
use crate::sensor::zone_sensor;

/// The states as collected, with what the ledger knows added.
pub(super) fn judged(mut sensors: Vec<SensorState>, zones: &Zones, basis: &Basis) -> Vec<SensorState> {
    for (index, account) in zones.iter().enumerate() {
        let name = zone_sensor(&account.zone.id);
        let is_it = |state: &&mut SensorState| state.sensor == name && state.up;
        let Some(state) = sensors.iter_mut().find(is_it) else {
            continue;
        };
        if let Some(reason) = complaint(account, basis) {
            state.up = !account.stuck && basis.platform_is_on_trial();
            state.reason = Cow::Borrowed(reason);
        } else if is_spare(account, basis, index) {
            state.reason = Cow::Borrowed("spare: its twin counts");
        }
    }
    sensors
}

/// What stands behind each component of the host, so that every energy series can be traced.
pub(super) fn of_components(
    components: &PerComponent<Option<ComponentReport>>,
    elapsed: Option<Duration>,
) -> impl Iterator<Item = SensorState> {
    Component::ALL.into_iter().filter_map(move |component| {
        let report = components[component.index()].filter(|_| elapsed.is_some())?;
        let up = report.latest_uj.is_some();
        let (source, reason) = match report.quality {
            Quality::Measured => ("powercap", ""),
            Quality::Derived => ("powercap", "psys less packages and memory"),
            Quality::Estimated => (
                "model",
                "no counter answers: the load and the kind of processor tell",
            ),
        };
        Some(SensorState {
            sensor: Cow::Owned(format!("component/{}", component.as_str())),
            source: Cow::Borrowed(source),
            quality: report.quality,
            up,
            reason: Cow::Borrowed(if up { reason } else { "its counters do not answer" }),
            advice: Cow::Borrowed(""),
            took: None,
        })
    })
}

fn complaint(account: &ZoneAccount, basis: &Basis) -> Option<&'static str> {
    if account.stuck {
        return Some(match account.zone.enabled {
            Some(false) => "stuck: the zone is disabled",
            _ => "stuck: the counter does not move",
        });
    }
    (account.zone.kind == ZoneKind::Psys)
        .then(|| basis.platform_complaint())
        .flatten()
}

fn is_spare(account: &ZoneAccount, basis: &Basis, index: usize) -> bool {
    matches!(account.zone.kind, ZoneKind::Package | ZoneKind::Dram) && !basis.counts(index)
}

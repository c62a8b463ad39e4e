//! What each energy counter has shown so far.

use std::sync::Arc;
use std::time::Duration;

use wattle_attribution::Counter;
use wattle_attribution::Step;
use wattle_hostfs::powercap::Zone;
use wattle_hostfs::powercap::ZoneKind;

use super::report::ZoneReport;
use super::state::ZoneState;
use crate::sample::ZoneSample;

/// A counter of something that always draws power is stuck when it has not moved for this long, over so many readings.
const STUCK_AFTER: Duration = Duration::from_secs(10);
const STUCK_READINGS: u32 = 3;
/// No zone draws more than this unless it says so itself: far above any processor, far below what a misread counter shows.
const MOST_UW: u64 = 2_000_000_000;
/// A zone may exceed its sustained limit for a short time, and firmware states it too low at times.
const OVER_LIMIT: u64 = 4;

/// All zones that were ever seen, each with its own totals.
#[derive(Debug, Default)]
pub(super) struct Zones {
    all: Vec<ZoneAccount>,
    /// What an earlier run counted of zones that have not shown up since, so that their totals go on if they do.
    away: Vec<ZoneState>,
}

/// One zone's counter and totals.
#[derive(Debug)]
pub(super) struct ZoneAccount {
    pub(super) zone: Arc<Zone>,
    pub(super) total_uj: u64,
    pub(super) events: ZoneEvents,
    /// What this tick's reading meant; nothing where there was none.
    pub(super) step: Option<Step>,
    /// When the counter last moved.
    moved_at: Duration,
    /// Readings since then.
    still: u32,
    /// The tick before this one read it too, so this step covers one interval.
    pub(super) consecutive: bool,
    pub(super) stuck: bool,
    counter: Counter,
}

/// How often a counter did something else than move on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneEvents {
    /// It passed its end.
    pub wrap: u64,
    /// It started again.
    pub reset: u64,
    /// It moved by more than the hardware could have used.
    pub implausible: u64,
}

impl Zones {
    pub(super) fn iter(&self) -> impl Iterator<Item = &ZoneAccount> {
        self.all.iter()
    }

    pub(super) fn get(&self, index: usize) -> Option<&ZoneAccount> {
        self.all.get(index)
    }

    pub(super) fn restore(zones: &[ZoneState], at: Duration, known: &[Arc<Zone>]) -> Self {
        let mut restored = Self::default();
        for state in zones {
            match known.iter().find(|zone| *zone.id == *state.id) {
                Some(zone) => restored.all.push(ZoneAccount::restore(state, zone, at)),
                // Its counter will be one that nobody watched meanwhile.
                None => restored.away.push(ZoneState {
                    last: None,
                    ..state.clone()
                }),
            }
        }
        restored
    }

    pub(super) fn states(&self) -> impl Iterator<Item = ZoneState> {
        let here = self.all.iter().map(ZoneAccount::state);
        here.chain(self.away.iter().cloned())
    }

    /// Takes this tick's readings. Returns whether a zone appeared that was not known before.
    pub(super) fn observe(&mut self, samples: &[ZoneSample], at: Duration) -> bool {
        let known = self.all.len();
        for account in &mut self.all {
            account.consecutive = account.step.is_some();
            account.step = None;
        }
        for sample in samples {
            let index = self.index_of(&sample.zone, at);
            if let Some(energy_uj) = sample.energy_uj {
                self.all[index].observe(energy_uj, at);
            }
        }
        self.all.len() > known
    }

    fn index_of(&mut self, zone: &Arc<Zone>, at: Duration) -> usize {
        let found = self
            .all
            .iter()
            .position(|account| Arc::ptr_eq(&account.zone, zone) || account.zone.id == zone.id);
        found.unwrap_or_else(|| {
            let account = self.admit(zone, at);
            self.all.push(account);
            self.all.len() - 1
        })
    }

    fn admit(&mut self, zone: &Arc<Zone>, at: Duration) -> ZoneAccount {
        let away = self.away.iter().position(|state| *state.id == *zone.id);
        match away.map(|index| self.away.swap_remove(index)) {
            Some(state) => ZoneAccount::restore(&state, zone, at),
            None => ZoneAccount::new(zone.clone(), at),
        }
    }
}

impl ZoneAccount {
    fn new(zone: Arc<Zone>, at: Duration) -> Self {
        let counter = Counter::new(zone.max_energy_range_uj);
        Self {
            zone,
            total_uj: 0,
            events: ZoneEvents::default(),
            step: None,
            moved_at: at,
            still: 0,
            consecutive: false,
            stuck: false,
            counter,
        }
    }

    /// A zone that was not read just before the state was written lost energy to something else (a twin or a model) since:
    /// its counter begins anew.
    fn restore(state: &ZoneState, zone: &Arc<Zone>, at: Duration) -> Self {
        let mut account = Self::new(zone.clone(), at);
        account.total_uj = state.total_uj;
        account.events = ZoneEvents {
            wrap: state.wrap,
            reset: state.reset,
            implausible: state.implausible,
        };
        if let Some((value_uj, read_at)) = state.last.filter(|(_, read_at)| *read_at == at) {
            account.counter = Counter::resume(zone.max_energy_range_uj, value_uj, read_at);
        }
        account
    }

    fn state(&self) -> ZoneState {
        ZoneState {
            id: self.zone.id.clone().into(),
            last: self.counter.last(),
            total_uj: self.total_uj,
            wrap: self.events.wrap,
            reset: self.events.reset,
            implausible: self.events.implausible,
        }
    }

    /// Nothing for a zone that was never read: what it counted is unknown, and 0 would be a claim.
    pub(super) fn report(&self) -> Option<ZoneReport> {
        (self.was_read() || self.total_uj > 0).then(|| ZoneReport {
            zone: self.zone.clone(),
            energy_uj: self.total_uj,
            latest_uj: self.latest_uj(),
            events: self.events,
        })
    }

    fn latest_uj(&self) -> Option<u64> {
        match self.step? {
            Step::Advance(energy) | Step::Wrap(energy) => Some(energy).filter(|_| self.consecutive),
            Step::First | Step::Reset | Step::Implausible => None,
        }
    }

    /// A later reading can tell what was used since an earlier one.
    pub(super) fn was_read(&self) -> bool {
        self.counter.last().is_some()
    }

    /// Read in this tick, and believed.
    pub(super) fn usable(&self) -> bool {
        self.step.is_some() && !self.stuck
    }

    fn observe(&mut self, energy_uj: u64, at: Duration) {
        let step = self.counter.observe(energy_uj, at, self.most_uw());
        match step {
            Step::Wrap(_) => self.events.wrap += 1,
            Step::Reset => self.events.reset += 1,
            Step::Implausible => self.events.implausible += 1,
            Step::First | Step::Advance(_) => {}
        }
        self.total_uj += step.energy_uj();
        if step == Step::Advance(0) {
            self.still += 1;
        } else {
            (self.moved_at, self.still) = (at, 0);
        }
        let long = at.saturating_sub(self.moved_at) >= STUCK_AFTER && self.still >= STUCK_READINGS;
        self.stuck = long && self.always_draws();
        self.step = Some(step);
    }

    fn most_uw(&self) -> u64 {
        self.zone
            .max_power_uw
            .map_or(MOST_UW, |limit| limit.saturating_mul(OVER_LIMIT).max(MOST_UW))
    }

    /// Cores and graphics may sleep through a tick; packages, memory and platforms do not.
    fn always_draws(&self) -> bool {
        matches!(
            self.zone.kind,
            ZoneKind::Package | ZoneKind::Dram | ZoneKind::Psys
        )
    }
}

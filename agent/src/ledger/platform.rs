//! What the platform counter shows beyond processors and memory.

use std::time::Duration;

use wattle_attribution::Step;
use wattle_hostfs::powercap::ZoneKind;

use super::zones::Zones;

/// `psys` is believed only after it was compared for this long.
const TRIAL: Duration = Duration::from_secs(10);
/// The comparison forgets by half at this pace, so that a board that goes wrong is found out.
const MEMORY: Duration = Duration::from_secs(60);
/// The parts are read an instant apart from the platform; more than this far below them it cannot be what it claims.
const SLACK_PERCENT: u128 = 95;
/// At most so much is carried over when the platform's reading lags behind its parts.
const MOST_OWED_UJ: i64 = 1_000_000_000;

/// The judge of `psys`, which holds all of the board on some machines and nonsense on others.
#[derive(Debug, Default)]
pub(super) struct Platform {
    compared: Duration,
    platform_uj: u64,
    parts_uj: u64,
    /// What the platform counted while a part was silent: settled when the part, whose counter went on, returns.
    held_uj: u64,
    owed_uj: i64,
    present: bool,
}

/// The components of the interval that the platform holds as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// Their sum in microjoules.
    Measured(u64),
    /// One was not read in this tick.
    Missing,
    /// One is only a guess, from which nothing can be subtracted.
    Estimated,
}

impl Platform {
    /// The energy beyond the measured components of the same interval. Nothing while the platform's figure is not
    /// plausible.
    pub(super) fn settle(&mut self, zones: &Zones, parts: Parts, elapsed: Duration) -> Option<u64> {
        let step_uj = step_of_all(zones);
        self.present |= step_uj.is_some();
        let platform_uj = self.held_uj.saturating_add(step_uj?);
        self.held_uj = if parts == Parts::Missing { platform_uj } else { 0 };
        let Parts::Measured(parts_uj) = parts else {
            return None;
        };
        self.compare(platform_uj, parts_uj, elapsed);
        if self.complaint().is_some() {
            self.owed_uj = 0;
            return None;
        }
        Some(self.beyond(platform_uj, parts_uj))
    }

    /// A lag of the platform's reading is carried over and made good by the next one.
    fn beyond(&mut self, platform_uj: u64, parts_uj: u64) -> u64 {
        let gained = self
            .owed_uj
            .saturating_add_unsigned(platform_uj)
            .saturating_sub_unsigned(parts_uj);
        self.owed_uj = gained.clamp(-MOST_OWED_UJ, 0);
        u64::try_from(gained).unwrap_or(0)
    }

    fn compare(&mut self, platform_uj: u64, parts_uj: u64, elapsed: Duration) {
        self.compared += elapsed;
        self.platform_uj = self.platform_uj.saturating_add(platform_uj);
        self.parts_uj = self.parts_uj.saturating_add(parts_uj);
        if self.compared > MEMORY {
            self.compared /= 2;
            self.platform_uj /= 2;
            self.parts_uj /= 2;
        }
    }

    /// Whether it is too early for a judgement.
    pub(super) fn is_on_trial(&self) -> bool {
        self.compared < TRIAL
    }

    /// Why the platform's figure is not used.
    pub(super) fn complaint(&self) -> Option<&'static str> {
        if !self.present {
            return None;
        }
        if self.is_on_trial() {
            return Some("not yet compared with the packages");
        }
        let plausible = u128::from(self.platform_uj) * 100 >= u128::from(self.parts_uj) * SLACK_PERCENT;
        (!plausible).then_some("implausible: below the sum of packages and memory")
    }
}

fn step_of_all(zones: &Zones) -> Option<u64> {
    let mut steps = zones
        .iter()
        .filter(|account| account.zone.kind == ZoneKind::Psys && account.usable())
        .filter_map(|account| account.step)
        .peekable();
    steps.peek()?;
    Some(steps.map(Step::energy_uj).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after_trial(platform_uj: u64, parts_uj: u64) -> Platform {
        let mut platform = Platform {
            present: true,
            ..Platform::default()
        };
        for _ in 0..10 {
            platform.compare(platform_uj, parts_uj, SECOND);
        }
        platform
    }

    #[test]
    fn a_platform_is_believed_after_a_trial_and_only_if_it_holds_its_parts() {
        let mut fresh = Platform {
            present: true,
            ..Platform::default()
        };
        fresh.compare(100, 60, SECOND);
        assert!(fresh.is_on_trial() && fresh.complaint().unwrap().starts_with("not yet"));
        assert!(!after_trial(6, 99).is_on_trial());
        assert_eq!(after_trial(100, 60).complaint(), None);
        assert_eq!(after_trial(97, 100).complaint(), None);
        assert!(after_trial(6, 99).complaint().unwrap().starts_with("implausible"));
        assert_eq!(Platform::default().complaint(), None);
    }

    #[test]
    fn a_platform_that_goes_wrong_later_is_found_out() {
        let mut platform = after_trial(100, 60);
        for _ in 0..120 {
            platform.compare(0, 60, SECOND);
        }
        assert!(platform.complaint().is_some());
    }

    #[test]
    fn a_lag_of_the_platform_is_made_good_by_its_next_reading() {
        let mut platform = after_trial(100, 60);
        let rest: u64 = [(100, 60), (50, 60), (150, 60), (100, 60)]
            .into_iter()
            .map(|(whole, parts)| platform.beyond(whole, parts))
            .sum();
        assert_eq!(rest, 160);
    }
}

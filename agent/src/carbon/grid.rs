//! What the tick is told of the grid.

use std::time::Duration;

use super::Intensity;
use super::Step;
use super::Steps;
use super::Trouble;
use crate::config::Accounting;
use crate::config::Carbon;
use crate::config::CarbonSource;
use crate::sensor::Quality;
use crate::sensor::SensorState;

/// Hours ahead for which a forecast is shown.
const AHEAD: [(&str, u64); 6] = [
    ("1h", 1),
    ("3h", 3),
    ("6h", 6),
    ("12h", 12),
    ("24h", 24),
    ("48h", 48),
];

/// How clean the power of the grid is, and who says so: a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The part of the grid, as the operator or the source calls it.
    pub zone: String,
    /// The value of the label `source`.
    pub source: &'static str,
    /// The intensity from moment to moment.
    pub steps: Steps,
    /// When the newest value was true by its source's account, since 1970; nothing where it has no date.
    pub dated: Option<Duration>,
    /// What the source expects, in the order of time.
    pub forecast: Steps,
    /// Grams at the meter of the building for each gram at the host, in thousandths.
    pub pue_thousandths: u64,
    /// Of which power the intensity is.
    pub accounting: Accounting,
    /// What is known of a table's row.
    pub about: About,
    /// What is wrong now.
    pub trouble: Option<Trouble>,
}

/// Where a figure was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The year that it is the average of.
    pub year: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// Who has to be named.
    pub attribution: &'static str,
}

impl Grid {
    /// One of which nothing is known yet.
    pub fn unknown(settings: &Carbon, trouble: Trouble) -> Self {
        Self {
            zone: settings.zone.clone().unwrap_or_default(),
            source: settings.source_name(),
            steps: Steps::default(),
            dated: None,
            forecast: Steps::default(),
            pue_thousandths: settings.pue.thousandths(),
            accounting: settings.accounting,
            about: About::default(),
            trouble: Some(trouble),
        }
    }

    /// The intensity now.
    pub fn at(&self, wall: Duration) -> Option<Intensity> {
        self.steps.at(wall)
    }

    /// How old the newest value is.
    pub fn age(&self, wall: Duration) -> Option<Duration> {
        self.at(wall)?;
        Some(wall.saturating_sub(self.dated?))
    }

    /// What is expected, with how far ahead that is.
    pub fn expected(&self, wall: Duration) -> impl Iterator<Item = (&'static str, Intensity)> {
        AHEAD.into_iter().filter_map(move |(name, hours)| {
            let at = wall + Duration::from_secs(hours * 3600);
            let reaches = self.horizon(wall)? >= at.saturating_sub(wall);
            Some((name, self.forecast.at(at).filter(|_| reaches)?))
        })
    }

    /// How far ahead the forecast reaches.
    pub fn horizon(&self, wall: Duration) -> Option<Duration> {
        let last: &Step = self.forecast.list().last()?;
        last.from.checked_sub(wall).filter(|ahead| !ahead.is_zero())
    }

    /// Why nothing is known now, though nothing went wrong.
    fn derived(&self, wall: Duration) -> Option<Trouble> {
        if self.at(wall).is_some() {
            return None;
        }
        let steps = self.steps.list();
        if steps.first().is_some_and(|step| wall < step.from) {
            return Some(Trouble::NotYet);
        }
        let replay = self.source == CarbonSource::File.name() && self.dated.is_none();
        Some(if replay { Trouble::Ended } else { Trouble::Stale })
    }

    /// The state of the sensor `carbon`.
    pub fn sensor(&self, wall: Duration) -> SensorState {
        let known = self.at(wall).is_some();
        let trouble = self.trouble.or_else(|| self.derived(wall));
        SensorState {
            sensor: "carbon".into(),
            source: self.source.into(),
            quality: Quality::Derived,
            up: known,
            reason: trouble.map_or("", Trouble::reason).into(),
            advice: trouble.map_or("", Trouble::advice).into(),
            took: None,
        }
    }
}

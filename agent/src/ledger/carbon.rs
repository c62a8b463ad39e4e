//! What the energy weighs.
//!
//! A tick's microjoules times the mean intensity of exactly its interval, for each workload and for the host: products of whole numbers, so
//! that the workloads and the retired add up to the host without a rest, and nothing is ever taken back.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use super::book::Book;
use crate::carbon::Grid;
use crate::component::PerComponent;

/// Microjoules times nanograms per kilowatt-hour, in a gram.
const PER_GRAM: u128 = 3_600_000_000_000 * 1_000_000_000;

/// Nanograms per kilowatt-hour with what the building adds, as it counts for one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rate(u128);

/// Carbon dioxide by component, in microjoules times nanograms per kilowatt-hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Emissions(PerComponent<u128>);

/// Grams of carbon dioxide, with what other gases count for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grams(u128);

impl Grams {
    /// As it is shown: in whole micrograms, rounded down, so that it only grows.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 µg")]
    pub fn as_f64(self) -> f64 {
        (self.0 / (PER_GRAM / 1_000_000)) as f64 / 1e6
    }

    /// Whole milligrams, rounded.
    pub fn milligrams(self) -> u128 {
        (self.0 + PER_GRAM / 2000) / (PER_GRAM / 1000)
    }
}

impl Emissions {
    /// Adds what energy weighs.
    pub(super) fn emit(&mut self, energy_uj: PerComponent<u64>, rate: Rate) {
        for (sum, energy) in self.0.iter_mut().zip(energy_uj) {
            *sum = sum.saturating_add(u128::from(energy).saturating_mul(rate.0));
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (sum, part) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(part);
        }
    }

    pub(super) fn grams(self) -> PerComponent<Grams> {
        self.0.map(Grams)
    }
}

/// What the host emitted.
#[derive(Debug, Default)]
pub(super) struct Carbon {
    host: Emissions,
    unknown_uj: u64,
    /// There was an intensity at some time, so that there is something to save.
    begun: bool,
}

/// What of it outlives the agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CarbonState {
    host: Emissions,
    pub(super) retired: Emissions,
    unknown_uj: u64,
    /// In the order of the workloads of the state.
    pub(super) workloads: Vec<Emissions>,
}

/// The host's carbon dioxide after a tick.
#[derive(Clone, Debug)]
pub struct CarbonReport {
    /// How clean the power is.
    pub grid: Arc<Grid>,
    /// What the host emitted while the intensity was known.
    pub host: PerComponent<Grams>,
    /// What ended workloads emitted whose series have gone.
    pub retired: PerComponent<Grams>,
    /// What the host used while the intensity was not known.
    pub unknown_uj: u64,
}

impl Carbon {
    pub(super) fn restore(state: Option<&CarbonState>) -> Self {
        state.map_or_else(Self::default, |state| Self {
            host: state.host,
            unknown_uj: state.unknown_uj,
            begun: true,
        })
    }

    pub(super) fn state(&self, book: &Book) -> Option<CarbonState> {
        self.begun.then(|| CarbonState {
            host: self.host,
            retired: book.retired_carbon(),
            unknown_uj: self.unknown_uj,
            workloads: book.emissions().collect(),
        })
    }

    /// Counts the host's energy of the interval of `elapsed` before `wall`; returns what a kilowatt-hour of it weighs.
    pub(super) fn emit(
        &mut self,
        grid: &Grid,
        (wall, elapsed): (Duration, Duration),
        energy_uj: PerComponent<u64>,
    ) -> Rate {
        self.begun = true;
        let share = grid.steps.over(wall.saturating_sub(elapsed), wall);
        let rate = Rate(u128::from(share.micrograms) * u128::from(grid.pue_thousandths));
        self.host.emit(energy_uj, rate);
        let energy: u128 = energy_uj.into_iter().map(u128::from).sum();
        let unknown = (energy * share.unknown_ns)
            .checked_div(share.whole_ns)
            .unwrap_or(0);
        self.unknown_uj = self
            .unknown_uj
            .saturating_add(u64::try_from(unknown).unwrap_or(u64::MAX));
        rate
    }

    pub(super) fn report(&self, grid: Arc<Grid>, retired: Emissions) -> CarbonReport {
        CarbonReport {
            grid,
            host: self.host.grams(),
            retired: retired.grams(),
            unknown_uj: self.unknown_uj,
        }
    }
}

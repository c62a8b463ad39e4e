//! The step that is not over yet.

use std::time::Duration;

use super::step::Step;
use crate::component::PerComponent;
use crate::ledger::HostReport;
use crate::sensor::Quality;
use crate::workload::Kind;
use crate::workload::PerKind;

/// The mean power of one tick's interval, in watts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Power {
    components: PerComponent<Option<f64>>,
    kinds: PerKind<Option<f64>>,
    estimated: bool,
}

/// What is known so far of a step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filling {
    components: PerComponent<Amount>,
    kinds: PerKind<Amount>,
    estimated: bool,
}

/// An amount that may be known for some of the time only.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    joules: f64,
    seconds: f64,
}

impl Power {
    /// Kinds are known where any component is, since they share what is known.
    pub(super) fn of(host: &HostReport, elapsed: Duration) -> Self {
        let latest = host
            .components
            .map(|component| component.and_then(|report| Some((report.latest_uj?, report.quality))));
        let is_known = latest.iter().any(Option::is_some);
        let mut kinds_uj: PerKind<u64> = [0; Kind::ALL.len()];
        for workload in &host.workloads {
            let energy_uj = workload.latest_uj.iter().sum();
            let sum = &mut kinds_uj[workload.identity.kind.index()];
            *sum = sum.saturating_add(energy_uj);
        }
        Self {
            components: latest.map(|known| Some(watts(known?.0, elapsed))),
            kinds: kinds_uj.map(|energy_uj| is_known.then(|| watts(energy_uj, elapsed))),
            estimated: latest
                .iter()
                .flatten()
                .any(|(_, quality)| *quality == Quality::Estimated),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what one tick counts has fewer digits than a float"
)]
fn watts(energy_uj: u64, elapsed: Duration) -> f64 {
    energy_uj as f64 / 1e6 / elapsed.as_secs_f64()
}

impl Filling {
    /// Adds so much time at a power.
    pub(super) fn add(&mut self, power: &Power, time: Duration) {
        let amounts = self.components.iter_mut().chain(&mut self.kinds);
        for (amount, watts) in amounts.zip(power.components.iter().chain(&power.kinds)) {
            amount.add(*watts, time.as_secs_f64());
        }
        self.estimated |= power.estimated;
    }

    /// The whole step.
    pub(super) fn step(&self) -> Step {
        Step {
            components: self.components.map(Amount::mean),
            kinds: self.kinds.map(Amount::mean),
            estimated: self.estimated,
        }
    }
}

impl Amount {
    fn add(&mut self, watts: Option<f64>, seconds: f64) {
        if let Some(watts) = watts {
            self.joules += watts * seconds;
            self.seconds += seconds;
        }
    }

    /// Not a number where nothing was known.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seven digits are enough for a plot"
    )]
    fn mean(self) -> f32 {
        (self.joules / self.seconds) as f32
    }
}

//! What placements were predicted to draw, and what was drawn then.
//!
//! A host is compared once for all placements on it within a while: with what it drew before the first of them, and what was
//! predicted for each. Whatever else began or ended there meanwhile is in the error too, and so it is called an error of the
//! prediction for the host, not of the model.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use crate::schedule::KnownHosts;

/// How long after the first placement a host is looked at: machines have started by then.
const HORIZON: Duration = Duration::from_secs(300);
/// The most hosts that are waited for.
const MOST: usize = 20_000;
/// Measured less predicted, in watts.
const BOUNDS: [f64; 15] = [
    -200.0, -100.0, -50.0, -20.0, -10.0, -5.0, -2.0, 0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Forecast {
    due: Duration,
    before: f64,
    added: f64,
}

/// What is predicted for hosts, until it is compared.
#[derive(Debug)]
pub struct Forecasts {
    pending: Mutex<HashMap<String, Forecast>>,
    error: Histogram,
    outcomes: Family<Outcome, Counter>,
}

impl Default for Forecasts {
    fn default() -> Self {
        Self {
            pending: Mutex::default(),
            error: Histogram::new(BOUNDS),
            outcomes: Family::default(),
        }
    }
}

impl Forecasts {
    /// Says that something was placed on a host, and by how many watts its power is to rise for that. What cannot be compared, because
    /// the host's power is not known now, is only counted.
    pub fn placed(&self, hosts: &KnownHosts, host: &str, watts: f64, now: Duration) {
        let power = hosts.get(host).and_then(|known| known.facts.power_watts.value());
        let (Some(before), true) = (power, watts.is_finite()) else {
            return self.count("unknown");
        };
        let mut pending = self.pending();
        if let Some(known) = pending.get_mut(host) {
            known.added += watts;
        } else if pending.len() < MOST {
            let forecast = Forecast {
                due: now + HORIZON,
                before: *before,
                added: watts,
            };
            pending.insert(host.to_owned(), forecast);
        } else {
            self.count("unknown");
        }
    }

    /// Compares whatever is due with a picture of the fleet.
    pub fn compare(&self, hosts: &KnownHosts, now: Duration) {
        self.pending().retain(|host, forecast| {
            if now < forecast.due {
                return true;
            }
            let power = hosts.get(host).and_then(|known| known.facts.power_watts.value());
            match power {
                Some(power) => {
                    self.error.observe(power - (forecast.before + forecast.added));
                    self.count("compared");
                }
                None => self.count("unknown"),
            }
            false
        });
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "prediction_error",
            "Power of a host five minutes after something was placed on it, less its power before and what was predicted. What else began \
             or ended there is in it too",
            Unit::Other("watts".to_owned()),
            self.error.clone(),
        );
        registry.register(
            "predictions",
            "Predictions for hosts that were compared with what was measured then, and placements of which that cannot be said",
            self.outcomes.clone(),
        );
    }

    fn count(&self, outcome: &'static str) {
        self.outcomes.get_or_create(&Outcome { outcome }).inc();
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<String, Forecast>> {
        // Whoever panicked left whole forecasts behind.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use prometheus_client::encoding::text::encode;

    use super::*;
    use crate::facts::Fact;
    use crate::facts::HostFacts;
    use crate::schedule::KnownHost;

    const AT: Duration = Duration::from_secs(1000);

    fn hosts(power_watts: Fact<f64>) -> KnownHosts {
        let facts = HostFacts {
            power_watts,
            ..HostFacts::default()
        };
        let known = KnownHost {
            facts: Arc::new(facts),
            ..KnownHost::default()
        };
        KnownHosts::from([("h".to_owned(), known)])
    }

    fn text(forecasts: &Forecasts) -> String {
        let mut registry = Registry::default();
        forecasts.register(&mut registry);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn all_placements_of_a_while_are_compared_together_and_once() {
        let forecasts = Forecasts::default();
        forecasts.placed(&hosts(Fact::now(100.0)), "h", 10.0, AT);
        forecasts.placed(&hosts(Fact::now(108.0)), "h", 20.0, AT + Duration::from_secs(60));
        forecasts.compare(&hosts(Fact::now(120.0)), AT + HORIZON - Duration::from_secs(1));
        assert!(!text(&forecasts).contains("outcome"));
        for _ in 0..2 {
            forecasts.compare(&hosts(Fact::now(133.0)), AT + HORIZON);
        }
        let text = text(&forecasts);
        assert!(text.contains("prediction_error_watts_sum 3.0"), "{text}");
        assert!(
            text.contains("predictions_total{outcome=\"compared\"} 1"),
            "{text}"
        );
    }

    #[test]
    fn what_is_not_known_is_counted_and_not_compared() {
        let forecasts = Forecasts::default();
        forecasts.placed(&hosts(Fact::Missing), "h", 10.0, AT);
        forecasts.placed(&hosts(Fact::now(1.0)), "other", 10.0, AT);
        forecasts.placed(&hosts(Fact::now(1.0)), "h", f64::NAN, AT);
        forecasts.placed(&hosts(Fact::now(1.0)), "h", 10.0, AT);
        forecasts.compare(&KnownHosts::new(), AT + HORIZON);
        let text = text(&forecasts);
        assert!(
            text.contains("predictions_total{outcome=\"unknown\"} 4"),
            "{text}"
        );
        assert!(text.contains("prediction_error_watts_count 0"), "{text}");
    }
}

//! What asking costs, counted.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use super::report::Source;

/// Up to where answers are told apart by their time, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    source: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    source: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Settled {
    outcome: &'static str,
}

/// Counters of the fleet's own work.
#[derive(Debug)]
pub(super) struct Stats {
    asked: Family<Asked, Counter>,
    seconds: Family<BySource, Histogram>,
    settled: Family<Settled, Counter>,
    leader: Gauge,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            asked: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            settled: Family::default(),
            leader: Gauge::default(),
        }
    }
}

impl Stats {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "fleet_questions",
            "Questions to agents, or to Prometheus for all hosts, by what came of them",
            self.asked.clone(),
        );
        registry.register_with_unit(
            "fleet_question",
            "Time until an agent, or Prometheus for all hosts, has answered or has not",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register(
            "fleet_provider_changes",
            "Changes that were made to providers so that they are as their hosts are, by what came of them",
            self.settled.clone(),
        );
        registry.register(
            "leader",
            "Whether this controller, of all that share the store, looks after the providers",
            self.leader.clone(),
        );
    }

    pub(super) fn asked(&self, source: Source, answered: bool, took: Duration) {
        let source = source.as_str();
        let outcome = if answered { "answered" } else { "failed" };
        self.asked.get_or_create(&Asked { source, outcome }).inc();
        self.seconds
            .get_or_create(&BySource { source })
            .observe(took.as_secs_f64());
    }

    pub(super) fn settled(&self, made: bool) {
        let outcome = if made { "made" } else { "failed" };
        self.settled.get_or_create(&Settled { outcome }).inc();
    }

    pub(super) fn leads(&self, leads: bool) {
        self.leader.set(leads.into());
    }
}

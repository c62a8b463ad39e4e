//! What is counted of decisions.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

/// Up to where decisions are told apart by their time, in seconds.
const BOUNDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    outcome: &'static str,
    policy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Rule {
    rule: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What is counted of decisions.
#[derive(Debug)]
pub(crate) struct Counters {
    decisions: Family<Decided, Counter>,
    refusals: Family<Rule, Counter>,
    seconds: Family<Outcome, Histogram>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            decisions: Family::default(),
            refusals: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
        }
    }
}

impl Counters {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "decisions",
            "Requests for places by what became of them and by policy",
            self.decisions.clone(),
        );
        registry.register(
            "refusals",
            "Hosts that a rule refused, over all decisions",
            self.refusals.clone(),
        );
        registry.register_with_unit(
            "decision_duration",
            "Time to choose, and where something was claimed until the claim was committed",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }

    /// The policy is one of the configuration's or of those that are always there: nothing of a client's choice becomes a label.
    pub(super) fn decided(&self, outcome: &'static str, policy: &str, seconds: f64) {
        let policy = policy.to_owned();
        self.decisions.get_or_create(&Decided { outcome, policy }).inc();
        self.seconds.get_or_create(&Outcome { outcome }).observe(seconds);
    }

    pub(super) fn refused(&self, rule: &'static str, hosts: usize) {
        self.refusals.get_or_create(&Rule { rule }).inc_by(hosts as u64);
    }
}

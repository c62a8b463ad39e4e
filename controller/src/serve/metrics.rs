//! What the controller tells Prometheus about itself.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use super::Placement;
use super::health::Health;
use crate::v1::Api;

/// The media type of OpenMetrics.
pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Up to where requests are told apart by their time, in seconds.
const BOUNDS: [f64; 11] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteAndStatus {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

/// All families.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RouteAndStatus, Counter>,
    seconds: Family<Route, Histogram>,
    up: Gauge,
    current: Gauge,
    revision: Gauge<u64, AtomicU64>,
    lost: Counter,
    sizes: Family<What, Gauge>,
    listeners: Gauge,
    dropped: Counter,
    health: Arc<Health>,
    api: Arc<Api>,
}

impl Metrics {
    pub(super) fn new(health: Arc<Health>, api: Arc<Api>) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("wattle_controller"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            up: Gauge::default(),
            current: Gauge::default(),
            revision: Gauge::default(),
            lost: Counter::default(),
            sizes: Family::default(),
            listeners: Gauge::default(),
            dropped: Counter::default(),
            health,
            api,
        };
        metrics.register();
        metrics
    }

    /// Adds families of others.
    pub(super) fn with(mut self, register: impl FnOnce(&mut Registry)) -> Self {
        register(&mut self.registry);
        self
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version that runs", version);
        registry.register(
            "requests",
            "Answers by route and status; what the door refuses by itself counts too",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time to make an answer, the store included",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register(
            "store_up",
            "Whether the store answered when last asked",
            self.up.clone(),
        );
        registry.register(
            "ledger_current",
            "Whether the ledger hears of every change in the store",
            self.current.clone(),
        );
        registry.register(
            "store_revision",
            "The last commit that the ledger has taken in",
            self.revision.clone(),
        );
        registry.register(
            "ledger_rereads",
            "Times that the ledger had to be read anew from the store",
            self.lost.clone(),
        );
        registry.register("ledger_entries", "What the ledger holds", self.sizes.clone());
        registry.register("event_listeners", "Who listens to events", self.listeners.clone());
        registry.register(
            "event_listeners_dropped",
            "Listeners that did not keep up with events, and were dropped",
            self.dropped.clone(),
        );
        self.api.counters().register(registry);
    }

    pub(super) fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&RouteAndStatus { route, status })
            .inc();
        self.seconds
            .get_or_create(&Route { route })
            .observe(took.as_secs_f64());
    }

    pub(super) fn refused(&self, route: &'static str, status: u16) {
        self.requests
            .get_or_create(&RouteAndStatus { route, status })
            .inc();
    }

    /// The text, or `None` after a defect.
    pub(super) fn text(&self, service: &Placement) -> Option<String> {
        self.up.set(self.health.is_store_up().into());
        self.current.set(self.health.is_ledger_current().into());
        self.revision.set(self.health.revision());
        let more = self.health.times_lost().saturating_sub(self.lost.get());
        self.lost.inc_by(more);
        let hub = self.api.hub();
        self.listeners
            .set(i64::try_from(hub.listeners()).unwrap_or(i64::MAX));
        let dropped = hub.dropped().saturating_sub(self.dropped.get());
        self.dropped.inc_by(dropped);
        let (providers, consumers) = {
            let ledger = service.ledger();
            (ledger.providers().count(), ledger.consumer_count())
        };
        for (what, count) in [("providers", providers), ("consumers", consumers)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.sizes.get_or_create(&What { what }).set(count);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).ok()?;
        Some(text)
    }
}

//! The API over the ledger, the fleet and the store.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::call::Call;
use super::call::Response;
use super::counters::Counters;
use super::events::Hub;
use super::events::News;
use super::fault::Fault;
use super::fault::code;
use super::openapi;
use super::plan::Planning;
use super::routes;
use super::routes::Operation;
use crate::extender;
use crate::extender::ExtenderError;
use crate::fleet::Board;
use crate::fleet::Fleet;
use crate::placement::Policies;
use crate::placement_api::ChangeError;
use crate::placement_api::Service;
use crate::placement_api::Shared;
use crate::store::StoreError;

/// How many requests of many machines, and plans, are worked on at the same time: each may keep a processor busy for a while.
const AT_ONCE: usize = 2;

/// What the API is made of.
pub struct Parts {
    /// The ledger over its store.
    pub service: Arc<Service<Shared>>,
    /// What is known of the hosts, and ordered for them.
    pub fleet: Fleet,
    /// Who listens.
    pub hub: Arc<Hub>,
    /// What has happened.
    pub news: Arc<News>,
    /// A clock that nobody sets.
    pub clock: fn() -> Duration,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}

/// The API.
#[derive(Debug)]
pub struct Api {
    pub(super) parts: Parts,
    pub(super) policies: ArcSwap<Policies>,
    pub(super) counters: Counters,
    pub(super) heavy: Arc<Semaphore>,
    pub(super) planning: Planning,
    document: OnceLock<Value>,
}

impl Api {
    /// With the operator's policies.
    pub fn new(parts: Parts, policies: Policies) -> Self {
        Self {
            parts,
            policies: ArcSwap::from_pointee(policies),
            counters: Counters::default(),
            heavy: Arc::new(Semaphore::new(AT_ONCE)),
            planning: Planning::default(),
            document: OnceLock::new(),
        }
    }

    /// Replaces the operator's policies.
    pub fn set_policies(&self, policies: Policies) {
        self.policies.store(Arc::new(policies));
    }

    /// What is counted of decisions.
    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Who listens to events.
    pub(crate) fn hub(&self) -> &Hub {
        &self.parts.hub
    }

    /// What has happened.
    pub(crate) fn news(&self) -> Arc<News> {
        Arc::clone(&self.parts.news)
    }

    /// What is known of the hosts.
    pub(crate) fn board(&self) -> &Board {
        &self.parts.fleet.board
    }

    /// Looks at how hosts stand, and tells what has changed.
    pub(crate) fn look(&self) {
        self.parts.news.look(&self.parts.fleet.board.latest());
    }

    /// Answers a request. What the answer tells of claims and orders is committed before it is given.
    pub async fn handle(self: &Arc<Self>, call: &Call<'_>) -> Response {
        let answered = match routes::find(call.method, call.path) {
            Ok((route, names)) => {
                let name = names.first().map_or("", String::as_str);
                self.answer(route.operation, call, name).await
            }
            Err(fault) => Err(fault),
        };
        answered.unwrap_or_else(Response::from)
    }

    async fn answer(
        self: &Arc<Self>,
        operation: Operation,
        call: &Call<'_>,
        name: &str,
    ) -> Result<Response, Fault> {
        match operation {
            Operation::Schedule => self.schedule(call).await,
            Operation::Simulate => self.simulate(call).await,
            Operation::Hosts => self.hosts(call),
            Operation::Host => self.host(name),
            Operation::Drain => self.drain(call, name).await,
            Operation::Undrain => self.undrain(name).await,
            Operation::Claims => self.claims(call),
            Operation::Release => self.release(call, name).await,
            Operation::Plan => self.plan(call).await,
            Operation::Events => self.events(call),
            Operation::Document => Ok(Response::page(self.document.get_or_init(openapi::document))),
        }
    }

    /// Answers a Kubernetes scheduler.
    pub fn extend(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>, ExtenderError> {
        let (known, policies) = (self.parts.fleet.board.latest(), self.policies.load());
        let ledger = self.parts.service.ledger();
        extender::answer(method, path, body, (&ledger, &known, &policies))
    }

    fn events(&self, call: &Call<'_>) -> Result<Response, Fault> {
        let listening = self.parts.hub.listen(call.last_event);
        let full = |_| Fault::new(503, code::BUSY, "too many listen already: try again later");
        listening.map(Response::events).map_err(full)
    }
}

/// What went wrong with a change, apart from being refused.
pub(super) fn failed<E>(error: ChangeError<E, StoreError>, refused: impl FnOnce(E) -> Fault) -> Fault {
    match error {
        ChangeError::Refused(reason) => refused(reason),
        ChangeError::Contended => Fault::new(
            409,
            code::CONTENDED,
            "others kept changing what this request is about: try again",
        ),
        ChangeError::Store(trouble) => store(&trouble),
    }
}

/// The store cannot be used.
pub(super) fn store(trouble: &(dyn std::error::Error + 'static)) -> Fault {
    tracing::error!(error = trouble, "the store cannot be used");
    let detail = format!(
        "{trouble}: whether the change was made is not known; asking again with the same consumer is safe"
    );
    Fault::new(503, code::STORE, detail)
}

//! The controller's own, in this process.

use std::cell::Cell;
use std::future::Future;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use wattle_controller::placement_api::InMemory;
use wattle_controller::placement_api::Request;
use wattle_controller::placement_api::Service;

use super::ask::Answer;
use super::ask::Ask;

/// A moment of 2023: the time is handed in.
const NOW: u64 = 1_700_000_000;

/// The controller's own Placement over a store in memory.
#[derive(Debug)]
pub(crate) struct Ours {
    runtime: Runtime,
    service: Service<InMemory>,
    asked: Cell<u64>,
}

impl Ours {
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_current_thread().build().unwrap();
        let service = runtime.block_on(Service::open(InMemory::default())).unwrap();
        Self {
            runtime,
            service,
            asked: Cell::new(1),
        }
    }

    pub(crate) fn service(&self) -> &Service<InMemory> {
        &self.service
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn ask(&self, ask: &Ask) -> Answer {
        let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
        self.asked.set(self.asked.get() + 1);
        let request = Request {
            method: ask.method,
            path,
            prefix: "",
            origin: "",
            query,
            api_version: (!ask.version.is_empty()).then_some(ask.version.as_str()),
            content_type: ask.content_type.as_deref(),
            accept: ask.accept.as_deref(),
            body: &ask.body,
            now: NOW,
            random: u128::from(self.asked.get()) << 32,
        };
        let response = self.block_on(self.service.handle(&request));
        let headers = response.headers.into_iter();
        Answer {
            status: response.status,
            headers: headers.map(|(name, value)| (name.to_owned(), value)).collect(),
            body: response.body,
        }
    }
}

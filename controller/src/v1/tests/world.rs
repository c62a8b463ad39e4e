//! A small fleet behind the API.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::config;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::PowerModel;
use crate::facts::Quality;
use crate::fleet;
use crate::inventory::Inventory;
use crate::inventory::Uuid;
use crate::placement::Policies;
use crate::placement_api::Service;
use crate::placement_api::Shared;
use crate::schedule::KnownHosts;
use crate::store::Embedded;
use crate::store::EmbeddedOptions;
use crate::store::Store;
use crate::v1::Api;
use crate::v1::Body;
use crate::v1::Call;
use crate::v1::Hub;
use crate::v1::News;
use crate::v1::Parts;

/// The API over hosts `h0`, `h1`, … each with so many VCPU and ten times as much MEMORY_MB.
pub(super) struct World {
    pub(super) api: Arc<Api>,
    service: Arc<Service<Shared>>,
    hosts: KnownHosts,
    _dir: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) page: Value,
}

impl Said {
    /// The fault's code, field and sentence.
    pub(super) fn fault(&self) -> (&str, &str, &str) {
        let text = |key| self.page["errors"][0][key].as_str().unwrap_or_default();
        (text("code"), text("field"), text("detail"))
    }
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn facts(full_load_watts: f64) -> HostFacts {
    HostFacts {
        age: Some(Duration::from_secs(1)),
        power_model: Fact::now(PowerModel {
            static_watts: 50.0,
            full_load_watts,
        }),
        power_watts: Fact::now(60.0),
        cpus: Fact::now(10.0),
        utilisation: Fact::now(0.1),
        grams_per_kwh: Fact::now(400.0),
        power_quality: Fact::now(Quality::Measured),
        ..HostFacts::default()
    }
}

impl World {
    /// One host for each full load, in watts.
    pub(super) async fn new(vcpus: u32, full_loads: &[f64]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions::new(Arc::new(|| Duration::ZERO));
        let opened = Embedded::open(&dir.path().join("store"), options).await;
        let store: Arc<dyn Store> = Arc::new(opened.unwrap());
        let service = Arc::new(Service::over(Shared(Arc::clone(&store))));
        let hub = Arc::new(Hub::new(1));
        let parts = Parts {
            service: Arc::clone(&service),
            fleet: fleet::start(&config::Fleet::default(), &store, &service)
                .await
                .unwrap(),
            news: Arc::new(News::new(Arc::clone(&hub))),
            hub,
            clock: || Duration::ZERO,
        };
        let policies = serde_yaml::from_str::<Policies>("night: {base: pack}").unwrap();
        let mut world = Self {
            api: Arc::new(Api::new(parts, policies)),
            service,
            hosts: KnownHosts::new(),
            _dir: dir,
        };
        for (number, full_load) in full_loads.iter().enumerate() {
            world.add_host(number, vcpus).await;
            world.know(number, |facts| facts.clone_from(&self::facts(*full_load)));
        }
        world
    }

    async fn add_host(&self, number: usize, vcpus: u32) {
        let uuid = host_uuid(number);
        let name = format!("h{number}");
        let made = self
            .service
            .change(|ledger| ledger.plan_create_provider(Uuid::canonical(&uuid).unwrap(), &name, 0));
        made.await.unwrap();
        let stocks = [("VCPU", vcpus), ("MEMORY_MB", vcpus * 10)];
        for (class, total) in stocks {
            let added = self
                .service
                .change(|ledger| ledger.plan_add_inventory(&uuid, class, Inventory::of(total), 0));
            added.await.unwrap();
        }
    }

    /// Changes what is known of a host.
    pub(super) fn know(&mut self, number: usize, change: impl FnOnce(&mut HostFacts)) {
        let known = self.hosts.entry(format!("h{number}")).or_default();
        change(Arc::make_mut(&mut known.facts));
        self.api.parts.fleet.board.publish(self.hosts.clone());
    }

    pub(super) async fn ask(&self, method: &str, target: &str, body: &str) -> Said {
        self.ask_at(1000, method, target, body).await
    }

    pub(super) async fn ask_at(&self, now: u64, method: &str, target: &str, body: &str) -> Said {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let call = Call {
            method,
            path,
            query,
            content_type: Some("application/json"),
            last_event: None,
            body: body.as_bytes(),
            now,
        };
        let response = self.api.handle(&call).await;
        let Body::Whole(body) = response.body else {
            panic!("{target} is a stream");
        };
        Said {
            status: response.status,
            page: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    pub(super) async fn get(&self, target: &str) -> Value {
        let said = self.ask("GET", target, "").await;
        assert_eq!(said.status, 200, "{target}: {said:?}");
        said.page
    }

    pub(super) async fn schedule(&self, body: &Value) -> Said {
        self.ask("POST", "/v1/schedule", &body.to_string()).await
    }

    /// Where the only machine of a request is now.
    pub(super) async fn placed(&self, body: &Value) -> String {
        let said = self.schedule(body).await;
        assert_eq!(said.status, 200, "{said:?}");
        said.page["machines"][0]["host"].as_str().unwrap().to_owned()
    }
}

pub(super) fn host_uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub(super) fn consumer(number: usize) -> String {
    format!("00000000-0000-4000-9000-{number:012}")
}

/// One machine with so many VCPU.
pub(super) fn one(number: usize, vcpus: u32) -> Value {
    json!({"machines": [{"consumer": consumer(number), "resources": {"VCPU": vcpus}}]})
}

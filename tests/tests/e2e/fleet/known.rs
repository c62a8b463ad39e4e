//! A fleet in this process, over a store of its own.

use std::sync::Arc;

use tempfile::TempDir;
use wattle_controller::config;
use wattle_controller::fleet;
use wattle_controller::fleet::Fleet;
use wattle_controller::fleet::Picture;
use wattle_controller::placement_api::Service;
use wattle_controller::placement_api::Shared;
use wattle_controller::store::Embedded;
use wattle_controller::store::EmbeddedOptions;
use wattle_controller::store::Store;

use super::super::patience;
use super::super::patience::wait_until;

/// It runs until it is dropped.
pub(super) struct Known {
    pub(super) fleet: Fleet,
    _runtime: tokio::runtime::Runtime,
    _dir: TempDir,
}

impl Known {
    /// Begins to ask.
    pub(super) fn start(settings: &config::Fleet) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let fleet = runtime.block_on(async {
            let start = patience::now();
            let options = EmbeddedOptions::new(Arc::new(move || start.elapsed()));
            let store = Embedded::open(&dir.path().join("store"), options).await;
            let store: Arc<dyn Store> = Arc::new(store.unwrap());
            let service = Arc::new(Service::over(Shared(Arc::clone(&store))));
            fleet::start(settings, &store, &service).await.unwrap()
        });
        Self {
            fleet,
            _runtime: runtime,
            _dir: dir,
        }
    }

    pub(super) fn picture(&self) -> Arc<Picture> {
        self.fleet.board.picture()
    }

    /// Waits for a picture that is so.
    pub(super) fn wait_for(&self, what: &str, mut is_so: impl FnMut(&Picture) -> bool) {
        wait_until(what, || is_so(&self.picture()));
    }
}

/// Settings of a test: everything happens soon.
pub(super) fn settings() -> config::Fleet {
    let mut settings = config::Fleet {
        interval: config::Span::seconds(1),
        timeout: config::Span::seconds(2),
        silent_after: config::Span::seconds(600),
        ..config::Fleet::default()
    };
    settings.providers.register = false;
    settings
}

//! Where an embedded store lives in a test.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use wattle_controller::store::Clock;
use wattle_controller::store::Embedded;
use wattle_controller::store::EmbeddedOptions;
use wattle_controller::store::Store;
use wattle_controller::store::StoreError;

/// A directory that goes with the test.
#[derive(Debug)]
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("state").join("store")
    }

    pub(crate) async fn open(&self) -> Result<Embedded, StoreError> {
        Embedded::open(&self.path(), options()).await
    }

    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.open().await.unwrap())
    }
}

/// With real time.
pub(crate) fn options() -> EmbeddedOptions {
    EmbeddedOptions::new(clock())
}

pub(crate) fn clock() -> Clock {
    let start = crate::patience::now();
    Arc::new(move || start.elapsed())
}

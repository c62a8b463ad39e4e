//! A disk that takes its time.

use std::sync::Arc;
use std::time::Duration;

use redb::Database;
use tokio::sync::RwLock;

use super::super::super::error::StoreError;
use super::super::super::service::Store;
use super::super::super::transaction::Revision;
use super::super::open::Open;
use super::super::open::OpenError;
use super::super::options::EmbeddedOptions;
use super::changing;
use super::is_committed;
use super::platter::Platter;
use super::put;
use super::start;
use super::still;

#[tokio::test]
async fn who_waits_for_a_hanging_disk_learns_whether_the_write_had_begun() {
    let gate = Arc::new(RwLock::new(()));
    let platter = Platter::formatted();
    let mut options = EmbeddedOptions::new(still());
    options.patience = Duration::from_millis(200);
    let slow = Gated(platter, Arc::clone(&gate));
    let store = Arc::new(start(slow, options).await);
    assert!(is_committed(
        &store.commit(changing(vec![put("a", "before")])).await
    ));
    let shut = gate.write().await;
    let begun = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.commit(changing(vec![put("begun", "")])).await })
    };
    let error = begun.await.unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Unresolved { .. }), "{error}");
    let error = store
        .commit(changing(vec![put("waiting", "")]))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    let error = store.get("a").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    drop(shut);
    while store.get("begun").await.ok().flatten().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.get("waiting").await.unwrap(), None);
    assert!(is_committed(
        &store.commit(changing(vec![put("waiting", "")])).await
    ));
}

/// Passes the gate before each synchronisation.
#[derive(Debug)]
struct Gated(Platter, Arc<RwLock<()>>);

impl Open for Gated {
    fn open(&mut self) -> Result<(Database, Revision), OpenError> {
        let backend = Slow(self.0.clone(), Arc::clone(&self.1));
        super::super::open::opened(backend, super::CACHE)
    }

    fn confirm(&mut self) -> std::io::Result<()> {
        self.0.confirm()
    }
}

#[derive(Debug)]
struct Slow(Platter, Arc<RwLock<()>>);

impl redb::StorageBackend for Slow {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        drop(self.1.blocking_read());
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.0.write(offset, data)
    }
}

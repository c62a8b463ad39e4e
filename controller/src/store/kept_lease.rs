//! A lease that lives as long as its holder.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio::time::sleep;
use tokio::time::timeout_at;

use super::error::StoreError;
use super::service::Grant;
use super::service::LeaseId;
use super::service::Store;

/// It is renewed this many times in its time to live, so that it survives lost renewals.
const RENEWALS: u32 = 3;

/// A lease that a task of its own renews until this is dropped; then it is revoked, and its keys go with it.
///
/// It counts as lost as soon as the store may have ended it: when the time to live has passed since the last renewal *was sent*.
/// That is earlier than the store's own reckoning, but a process that was stopped for a while learns of it late. What must never be done
/// by two at once should also expect, in its transactions, the key that is held under the lease; see [`Leadership`](super::Leadership).
#[derive(Debug)]
pub struct KeptLease {
    id: LeaseId,
    store: Arc<dyn Store>,
    lost: watch::Receiver<bool>,
    task: JoinHandle<()>,
    released: bool,
}

impl KeptLease {
    /// Begins a lease and keeps it.
    pub async fn grant(store: Arc<dyn Store>, ttl: Duration) -> Result<Self, StoreError> {
        let asked = Instant::now();
        let grant = store.grant(ttl).await?;
        let (tell, lost) = watch::channel(false);
        let keeper = keep(Arc::clone(&store), grant, asked);
        let task = tokio::spawn(async move {
            keeper.await;
            tell.send_replace(true);
        });
        Ok(Self {
            id: grant.id,
            store,
            lost,
            task,
            released: false,
        })
    }

    /// What to commit under.
    #[must_use]
    pub fn id(&self) -> LeaseId {
        self.id
    }

    /// Whether the lease is still known to be alive.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !*self.lost.borrow()
    }

    /// Waits until the lease is lost. May be used in `select!`.
    pub async fn lost(&self) {
        // An error means that the keeper is gone, and then nobody renews.
        let _ = self.lost.clone().wait_for(|lost| *lost).await;
    }

    /// Ends the lease now, and its keys with it.
    pub async fn release(mut self) -> Result<(), StoreError> {
        self.task.abort();
        let revoked = self.store.revoke(self.id).await;
        self.released = revoked.is_ok();
        revoked
    }
}

impl Drop for KeptLease {
    fn drop(&mut self) {
        self.task.abort();
        if self.released {
            return;
        }
        // Without a runtime, at the end of the process, the time to live does it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (store, id) = (Arc::clone(&self.store), self.id);
        runtime.spawn(async move {
            // If this fails the lease ends by itself.
            let _ = store.revoke(id).await;
        });
    }
}

/// Renews until that is no longer possible.
async fn keep(store: Arc<dyn Store>, grant: Grant, asked: Instant) {
    let pause = grant.ttl / RENEWALS;
    let mut end = asked + grant.ttl;
    loop {
        sleep(pause.min(end.saturating_duration_since(Instant::now()))).await;
        let sent = Instant::now();
        if sent >= end {
            return;
        }
        match timeout_at(end, store.renew(grant.id)).await {
            Ok(Ok(())) => end = sent + grant.ttl,
            Ok(Err(StoreError::LeaseGone(_))) | Err(_) => return,
            Ok(Err(error)) => tracing::warn!(lease = %grant.id, %error, "a lease could not be renewed yet"),
        }
    }
}

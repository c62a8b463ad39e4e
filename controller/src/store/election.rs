//! Who does the work that only one should do.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::error::StoreError;
use super::kept_lease::KeptLease;
use super::service::Store;
use super::transaction::Change;
use super::transaction::Expectation;
use super::transaction::Outcome;
use super::transaction::Revision;
use super::transaction::Transaction;
use super::watch::WatchEnd;

/// How long a candidate rests after the store could not be asked.
const REST: Duration = Duration::from_secs(1);

/// A candidate for one office: a key that whoever leads holds under a lease.
#[derive(Clone, Debug)]
pub struct Election {
    store: Arc<dyn Store>,
    key: String,
    name: String,
    ttl: Duration,
}

/// The office, held until this is dropped or its lease is lost.
#[derive(Debug)]
pub struct Leadership {
    lease: KeptLease,
    key: String,
    revision: Revision,
}

impl Election {
    /// `name` is what others read of the leader; `ttl` is how long the office stays empty after a leader died.
    pub fn new(
        store: Arc<dyn Store>,
        key: impl Into<String>,
        name: impl Into<String>,
        ttl: Duration,
    ) -> Self {
        Self {
            store,
            key: key.into(),
            name: name.into(),
            ttl,
        }
    }

    /// Waits until this candidate leads. What passes by itself is waited for as well; an error needs a person.
    pub async fn campaign(&self) -> Result<Leadership, StoreError> {
        loop {
            match self.try_once().await {
                Ok(Some(leadership)) => return Ok(leadership),
                Ok(None) => {}
                Err(error) if error.is_transient() || matches!(error, StoreError::LeaseGone(_)) => {
                    tracing::warn!(key = self.key, %error, "the election waits for the store");
                    sleep(REST).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Who leads, by name.
    pub async fn leader(&self) -> Result<Option<String>, StoreError> {
        let entry = self.store.get(&self.key).await?;
        Ok(entry.map(|entry| String::from_utf8_lossy(&entry.value).into_owned()))
    }

    /// Takes the office if it is vacant, else waits until it may be.
    async fn try_once(&self) -> Result<Option<Leadership>, StoreError> {
        if let Some(held) = self.store.get(&self.key).await? {
            self.wait_for_change(held.revision).await?;
            return Ok(None);
        }
        let lease = KeptLease::grant(Arc::clone(&self.store), self.ttl).await?;
        match self.store.commit_under(self.taking(), Some(lease.id())).await? {
            Outcome::Conflict => Ok(None),
            Outcome::Committed(revision) => Ok(Some(Leadership {
                lease,
                key: self.key.clone(),
                revision,
            })),
        }
    }

    fn taking(&self) -> Transaction {
        Transaction {
            expect: vec![Expectation {
                key: self.key.clone(),
                revision: None,
            }],
            changes: vec![Change {
                key: self.key.clone(),
                value: Some(self.name.clone().into_bytes()),
            }],
        }
    }

    async fn wait_for_change(&self, since: Revision) -> Result<(), StoreError> {
        let mut watch = self.store.watch(&self.key, since).await?;
        loop {
            match watch.next().await {
                // The prefix may be that of longer keys, too.
                Ok(batch) if batch.changes.iter().all(|change| change.key != self.key) => {}
                Ok(_) => return Ok(()),
                // A key that was written long ago: the watch begins now, then, but only if it is still the same.
                Err(WatchEnd::ListAgain) => match self.listed(since).await? {
                    Some(revision) => watch = self.store.watch(&self.key, revision).await?,
                    None => return Ok(()),
                },
                Err(WatchEnd::Store(error)) => return Err(error),
            }
        }
    }

    /// The store's revision, if the office is still held since the given one.
    async fn listed(&self, since: Revision) -> Result<Option<Revision>, StoreError> {
        let listing = self.store.list(&self.key).await?;
        let held = |entry: &super::Entry| entry.key == self.key && entry.revision == since;
        Ok(listing.entries.iter().any(held).then_some(listing.revision))
    }
}

impl Leadership {
    /// Whether the office is still known to be held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.lease.is_alive()
    }

    /// Waits until the office is lost.
    pub async fn lost(&self) {
        self.lease.lost().await;
    }

    /// Put this into every transaction of the leader's work: it makes the store refuse one that comes from a leader who
    /// was replaced without having noticed.
    #[must_use]
    pub fn fence(&self) -> Expectation {
        Expectation {
            key: self.key.clone(),
            revision: Some(self.revision),
        }
    }

    /// Leaves the office, so that the next candidate need not wait.
    pub async fn resign(self) -> Result<(), StoreError> {
        self.lease.release().await
    }
}

//! What the service needs of a store. Everything else about stores is somebody else's.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::future::ready;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::store::Entry;
use crate::store::Outcome;
use crate::store::Revision;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::Transaction;

/// What the service needs of a store.
pub trait ClaimStore: Send + Sync {
    /// What can go wrong.
    type Error: Error + Send + Sync + 'static;

    /// Makes a transaction, all of it or nothing.
    fn commit(&self, transaction: &Transaction) -> impl Future<Output = Result<Outcome, Self::Error>> + Send;

    /// What lies under a key now, as everybody sees it.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, Self::Error>> + Send;

    /// Everything under a prefix.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<Entry>, Self::Error>> + Send;
}

/// Any of the [stores](crate::store), shared with whoever else uses it.
#[derive(Clone, Debug)]
pub struct Shared(pub Arc<dyn Store>);

impl ClaimStore for Shared {
    type Error = StoreError;

    async fn commit(&self, transaction: &Transaction) -> Result<Outcome, StoreError> {
        self.0.commit(transaction.clone()).await
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.0.get(key).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StoreError> {
        let listing = self.0.list(prefix).await?;
        Ok(listing.entries)
    }
}

/// A store that forgets everything when it is dropped: for tests, and to try things out.
#[derive(Debug, Default)]
pub struct InMemory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    revision: u64,
    entries: BTreeMap<String, Entry>,
}

impl InMemory {
    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left whole entries behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a transaction at once.
    pub fn commit_now(&self, transaction: &Transaction) -> Outcome {
        let mut state = self.state();
        let holds = transaction.expect.iter().all(|expected| {
            state.entries.get(&expected.key).map(|entry| entry.revision) == expected.revision
        });
        if !holds {
            return Outcome::Conflict;
        }
        state.revision += 1;
        let revision = Revision(state.revision);
        for change in &transaction.changes {
            match &change.value {
                Some(value) => {
                    let (key, value) = (change.key.clone(), value.clone());
                    state.entries.insert(key.clone(), Entry { key, value, revision });
                }
                None => drop(state.entries.remove(&change.key)),
            }
        }
        Outcome::Committed(revision)
    }
}

impl ClaimStore for InMemory {
    type Error = Infallible;

    fn commit(&self, transaction: &Transaction) -> impl Future<Output = Result<Outcome, Infallible>> + Send {
        ready(Ok(self.commit_now(transaction)))
    }

    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, Infallible>> + Send {
        ready(Ok(self.state().entries.get(key).cloned()))
    }

    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<Entry>, Infallible>> + Send {
        let state = self.state();
        let found = state.entries.range(prefix.to_owned()..);
        let found = found.take_while(|(key, _)| key.starts_with(prefix));
        ready(Ok(found.map(|(_, entry)| entry.clone()).collect()))
    }
}

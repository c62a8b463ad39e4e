//! The store as its users see it.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use super::error::StoreError;
use super::transaction::Entry;
use super::transaction::Outcome;
use super::transaction::Revision;
use super::transaction::Transaction;
use super::watch::Watch;

/// What a store will answer.
///
/// Boxed, so that every room can hold an `Arc<dyn Store>` and tests can put a store of their own behind it; beside a disk or a
/// network the allocation is nothing.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keys and values that several tasks, and with etcd several controllers, change without losing an update.
///
/// Every operation is linearizable: it takes effect at one instant between call and answer. None waits for ever: each has
/// a time limit of its own, after which it fails with [`StoreError::Unavailable`] or [`StoreError::Unresolved`]. A future may be dropped at
/// any time; a commit whose future was dropped may still be made.
pub trait Store: Debug + Send + Sync {
    /// What stands under a key.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>>;

    /// Everything whose key begins with `prefix`, in the order of the keys, as it was at one revision.
    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Listing>;

    /// Makes a transaction if all it expects still holds. Without changes it is only checked, and the revision named is the store's at that time.
    fn commit(&self, transaction: Transaction) -> Answer<'_, Outcome> {
        self.commit_under(transaction, None)
    }

    /// The same, and every key written is removed when the lease ends, unless it is written again without it.
    fn commit_under(&self, transaction: Transaction, lease: Option<LeaseId>) -> Answer<'_, Outcome>;

    /// What changes under `prefix` after a revision, usually that of a [`Listing`]; see [`Watch`].
    fn watch<'a>(&'a self, prefix: &'a str, after: Revision) -> Answer<'a, Watch>;

    /// Begins a lease. It ends, and with it its keys, when it is not renewed in time; the embedded store also ends it with the process.
    /// [`KeptLease`](super::KeptLease) renews one by itself.
    fn grant(&self, ttl: Duration) -> Answer<'_, Grant>;

    /// Prolongs a lease by its time to live, from now. [`StoreError::LeaseGone`]: it has ended.
    fn renew(&self, lease: LeaseId) -> Answer<'_, ()>;

    /// Ends a lease and removes its keys. It is no error if it has ended already.
    fn revoke(&self, lease: LeaseId) -> Answer<'_, ()>;

    /// Whether the store answers and can be written to. It changes nothing that others see.
    fn check(&self) -> Answer<'_, Health>;
}

/// What a prefix held at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// By key.
    pub entries: Vec<Entry>,
    /// Watch after this one to miss nothing.
    pub revision: Revision,
}

/// The name of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub i64);

/// A lease that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name.
    pub id: LeaseId,
    /// How long it lives without being renewed: what was asked for, or longer.
    pub ttl: Duration,
}

/// A store that is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Its revision.
    pub revision: Revision,
    /// Which file, or which member of the cluster, answered.
    pub place: String,
}

impl std::fmt::Display for LeaseId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

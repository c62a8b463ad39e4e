//! What the tasks ask of the thread that owns the file.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::oneshot;

use super::super::error::StoreError;
use super::super::service::Grant;
use super::super::service::Health;
use super::super::service::LeaseId;
use super::super::service::Listing;
use super::super::transaction::Entry;
use super::super::transaction::Outcome;
use super::super::transaction::Transaction;

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One request.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) ask: Ask,
    pub(super) claim: std::sync::Arc<Claim>,
    /// Returned when the job is done.
    pub(super) room: OwnedSemaphorePermit,
}

#[derive(Debug)]
pub(super) enum Ask {
    Get(String, Reply<Option<Entry>>),
    List(String, Reply<Listing>),
    Commit(Transaction, Option<LeaseId>, Reply<Outcome>),
    Grant(Duration, Reply<Grant>),
    Renew(LeaseId, Reply<()>),
    Revoke(LeaseId, Reply<()>),
    Check(Reply<Health>),
}

impl Ask {
    /// Whether nobody waits for the answer any more.
    pub(super) fn is_forsaken(&self) -> bool {
        match self {
            Self::Get(_, reply) => reply.is_closed(),
            Self::List(_, reply) => reply.is_closed(),
            Self::Commit(_, _, reply) => reply.is_closed(),
            Self::Grant(_, reply) => reply.is_closed(),
            Self::Renew(_, reply) | Self::Revoke(_, reply) => reply.is_closed(),
            Self::Check(reply) => reply.is_closed(),
        }
    }
}

/// Settles between a caller that loses patience and the thread that begins to write: one of them comes first.
#[derive(Debug, Default)]
pub(super) struct Claim(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const ABANDONED: u8 = 2;

impl Claim {
    /// Whether the work may begin.
    pub(super) fn begin(&self) -> bool {
        self.leave_waiting(BEGUN)
    }

    /// Whether the work will never begin.
    pub(super) fn abandon(&self) -> bool {
        self.leave_waiting(ABANDONED)
    }

    fn leave_waiting(&self, next: u8) -> bool {
        let order = Ordering::AcqRel;
        self.0
            .compare_exchange(WAITING, next, order, Ordering::Acquire)
            .is_ok()
    }
}

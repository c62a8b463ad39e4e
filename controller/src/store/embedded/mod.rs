//! The store in one file of this process, without any service beside it.
//!
//! All work on the file is done by one thread of its own, so that a slow or full disk never stops the tasks of the runtime. Commits
//! that wait at the same time are written together and share one `fdatasync`.

mod disk;
mod expiry;
mod file;
mod history;
mod job;
mod open;
mod options;
mod tables;
mod worker;
mod write;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::history::History;
use self::job::Ask;
use self::job::Claim;
use self::job::Job;
use self::job::Reply;
pub use self::options::Clock;
pub use self::options::EmbeddedOptions;
use super::bounds;
use super::error::StoreError;
use super::service::Answer;
use super::service::Grant;
use super::service::Health;
use super::service::LeaseId;
use super::service::Listing;
use super::service::Store;
use super::transaction::Entry;
use super::transaction::Outcome;
use super::transaction::Revision;
use super::transaction::Transaction;
use super::watch::Watch;

/// What may wait for the disk, in KiB.
const ROOM: u32 = 16 << 10;

/// A store in one file.
///
/// `Committed` means on the disk. Leases live no longer than the process: what they held is removed when the file is opened.
#[derive(Debug)]
pub struct Embedded {
    jobs: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
    history: Arc<History>,
    patience: Duration,
    place: String,
    ended: oneshot::Receiver<()>,
}

impl Embedded {
    /// Opens the file, or makes it with its directory, and checks it whole. Only one process can have it open.
    pub async fn open(path: &Path, options: EmbeddedOptions) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let opener = open::Opener::new(path, options.cache_bytes);
        Self::start(Box::new(opener), place, options).await
    }

    /// Runs on whatever `disk` opens.
    async fn start(
        disk: Box<dyn open::Open>,
        place: String,
        options: EmbeddedOptions,
    ) -> Result<Self, StoreError> {
        let (jobs, asked) = mpsc::channel();
        let (tell_ended, ended) = oneshot::channel();
        let patience = options.patience;
        let history = worker::spawn(disk, place.clone(), options, asked, tell_ended).await?;
        Ok(Self {
            jobs,
            room: Arc::new(Semaphore::new(ROOM as usize)),
            history,
            patience,
            place,
            ended,
        })
    }

    /// Ends all work and releases the file, which can be opened again afterwards.
    pub async fn close(self) {
        let Self { jobs, ended, .. } = self;
        drop(jobs);
        // An error means that the worker has ended already.
        let _ = ended.await;
    }

    async fn ask<T>(&self, bytes: usize, wrap: impl FnOnce(Reply<T>) -> Ask) -> Result<T, StoreError> {
        let claim = Arc::new(Claim::default());
        match timeout(self.patience, self.asked(bytes, wrap, &claim)).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(self.without_answer(&claim, "its thread has ended".to_owned())),
            Err(_) => {
                let reason = format!("the disk has not answered in {:?}", self.patience);
                Err(self.without_answer(&claim, reason))
            }
        }
    }

    /// `None`: there is nobody to answer.
    async fn asked<T>(
        &self,
        bytes: usize,
        wrap: impl FnOnce(Reply<T>) -> Ask,
        claim: &Arc<Claim>,
    ) -> Option<Result<T, StoreError>> {
        let (reply, answer) = oneshot::channel();
        let kib = u32::try_from(bytes / 1024).unwrap_or(ROOM).saturating_add(1);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(kib.min(ROOM))
            .await
            .ok()?;
        let job = Job {
            ask: wrap(reply),
            claim: Arc::clone(claim),
            room,
        };
        self.jobs.send(job).ok()?;
        answer.await.ok()
    }

    fn without_answer(&self, claim: &Claim, reason: String) -> StoreError {
        let place = self.place.clone();
        if claim.abandon() {
            return StoreError::Unavailable { place, reason };
        }
        StoreError::Unresolved { place, reason }
    }

    async fn commit_checked(
        &self,
        transaction: Transaction,
        lease: Option<LeaseId>,
    ) -> Result<Outcome, StoreError> {
        bounds::check_transaction(&transaction)?;
        let bytes = bounds::transaction_bytes(&transaction);
        self.ask(bytes, |reply| Ask::Commit(transaction, lease, reply))
            .await
    }
}

impl Store for Embedded {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(async move {
            bounds::check_key(key)?;
            self.ask(0, |reply| Ask::Get(key.to_owned(), reply)).await
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> Answer<'a, Listing> {
        Box::pin(async move {
            bounds::check_prefix(prefix)?;
            self.ask(0, |reply| Ask::List(prefix.to_owned(), reply)).await
        })
    }

    fn commit_under(&self, transaction: Transaction, lease: Option<LeaseId>) -> Answer<'_, Outcome> {
        Box::pin(self.commit_checked(transaction, lease))
    }

    fn watch<'a>(&'a self, prefix: &'a str, after: Revision) -> Answer<'a, Watch> {
        Box::pin(async move {
            bounds::check_prefix(prefix)?;
            Ok(Watch::new(History::follow(&self.history, prefix, after)))
        })
    }

    fn grant(&self, ttl: Duration) -> Answer<'_, Grant> {
        Box::pin(async move {
            bounds::check_ttl(ttl)?;
            self.ask(0, |reply| Ask::Grant(ttl, reply)).await
        })
    }

    fn renew(&self, lease: LeaseId) -> Answer<'_, ()> {
        Box::pin(self.ask(0, move |reply| Ask::Renew(lease, reply)))
    }

    fn revoke(&self, lease: LeaseId) -> Answer<'_, ()> {
        Box::pin(self.ask(0, move |reply| Ask::Revoke(lease, reply)))
    }

    fn check(&self) -> Answer<'_, Health> {
        Box::pin(self.ask(0, Ask::Check))
    }
}

//! The thread that owns the file.

use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use tokio::sync::oneshot;

use super::super::error::StoreError;
use super::super::service::Grant;
use super::super::service::Health;
use super::super::service::LeaseId;
use super::super::transaction::Outcome;
use super::super::transaction::Revision;
use super::expiry::Leases;
use super::file::StoreFile;
use super::history::History;
use super::job::Ask;
use super::job::Claim;
use super::job::Job;
use super::job::Reply;
use super::open::Open;
use super::options::Clock;
use super::options::EmbeddedOptions;
use super::tables;
use super::write::Verdict;
use super::write::Write;

/// How many requests share a write to the disk.
const GROUP: usize = 256;
/// A lease whose keys could not be removed, on a full disk, is tried again after this time.
const RETRY: Duration = Duration::from_secs(1);
/// How long the thread sleeps when there is nothing to do.
const IDLE: Duration = Duration::from_secs(3600);

struct Worker {
    file: StoreFile,
    leases: Leases,
    history: Arc<History>,
    clock: Clock,
    place: String,
}

/// Who hears of a write.
enum Waiting {
    Commit(Reply<Outcome>),
    Revoke(i64, Reply<()>),
    Check(Reply<Health>),
    /// A lease that ran out.
    Expiry(i64),
}

/// Begins the thread and opens the file in it.
pub(super) async fn spawn(
    disk: Box<dyn Open>,
    place: String,
    options: EmbeddedOptions,
    jobs: mpsc::Receiver<Job>,
    ended: oneshot::Sender<()>,
) -> Result<Arc<History>, StoreError> {
    let (tell, told) = oneshot::channel();
    let unavailable = |reason: String| StoreError::Unavailable {
        place: place.clone(),
        reason,
    };
    let at = place.clone();
    let run = move || {
        match Worker::open(disk, at, &options) {
            Ok(mut worker) => {
                // Nobody waits for it any more: then nobody sends jobs either.
                let _ = tell.send(Ok(Arc::clone(&worker.history)));
                worker.run(&jobs);
                worker.history.end();
            }
            Err(error) => drop(tell.send(Err(error))),
        }
        drop(ended);
    };
    let thread = std::thread::Builder::new().name("wattle-store".to_owned());
    thread
        .spawn(run)
        .map_err(|error| unavailable(error.to_string()))?;
    told.await
        .unwrap_or_else(|_| Err(unavailable("its thread has ended".to_owned())))
}

impl Worker {
    fn open(disk: Box<dyn Open>, place: String, options: &EmbeddedOptions) -> Result<Self, StoreError> {
        let mut file = StoreFile::open(disk, place.clone())?;
        file.write(&[Write::EndAllLeases])?;
        let history = History::new(
            place.clone(),
            file.revision(),
            options.history_batches,
            options.history_bytes,
        );
        Ok(Self {
            file,
            leases: Leases::default(),
            history,
            clock: Arc::clone(&options.clock),
            place,
        })
    }

    fn run(&mut self, jobs: &mpsc::Receiver<Job>) {
        loop {
            let first = match jobs.recv_timeout(self.until_next_end()) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.serve(first.into_iter().chain(jobs.try_iter().take(GROUP)).collect());
        }
    }

    fn until_next_end(&self) -> Duration {
        let now = (self.clock)();
        match self.leases.next_end() {
            Some(end) if end > now => (end - now).min(IDLE),
            Some(_) => RETRY,
            None => IDLE,
        }
    }

    /// Reads are answered from what is on the disk; writes are collected and made together. All of them were waiting at the same
    /// time, so any order among them is right.
    fn serve(&mut self, jobs: Vec<Job>) {
        let now = (self.clock)();
        let mut writes = Vec::new();
        let mut waiting = Vec::new();
        for id in self.leases.due(now) {
            writes.push(Write::EndLease(id));
            waiting.push(Waiting::Expiry(id));
        }
        // Room is given back when the jobs are done.
        let mut rooms = Vec::new();
        for job in jobs {
            if job.ask.is_forsaken() {
                continue;
            }
            if let Some((write, who)) = self.begin(now, job.ask, &job.claim) {
                writes.push(write);
                waiting.push(who);
            }
            rooms.push(job.room);
        }
        if !writes.is_empty() {
            self.write(&writes, waiting);
        }
    }

    /// Does what needs no write, and returns the write that is needed otherwise. Nobody is told of a failed answer: whoever asked
    /// has gone.
    fn begin(&mut self, now: Duration, ask: Ask, claim: &Claim) -> Option<(Write, Waiting)> {
        match ask {
            Ask::Get(key, reply) => drop(reply.send(self.read(|read| tables::get(read, &key)))),
            Ask::List(prefix, reply) => drop(reply.send(self.read(|read| tables::list(read, &prefix)))),
            Ask::Grant(ttl, reply) => {
                let id = LeaseId(self.leases.grant(now, ttl));
                drop(reply.send(Ok(Grant { id, ttl })));
            }
            Ask::Renew(lease, reply) => {
                let renewed = self.leases.renew(now, lease.0);
                drop(reply.send(renewed.then_some(()).ok_or(StoreError::LeaseGone(lease))));
            }
            Ask::Commit(_, Some(lease), reply) if !self.leases.lives(now, lease.0) => {
                drop(reply.send(Err(StoreError::LeaseGone(lease))));
            }
            Ask::Commit(transaction, lease, reply) if claim.begin() => {
                let lease = lease.map_or(0, |lease| lease.0);
                return Some((Write::Commit { transaction, lease }, Waiting::Commit(reply)));
            }
            Ask::Revoke(lease, reply) if claim.begin() => {
                self.leases.end(lease.0);
                return Some((Write::EndLease(lease.0), Waiting::Revoke(lease.0, reply)));
            }
            Ask::Check(reply) if self.file.is_troubled() => {
                return Some((Write::Probe, Waiting::Check(reply)));
            }
            Ask::Check(reply) => {
                let listed = self.read(|read| tables::get(read, "").map(drop));
                drop(reply.send(listed.map(|()| self.health())));
            }
            Ask::Commit(..) | Ask::Revoke(..) => {}
        }
        None
    }

    fn read<T>(
        &mut self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let result = self.file.read(read);
        self.history.catch_up(self.file.revision());
        result
    }

    fn write(&mut self, writes: &[Write], waiting: Vec<Waiting>) {
        if self.file.ready().is_ok() {
            self.history.catch_up(self.file.revision());
        }
        match self.file.write(writes) {
            Ok(verdicts) => self.tell(verdicts, waiting),
            Err(error) => {
                tracing::warn!(file = self.place, %error, "writing failed");
                for who in waiting {
                    who.fail(&error);
                }
            }
        }
    }

    /// Watchers first: who learns that a commit was made finds it in the history.
    fn tell(&mut self, verdicts: Vec<Verdict>, waiting: Vec<Waiting>) {
        let mut batches = Vec::new();
        let mut outcomes = Vec::new();
        for verdict in verdicts {
            outcomes.push(match verdict {
                Verdict::Made(batch) => {
                    let revision = batch.revision;
                    batches.push(batch);
                    Outcome::Committed(revision)
                }
                Verdict::Unchanged(revision) => Outcome::Committed(revision),
                Verdict::Conflict => Outcome::Conflict,
            });
        }
        self.history.add(batches);
        for (outcome, who) in outcomes.into_iter().zip(waiting) {
            match who {
                Waiting::Commit(reply) => drop(reply.send(Ok(outcome))),
                Waiting::Check(reply) => drop(reply.send(Ok(self.health()))),
                Waiting::Expiry(id) => self.leases.forget(id),
                Waiting::Revoke(id, reply) => {
                    self.leases.forget(id);
                    drop(reply.send(Ok(())));
                }
            }
        }
    }

    fn health(&self) -> Health {
        let revision: Revision = self.file.revision();
        Health {
            revision,
            place: self.place.clone(),
        }
    }
}

impl Waiting {
    fn fail(self, error: &StoreError) {
        match self {
            Self::Commit(reply) => drop(reply.send(Err(error.clone()))),
            Self::Revoke(_, reply) => drop(reply.send(Err(error.clone()))),
            Self::Check(reply) => drop(reply.send(Err(error.clone()))),
            // It is tried again.
            Self::Expiry(_) => {}
        }
    }
}

//! The last commits, for those who watch.
//!
//! Watchers pull: each knows how far it has come, and waits for more. So a slow one costs nothing but its place, and loses that when
//! what it has not yet seen is forgotten.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::watch;

use super::super::error::StoreError;
use super::super::transaction::Change;
use super::super::transaction::Revision;
use super::super::watch::Batch;
use super::super::watch::BatchSource;
use super::super::watch::WatchEnd;

/// Commits in order, up to a number and a size.
#[derive(Debug)]
pub(super) struct History {
    kept: Mutex<Kept>,
    grown: watch::Sender<Option<Revision>>,
    most_batches: usize,
    most_bytes: usize,
    place: String,
}

#[derive(Debug)]
struct Kept {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    /// Everything after this revision is here.
    floor: Revision,
    last: Revision,
}

impl History {
    /// It begins empty, at the revision of the file.
    pub(super) fn new(place: String, at: Revision, most_batches: usize, most_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            kept: Mutex::new(Kept {
                batches: VecDeque::new(),
                bytes: 0,
                floor: at,
                last: at,
            }),
            grown: watch::channel(Some(at)).0,
            most_batches,
            most_bytes,
            place,
        })
    }

    /// Adds what is on the disk now.
    pub(super) fn add(&self, batches: Vec<Batch>) {
        let mut kept = self.kept();
        for batch in batches {
            kept.last = batch.revision;
            // A commit that removed what was not there changed nothing.
            if !batch.changes.is_empty() {
                kept.bytes += size(&batch);
                kept.batches.push_back(Arc::new(batch));
            }
        }
        while kept.batches.len() > self.most_batches || kept.bytes > self.most_bytes {
            let Some(oldest) = kept.batches.pop_front() else {
                break;
            };
            kept.bytes -= size(&oldest);
            kept.floor = oldest.revision;
        }
        let last = kept.last;
        drop(kept);
        self.grown.send_replace(Some(last));
    }

    /// The file turned out to be at another revision than was thought: what led there is not known.
    pub(super) fn catch_up(&self, revision: Revision) {
        let mut kept = self.kept();
        if kept.last == revision {
            return;
        }
        *kept = Kept {
            batches: VecDeque::new(),
            bytes: 0,
            floor: revision,
            last: revision,
        };
        drop(kept);
        self.grown.send_replace(Some(revision));
    }

    /// Tells all watchers that nothing will follow.
    pub(super) fn end(&self) {
        self.grown.send_replace(None);
    }

    /// What comes under `prefix` after a revision.
    pub(super) fn follow(history: &Arc<Self>, prefix: &str, after: Revision) -> Follower {
        Follower {
            grown: history.grown.subscribe(),
            history: Arc::clone(history),
            prefix: prefix.to_owned(),
            after,
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept after a revision, and how far that reaches. `None`: some of it is forgotten.
    fn after(&self, revision: Revision) -> Option<(Vec<Arc<Batch>>, Revision)> {
        /// As many as are looked through at once.
        const SOME: usize = 64;
        let kept = self.kept();
        if revision < kept.floor || revision > kept.last {
            return None;
        }
        let start = kept.batches.partition_point(|batch| batch.revision <= revision);
        let some: Vec<_> = kept.batches.iter().skip(start).take(SOME).cloned().collect();
        let last = some.last().map_or(kept.last, |batch| batch.revision);
        Some((some, last))
    }
}

fn size(batch: &Batch) -> usize {
    let of =
        |change: &Change| size_of::<Change>() + change.key.len() + change.value.as_ref().map_or(0, Vec::len);
    size_of::<Batch>() + batch.changes.iter().map(of).sum::<usize>()
}

/// One watcher's place in the history.
#[derive(Debug)]
pub(super) struct Follower {
    history: Arc<History>,
    grown: watch::Receiver<Option<Revision>>,
    prefix: String,
    after: Revision,
}

impl Follower {
    async fn follow(&mut self) -> Result<Batch, WatchEnd> {
        loop {
            // Seen before it is looked at, so that what comes meanwhile wakes us.
            let ended = self.grown.borrow_and_update().is_none();
            let Some((batches, reached)) = self.history.after(self.after) else {
                return Err(WatchEnd::ListAgain);
            };
            for batch in &batches {
                self.after = batch.revision;
                if let Some(mine) = self.filtered(batch) {
                    return Ok(mine);
                }
            }
            if reached > self.after {
                self.after = reached;
            }
            if !batches.is_empty() {
                continue;
            }
            if ended || self.grown.changed().await.is_err() {
                return Err(WatchEnd::Store(StoreError::Unavailable {
                    place: self.history.place.clone(),
                    reason: "the store was closed".to_owned(),
                }));
            }
        }
    }

    fn filtered(&self, batch: &Batch) -> Option<Batch> {
        let mine = |change: &&Change| change.key.starts_with(&self.prefix);
        let changes: Vec<Change> = batch.changes.iter().filter(mine).cloned().collect();
        (!changes.is_empty()).then_some(Batch {
            revision: batch.revision,
            changes,
        })
    }
}

impl BatchSource for Follower {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Batch, WatchEnd>> + Send + '_>> {
        Box::pin(self.follow())
    }
}

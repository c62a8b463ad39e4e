//! What has changed, in order.

use std::fmt;
use std::pin::Pin;

use super::error::StoreError;
use super::transaction::Change;
use super::transaction::Revision;

/// What one commit changed under the watched prefix. `None` as a value: the key was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The commit.
    pub revision: Revision,
    /// At least one, each key once, in no particular order.
    pub changes: Vec<Change>,
}

/// Why a watch has nothing more to say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchEnd {
    /// The store has forgotten what came next (it was compacted, restarted, or this watcher was too slow): list, and watch after
    /// the listing's revision.
    #[error("the store no longer has these changes: list again")]
    ListAgain,
    /// The store has ended or wants nothing to do with this watcher.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where batches come from.
pub trait BatchSource: Send {
    /// The next batch. To drop the future loses nothing: the same batch comes with the next call.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Batch, WatchEnd>> + Send + '_>>;
}

/// A stream of batches: every commit that changed something under the prefix, exactly once, revisions rising.
///
/// While a store cannot be reached a watch waits, and goes on where it was.
pub struct Watch(Box<dyn BatchSource>);

impl Watch {
    /// A watch over any source.
    pub fn new(source: impl BatchSource + 'static) -> Self {
        Self(Box::new(source))
    }

    /// The next batch; waits for it. May be used in `select!`.
    pub async fn next(&mut self) -> Result<Batch, WatchEnd> {
        self.0.next().await
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

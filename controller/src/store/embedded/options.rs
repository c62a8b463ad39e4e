//! What the embedded store is given.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Time since any instant, never going back; leases are reckoned by it.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How an embedded store behaves.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// What time it is.
    pub clock: Clock,
    /// How long a caller waits for the disk.
    pub patience: Duration,
    /// The most memory for pages of the file.
    pub cache_bytes: usize,
    /// How many commits a watcher may lie behind.
    pub history_batches: usize,
    /// How many bytes those commits may have.
    pub history_bytes: usize,
}

impl EmbeddedOptions {
    /// The defaults, with this clock.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            patience: Duration::from_secs(15),
            cache_bytes: 8 << 20,
            history_batches: 4096,
            history_bytes: 8 << 20,
        }
    }
}

impl fmt::Debug for EmbeddedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedOptions")
            .field("patience", &self.patience)
            .field("cache_bytes", &self.cache_bytes)
            .field("history_batches", &self.history_batches)
            .field("history_bytes", &self.history_bytes)
            .finish_non_exhaustive()
    }
}

//! Asking many at once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::targets::Target;

/// How pages are carried.
pub trait Fetch: Send + Sync + 'static {
    /// What can go wrong.
    type Error: std::error::Error + Send + 'static;

    /// The page of one target.
    fn page(&self, target: &Target) -> impl Future<Output = Result<String, Self::Error>> + Send;
}

/// Why there is no page.
#[derive(Debug, Error)]
pub enum PollError<E> {
    /// It took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(E),
}

/// The bounds of a round.
#[derive(Clone, Copy, Debug)]
pub struct RoundOptions {
    /// How many are asked at the same time: as many pages are in memory.
    pub most: usize,
    /// How long each may take.
    pub timeout: Duration,
}

impl Default for RoundOptions {
    fn default() -> Self {
        Self {
            most: 64,
            timeout: Duration::from_secs(2),
        }
    }
}

/// Asks all targets, and hands over each answer as it comes. One that fails or hangs holds up no other.
pub async fn round<F: Fetch>(
    fetch: &Arc<F>,
    targets: Vec<Target>,
    options: RoundOptions,
    mut take: impl FnMut(&Target, Result<String, PollError<F::Error>>),
) {
    let mut waiting = targets.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < options.most.max(1) {
            let Some(target) = waiting.next() else { break };
            let fetch = Arc::clone(fetch);
            running.spawn(async move {
                let page = timeout(options.timeout, fetch.page(&target)).await;
                let page = page.map_or(Err(PollError::Timeout(options.timeout)), |page| {
                    page.map_err(PollError::Fetch)
                });
                (target, page)
            });
        }
        match running.join_next().await {
            Some(Ok((target, page))) => take(&target, page),
            // A task that panicked has no page, and its facts grow old.
            Some(Err(_)) => (),
            None => return,
        }
    }
}

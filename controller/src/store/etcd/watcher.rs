//! A watch that goes on when an endpoint does not.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio::time::timeout;

use super::super::transaction::Change;
use super::super::transaction::Revision;
use super::super::watch::Batch;
use super::super::watch::BatchSource;
use super::super::watch::Watch;
use super::super::watch::WatchEnd;
use super::client::Client;
use super::names;
use super::names::Names;
use super::rejection::Failure;
use super::rejection::Rejection;
use super::stream::Stream;
use super::wire;

/// Batches that wait for a slow watcher; then etcd waits too.
const AHEAD: usize = 64;
/// Between two attempts.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

pub(super) fn watch(client: Arc<Client>, names: Names, prefix: &str, after: Revision) -> Watch {
    let (sender, batches) = mpsc::channel(AHEAD);
    let watcher = Watcher {
        client,
        first: names.data(prefix),
        names,
        seen: after,
        pending: None,
        refused: false,
        sender,
    };
    Watch::new(Following {
        batches,
        task: tokio::spawn(watcher.run()),
    })
}

/// The end that the user holds.
struct Following {
    batches: mpsc::Receiver<Result<Batch, WatchEnd>>,
    task: JoinHandle<()>,
}

impl BatchSource for Following {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Batch, WatchEnd>> + Send + '_>> {
        Box::pin(async { self.batches.recv().await.unwrap_or(Err(WatchEnd::ListAgain)) })
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Watcher {
    client: Arc<Client>,
    names: Names,
    first: String,
    /// Everything up to here was told.
    seen: Revision,
    /// A batch of which more may come.
    pending: Option<Batch>,
    /// The last attempt was refused, perhaps because of an old token.
    refused: bool,
    sender: mpsc::Sender<Result<Batch, WatchEnd>>,
}

/// Why one stream ended.
enum Ended {
    /// To be opened anew.
    Failed(Failure),
    /// Nothing came for a while.
    Silent,
    /// The last word.
    Finally(WatchEnd),
    /// Nobody listens.
    Unheard,
}

impl Watcher {
    async fn run(mut self) {
        loop {
            match self.follow().await {
                Ended::Silent => {}
                Ended::Unheard => return,
                Ended::Finally(end) => {
                    // If nobody listens, nobody has to know.
                    let _ = self.sender.send(Err(end)).await;
                    return;
                }
                Ended::Failed(failure) => {
                    tracing::debug!(%failure, "a watch is opened anew");
                    self.client.prefer_any_other();
                    sleep(PAUSE).await;
                }
            }
            self.pending = None;
        }
    }

    /// One stream, from where the last one ended.
    async fn follow(&mut self) -> Ended {
        let timeouts = self.client.timeouts();
        let (body, sender) = match self.client.stream("watch", &self.request()).await {
            Ok(opened) => opened,
            Err(failure) => return self.ended(failure),
        };
        let mut stream = Stream::new(body, sender);
        let mut begun = false;
        loop {
            let patience = if begun { timeouts.silence } else { timeouts.answer };
            let answer = match timeout(patience, stream.next::<wire::WatchAnswer>()).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(failure)) => return self.ended(failure),
                Err(_) if begun => return Ended::Silent,
                Err(_) => return Ended::Failed(Failure::Unanswered("the watch was not begun".to_owned())),
            };
            if let Err(ended) = self.take(answer).await {
                return ended;
            }
            begun = true;
        }
    }

    fn request(&self) -> wire::WatchRequest {
        wire::WatchRequest {
            create_request: wire::WatchCreate {
                key: wire::encoded(&self.first),
                range_end: wire::encoded(names::range_end(&self.first)),
                start_revision: (self.seen.0 + 1).to_string(),
                fragment: true,
            },
        }
    }

    fn ended(&self, failure: Failure) -> Ended {
        if failure.rejection().is_some_and(Rejection::wants_login) {
            self.client.log_in_again();
        }
        let final_word = failure
            .rejection()
            .is_some_and(|rejection| !rejection.is_transient() && !rejection.wants_login());
        if final_word {
            Ended::Finally(WatchEnd::Store(self.client.explain(&failure)))
        } else {
            Ended::Failed(failure)
        }
    }

    async fn take(&mut self, answer: wire::WatchAnswer) -> Result<(), Ended> {
        if answer.compact_revision > 0 {
            return Err(Ended::Finally(WatchEnd::ListAgain));
        }
        if answer.canceled {
            return Err(self.cancelled(&answer.cancel_reason));
        }
        self.refused = false;
        self.client
            .check_cluster(&answer.header)
            .map_err(|failure| self.ended(failure))?;
        if answer.created {
            return self.check_begin(super::revision(&answer.header)).await;
        }
        for event in &answer.events {
            self.take_event(event).await?;
        }
        if answer.fragment {
            return Ok(());
        }
        self.flush().await
    }

    /// etcd does not say whether it is the token that has ended or the user who may not read: a second refusal is the latter.
    fn cancelled(&mut self, reason: &str) -> Ended {
        let rejection = Rejection::cancelled(reason);
        if rejection.is_transient() {
            return Ended::Failed(Failure::Rejected(rejection));
        }
        if self.refused {
            let error = self.client.explain(&Failure::Rejected(rejection));
            return Ended::Finally(WatchEnd::Store(error));
        }
        self.refused = true;
        self.client.log_in_again();
        Ended::Failed(Failure::Rejected(rejection))
    }

    /// A member may lag behind what we have seen, but not the cluster: then it was set back to an older copy.
    async fn check_begin(&self, at: Revision) -> Result<(), Ended> {
        if at >= self.seen {
            return Ok(());
        }
        let request = wire::RangeRequest {
            key: wire::encoded(self.names.root()),
            ..wire::RangeRequest::default()
        };
        let answer = self.client.persist::<wire::RangeAnswer>("kv/range", &request);
        let answer = answer.await.map_err(|failure| self.ended(failure))?;
        if super::revision(&answer.header) < self.seen {
            return Err(Ended::Finally(WatchEnd::ListAgain));
        }
        Ok(())
    }

    /// Events of one commit follow one another; they make one batch.
    async fn take_event(&mut self, event: &wire::Event) -> Result<(), Ended> {
        let revision = Revision(event.kv.mod_revision.unsigned_abs());
        if revision <= self.seen {
            return Ok(());
        }
        let change = self
            .change(event)
            .map_err(|reason| Ended::Finally(WatchEnd::Store(self.client.garbled(reason))))?;
        if self
            .pending
            .as_ref()
            .is_some_and(|batch| batch.revision != revision)
        {
            self.flush().await?;
        }
        let new = || Batch {
            revision,
            changes: Vec::new(),
        };
        self.pending.get_or_insert_with(new).changes.push(change);
        Ok(())
    }

    fn change(&self, event: &wire::Event) -> Result<Change, String> {
        let key = self.names.key(&event.kv.key)?;
        let removed = event.r#type == "DELETE";
        let value = (!removed).then(|| wire::decoded(&event.kv.value)).transpose()?;
        Ok(Change { key, value })
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let Some(batch) = self.pending.take() else {
            return Ok(());
        };
        let revision = batch.revision;
        self.sender.send(Ok(batch)).await.map_err(|_| Ended::Unheard)?;
        self.seen = revision;
        Ok(())
    }
}

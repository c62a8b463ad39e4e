//! What watchers are told.

use std::sync::Arc;

use wattle_controller::store::Batch;
use wattle_controller::store::MAX_CHANGES;
use wattle_controller::store::Revision;
use wattle_controller::store::Store;
use wattle_controller::store::Watch;

use crate::recorded::Instants;
use crate::recorded::Story;
use crate::recorded::act;
use crate::recorded::sorted;
use crate::transactions::put;
use crate::transactions::remove;
use crate::transactions::written;

pub(crate) async fn a_watch_sees_every_commit_once_and_in_order(store: Arc<dyn Store>) {
    let start = store.list("").await.unwrap().revision;
    let early = store.watch("", start).await.unwrap();
    let (story, end) = bustle(&store).await;
    let late = store.watch("", start).await.unwrap();
    for watch in [early, late] {
        assert_eq!(until(watch, end).await, story.batches);
    }
}

pub(crate) async fn a_watch_resumes_behind_any_revision(store: Arc<dyn Store>) {
    let (story, end) = bustle(&store).await;
    for (seen, batch) in story.batches.iter().enumerate().step_by(17) {
        let watch = store.watch("", batch.revision).await.unwrap();
        assert_eq!(until(watch, end).await, story.batches[seen + 1..]);
    }
}

/// Random commits, and one more that tells where they end.
async fn bustle(store: &Arc<dyn Store>) -> (Story, Revision) {
    let instants = Arc::new(Instants::default());
    let tasks: Vec<_> = (11..=14)
        .map(|seed| {
            let (store, instants) = (Arc::clone(store), Arc::clone(&instants));
            tokio::spawn(async move { act(&*store, &instants, seed, 50).await })
        })
        .collect();
    let mut events = Vec::new();
    for task in tasks {
        events.extend(task.await.unwrap());
    }
    let end = written(&**store, [put("end", "")]).await;
    (Story::of(&events), end)
}

/// All batches before the one at `end`.
async fn until(mut watch: Watch, end: Revision) -> Vec<Batch> {
    let mut batches = Vec::new();
    loop {
        let batch = watch.next().await.unwrap();
        assert!(batch.revision <= end, "the end was not told");
        if batch.revision == end {
            return batches;
        }
        batches.push(sorted(batch));
    }
}

pub(crate) async fn a_watch_of_a_prefix_sees_nothing_else(store: Arc<dyn Store>) {
    let start = store.list("").await.unwrap().revision;
    let mut watch = store.watch("hosts/", start).await.unwrap();
    written(&*store, [put("host", ""), put("hosts0", ""), put("other", "")]).await;
    let second = written(&*store, [put("other", "2"), put("hosts/a", "2")]).await;
    let third = written(&*store, [remove("hosts/a"), remove("other")]).await;
    let batch = watch.next().await.unwrap();
    assert_eq!(
        (batch.revision, batch.changes),
        (second, vec![put("hosts/a", "2")])
    );
    let batch = watch.next().await.unwrap();
    assert_eq!((batch.revision, batch.changes), (third, vec![remove("hosts/a")]));
}

/// Together they are more than etcd sends in one message.
pub(crate) async fn a_large_commit_is_one_batch(store: Arc<dyn Store>) {
    let start = store.list("").await.unwrap().revision;
    let mut revisions = Vec::new();
    for round in 0..4 {
        let changes = (0..MAX_CHANGES).map(|n| put(&format!("{n}"), vec![round; 8000]));
        revisions.push(written(&*store, changes).await);
    }
    let mut watch = store.watch("", start).await.unwrap();
    for revision in revisions {
        let batch = watch.next().await.unwrap();
        assert_eq!((batch.revision, batch.changes.len()), (revision, MAX_CHANGES));
    }
}

pub(crate) async fn watch_and_listing_leave_no_gap(store: Arc<dyn Store>) {
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for n in 1..=150 {
                written(&*store, [put("n", n.to_string())]).await;
            }
        })
    };
    let mut next = 1;
    while next <= 150 {
        let listing = store.list("").await.unwrap();
        if let Some(entry) = listing.entries.first() {
            next = crate::transactions::number(&entry.value) + 1;
        }
        let mut watch = store.watch("", listing.revision).await.unwrap();
        for _ in 0..20 {
            if next > 150 {
                break;
            }
            let batch = watch.next().await.unwrap();
            assert_eq!(batch.changes, [put("n", next.to_string())]);
            next += 1;
        }
    }
    writer.await.unwrap();
}

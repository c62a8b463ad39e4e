//! One leader at a time.

use std::sync::Arc;
use std::time::Duration;

use wattle_controller::store::Election;
use wattle_controller::store::Leadership;
use wattle_controller::store::Outcome;
use wattle_controller::store::Store;
use wattle_controller::store::Transaction;

use crate::transactions::put;
use crate::transactions::text;
use crate::transactions::written;

fn candidate(store: &Arc<dyn Store>, name: &str) -> Election {
    Election::new(Arc::clone(store), "leader", name, Duration::from_secs(600))
}

fn work(leadership: &Leadership) -> Transaction {
    Transaction {
        expect: vec![leadership.fence()],
        changes: vec![put("work", "done")],
    }
}

pub(crate) async fn the_next_leads_when_one_resigns(store: Arc<dyn Store>) {
    let first = candidate(&store, "first").campaign().await.unwrap();
    let second = candidate(&store, "second");
    assert_eq!(second.leader().await.unwrap().unwrap(), "first");
    let waiting = tokio::spawn(async move { second.campaign().await.unwrap() });
    // Changes of other keys, also of longer ones, are nothing to the candidate.
    written(&*store, [put("leader/notes", "")]).await;
    assert!(first.is_held());
    store.commit(work(&first)).await.unwrap();
    first.resign().await.unwrap();
    let second = waiting.await.unwrap();
    assert!(second.is_held());
    assert_eq!(text(&*store, "leader").await.unwrap(), "second");
}

pub(crate) async fn the_next_leads_when_a_leader_is_dropped(store: Arc<dyn Store>) {
    let first = candidate(&store, "first").campaign().await.unwrap();
    let others: Vec<_> = (0..3)
        .map(|n| {
            let other = candidate(&store, &n.to_string());
            tokio::spawn(async move { drop(other.campaign().await.unwrap()) })
        })
        .collect();
    drop(first);
    // Each leads for a moment.
    for other in others {
        other.await.unwrap();
    }
}

pub(crate) async fn a_leader_that_lost_its_lease_cannot_write(store: Arc<dyn Store>) {
    let short = Duration::from_secs(2);
    let first = Election::new(Arc::clone(&store), "leader", "first", short);
    let first = first.campaign().await.unwrap();
    // Somebody takes the office away without the leader's knowing.
    written(&*store, [crate::transactions::remove("leader")]).await;
    let second = candidate(&store, "second").campaign().await.unwrap();
    assert_eq!(store.commit(work(&first)).await.unwrap(), Outcome::Conflict);
    assert!(matches!(
        store.commit(work(&second)).await.unwrap(),
        Outcome::Committed(_)
    ));
}

/// More has happened since than a store remembers.
pub(crate) async fn an_old_office_is_waited_for(store: Arc<dyn Store>) {
    let first = candidate(&store, "first").campaign().await.unwrap();
    for n in 0..20 {
        written(&*store, [put("other", n.to_string())]).await;
    }
    let second = candidate(&store, "second");
    let waiting = tokio::spawn(async move { second.campaign().await.unwrap() });
    first.resign().await.unwrap();
    assert!(waiting.await.unwrap().is_held());
}

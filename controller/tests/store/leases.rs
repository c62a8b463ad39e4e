//! Keys that live as long as somebody wants them.

use std::sync::Arc;
use std::time::Duration;

use wattle_controller::store::KeptLease;
use wattle_controller::store::LeaseId;
use wattle_controller::store::Store;
use wattle_controller::store::StoreError;
use wattle_controller::store::Watch;

use crate::transactions::committed;
use crate::transactions::put;
use crate::transactions::remove;
use crate::transactions::text;
use crate::transactions::write;
use crate::transactions::written;

/// Not shorter than the shortest that etcd grants.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(600);

async fn put_under(store: &dyn Store, lease: LeaseId, keys: &[&str]) -> Watch {
    let changes = keys.iter().map(|key| put(key, "leased"));
    let outcome = store.commit_under(write(changes), Some(lease)).await.unwrap();
    store.watch("", committed(outcome)).await.unwrap()
}

pub(crate) async fn keys_go_with_their_lease(store: Arc<dyn Store>) {
    let lease = store.grant(LONG).await.unwrap();
    assert!(lease.ttl >= LONG);
    let other = store.grant(LONG).await.unwrap();
    put_under(&*store, other.id, &["other"]).await;
    let mut watch = put_under(&*store, lease.id, &["a", "b"]).await;
    store.renew(lease.id).await.unwrap();
    store.revoke(lease.id).await.unwrap();
    let mut gone = Vec::new();
    while gone.len() < 2 {
        gone.extend(watch.next().await.unwrap().changes);
    }
    gone.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(gone, [remove("a"), remove("b")]);
    assert_eq!(store.list("").await.unwrap().entries.len(), 1);
    store.revoke(lease.id).await.unwrap();
}

pub(crate) async fn a_lease_that_is_not_renewed_ends(store: Arc<dyn Store>) {
    let lease = store.grant(SHORT).await.unwrap();
    let mut watch = put_under(&*store, lease.id, &["a"]).await;
    assert_eq!(watch.next().await.unwrap().changes, [remove("a")]);
    assert_eq!(store.renew(lease.id).await, Err(StoreError::LeaseGone(lease.id)));
}

pub(crate) async fn a_kept_lease_outlives_its_time(store: Arc<dyn Store>) {
    let kept = KeptLease::grant(Arc::clone(&store), SHORT).await.unwrap();
    put_under(&*store, kept.id(), &["kept"]).await;
    let measure = store.grant(SHORT * 2).await.unwrap();
    let mut watch = put_under(&*store, measure.id, &["measure"]).await;
    assert_eq!(watch.next().await.unwrap().changes, [remove("measure")]);
    assert!(kept.is_alive());
    assert_eq!(text(&*store, "kept").await.unwrap(), "leased");
    drop(kept);
    assert_eq!(watch.next().await.unwrap().changes, [remove("kept")]);
}

pub(crate) async fn nothing_is_written_under_a_lease_that_has_ended(store: Arc<dyn Store>) {
    let lease = store.grant(LONG).await.unwrap().id;
    store.revoke(lease).await.unwrap();
    for gone in [lease, LeaseId(77)] {
        let outcome = store.commit_under(write([put("a", "")]), Some(gone)).await;
        assert_eq!(outcome, Err(StoreError::LeaseGone(gone)));
    }
    assert_eq!(store.get("a").await.unwrap(), None);
}

pub(crate) async fn a_key_written_again_without_its_lease_stays(store: Arc<dyn Store>) {
    let lease = store.grant(LONG).await.unwrap().id;
    put_under(&*store, lease, &["a", "b"]).await;
    written(&*store, [put("a", "free")]).await;
    store.revoke(lease).await.unwrap();
    assert_eq!(text(&*store, "a").await.unwrap(), "free");
    assert_eq!(text(&*store, "b").await, None);
}

pub(crate) async fn a_kept_lease_that_was_revoked_is_lost(store: Arc<dyn Store>) {
    let kept = KeptLease::grant(Arc::clone(&store), SHORT).await.unwrap();
    assert!(kept.is_alive());
    store.revoke(kept.id()).await.unwrap();
    kept.lost().await;
    assert!(!kept.is_alive());
}

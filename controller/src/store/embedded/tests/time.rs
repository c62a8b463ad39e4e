//! Leases by a clock that stands until it is moved.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::super::error::StoreError;
use super::super::super::service::Store;
use super::super::super::transaction::Revision;
use super::super::options::EmbeddedOptions;
use super::changing;
use super::is_committed;
use super::platter::Fault;
use super::platter::Platter;
use super::put;
use super::start;

const TTL: Duration = Duration::from_secs(10);

/// A clock and the hand that moves it.
fn clock() -> (EmbeddedOptions, Arc<AtomicU64>) {
    let seconds = Arc::new(AtomicU64::new(1000));
    let shown = Arc::clone(&seconds);
    let options = EmbeddedOptions::new(Arc::new(move || {
        Duration::from_secs(shown.load(Ordering::SeqCst))
    }));
    (options, seconds)
}

#[tokio::test]
async fn a_lease_lives_exactly_its_time() {
    let (options, seconds) = clock();
    let store = start(Platter::formatted(), options).await;
    let lease = store.grant(TTL).await.unwrap().id;
    let under = |key| store.commit_under(changing(vec![put(key, "")]), Some(lease));
    assert!(is_committed(&under("a").await));
    seconds.fetch_add(9, Ordering::SeqCst);
    store.renew(lease).await.unwrap();
    seconds.fetch_add(9, Ordering::SeqCst);
    assert!(is_committed(&under("b").await));
    assert_eq!(store.list("").await.unwrap().entries.len(), 2);
    seconds.fetch_add(1, Ordering::SeqCst);
    assert_eq!(store.renew(lease).await, Err(StoreError::LeaseGone(lease)));
    assert_eq!(under("c").await, Err(StoreError::LeaseGone(lease)));
    let listing = store.list("").await.unwrap();
    assert_eq!((listing.entries.len(), listing.revision), (0, Revision(3)));
}

#[tokio::test]
async fn a_lease_that_ends_on_a_full_disk_ends_when_there_is_room() {
    let (options, seconds) = clock();
    let platter = Platter::formatted();
    let store = start(platter.clone(), options).await;
    let lease = store.grant(TTL).await.unwrap().id;
    let change = || changing(vec![put("a", "")]);
    assert!(is_committed(&store.commit_under(change(), Some(lease)).await));
    platter.fail(platter.operations(), Fault::Full(u64::MAX / 2));
    seconds.fetch_add(10, Ordering::SeqCst);
    assert!(!is_committed(&store.commit(changing(vec![put("b", "")])).await));
    // It is over all the same.
    let under = store.commit_under(change(), Some(lease)).await;
    assert_eq!(under, Err(StoreError::LeaseGone(lease)));
    platter.fail(0, Fault::Full(0));
    store.check().await.unwrap();
    assert_eq!(store.list("").await.unwrap().entries, []);
}

//! Files that somebody else has, or has spoiled.

use std::fs;

use wattle_controller::store::Embedded;
use wattle_controller::store::StoreError;
use wattle_controller::store::WatchEnd;

use crate::homes::Home;
use crate::homes::options;
use crate::random::Random;
use crate::transactions::committed;
use crate::transactions::put;
use crate::transactions::text;
use crate::transactions::write;
use crate::transactions::written;

use wattle_controller::store::Store;

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_the_same_after_it_was_closed() {
    let home = Home::new();
    let store = home.open().await.unwrap();
    let first = written(&store, [put("a", "1"), put("b", "1")]).await;
    let second = written(&store, [put("a", "2")]).await;
    let lease = store.grant(std::time::Duration::from_secs(600)).await.unwrap();
    let leased = store
        .commit_under(write([put("leased", "")]), Some(lease.id))
        .await;
    let leased = committed(leased.unwrap());
    let before = store.list("").await.unwrap();
    store.close().await;

    let store = home.open().await.unwrap();
    let after = store.list("").await.unwrap();
    // What was held by the process that has ended is gone.
    assert!(after.revision > leased);
    assert_eq!(after.entries, before.entries[..2]);
    assert_eq!(after.entries[0].revision, second);
    assert_eq!(after.entries[1].revision, first);
    assert_eq!(store.renew(lease.id).await, Err(StoreError::LeaseGone(lease.id)));
    let mut early = store.watch("", second).await.unwrap();
    assert_eq!(early.next().await, Err(WatchEnd::ListAgain));
    let mut future = store
        .watch("", wattle_controller::store::Revision(9999))
        .await
        .unwrap();
    assert_eq!(future.next().await, Err(WatchEnd::ListAgain));
    let mut watch = store.watch("", after.revision).await.unwrap();
    let next = written(&store, [put("a", "3")]).await;
    assert_eq!(watch.next().await.unwrap().revision, next);
    store.close().await;
    assert!(matches!(watch.next().await, Err(WatchEnd::Store(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_lists_again() {
    let home = Home::new();
    let mut small = options();
    small.history_batches = 10;
    let store = Embedded::open(&home.path(), small).await.unwrap();
    let mut slow = store
        .watch("", store.list("").await.unwrap().revision)
        .await
        .unwrap();
    let mut uninterested = store
        .watch("other", store.list("").await.unwrap().revision)
        .await
        .unwrap();
    for n in 0..8 {
        written(&store, [put("a", n.to_string())]).await;
    }
    // This one has looked at them all, though none was for it.
    tokio::select! {
        biased;
        batch = uninterested.next() => panic!("{batch:?}"),
        () = std::future::ready(()) => {}
    }
    for n in 0..8 {
        written(&store, [put("a", n.to_string())]).await;
    }
    assert_eq!(slow.next().await, Err(WatchEnd::ListAgain));
    let mine = written(&store, [put("other", "")]).await;
    assert_eq!(uninterested.next().await.unwrap().revision, mine);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_file_is_named() {
    let home = Home::new();
    let store = home.open().await.unwrap();
    let error = home.open().await.unwrap_err().to_string();
    assert!(
        error.contains(&format!("process {}", std::process::id())),
        "{error}"
    );
    assert!(error.contains(&home.path().display().to_string()), "{error}");
    store.close().await;
    home.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_store_is_refused_and_left_alone() {
    for content in ["", "x", "redb", &"not a database ".repeat(10_000)] {
        let home = Home::new();
        fs::create_dir_all(home.path().parent().unwrap()).unwrap();
        fs::write(home.path(), content).unwrap();
        let error = home.open().await.unwrap_err();
        assert!(matches!(error, StoreError::Broken { .. }), "{error}");
        assert!(error.to_string().contains("damaged"), "{error}");
        assert_eq!(fs::read_to_string(home.path()).unwrap(), content);
    }
    let home = Home::new();
    fs::create_dir_all(home.path()).unwrap();
    assert!(home.open().await.is_err());
}

/// Whatever is broken: the store says so, or it is as it was. It never shows anything else.
#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_file_is_refused_or_whole() {
    let home = Home::new();
    let store = home.open().await.unwrap();
    for n in 0..40 {
        written(&store, [put(&format!("key/{n}"), vec![n; 2000])]).await;
    }
    let whole = store.list("").await.unwrap();
    store.close().await;
    let original = fs::read(home.path()).unwrap();
    let mut random = Random::new(3);
    let mut refused = 0;
    for round in 0..60 {
        let mut spoilt = original.clone();
        match round % 3 {
            0 => spoilt.truncate(random.below(original.len())),
            1 => spoilt[random.below(original.len())] ^= 1 << random.below(8),
            _ => {
                let start = random.below(original.len() - 4096);
                spoilt[start..start + 4096].fill(0);
            }
        }
        fs::write(home.path(), spoilt).unwrap();
        match home.open().await {
            Ok(store) => {
                assert_eq!(
                    store.list("").await.unwrap().entries,
                    whole.entries,
                    "round {round}"
                );
                written(&store, [put("a", "1")]).await;
                assert_eq!(text(&store, "a").await.unwrap(), "1");
                store.close().await;
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains("damaged"), "round {round}: {error}");
            }
        }
    }
    assert!(refused > 0);
}

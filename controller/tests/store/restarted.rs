//! etcd killed and started again, and compacted.

use std::sync::Arc;
use std::time::Duration;

use wattle_controller::store::EtcdOptions;
use wattle_controller::store::KeptLease;
use wattle_controller::store::StoreError;
use wattle_controller::store::WatchEnd;

use crate::etcd::MISSING;
use crate::etcd::Server;
use crate::etcd::impatient;
use crate::etcd::is_there;
use crate::etcd::store;
use crate::transactions::committed;
use crate::transactions::increment;
use crate::transactions::put;
use crate::transactions::text;
use crate::transactions::write;
use crate::transactions::written;

/// Far longer than an alarm takes.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_etcd_loses_and_doubles_nothing() {
    if !is_there() {
        skip!("{MISSING}");
    }
    const TASKS: usize = 6;
    const EACH: usize = 40;
    let mut server = Server::start();
    let mut options = EtcdOptions::new([server.url()]);
    options.timeouts = impatient(Duration::from_secs(60));
    let store = store(&options);
    let start = store.list("").await.unwrap().revision;
    let mut watch = store.watch("counter", start).await.unwrap();
    let lease = KeptLease::grant(Arc::clone(&store), Duration::from_secs(60))
        .await
        .unwrap();
    committed(
        store
            .commit_under(write([put("leased", "")]), Some(lease.id()))
            .await
            .unwrap(),
    );
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    increment(&*store, "counter").await.unwrap();
                }
            })
        })
        .collect();
    for seen in 1..=TASKS * EACH {
        let batch = watch.next().await.unwrap();
        assert_eq!(batch.changes, [put("counter", seen.to_string())]);
        if seen % 70 == 0 {
            server.kill();
            server.restart();
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(
        text(&*store, "counter").await.unwrap(),
        (TASKS * EACH).to_string()
    );
    assert!(lease.is_alive());
    assert_eq!(text(&*store, "leased").await.unwrap(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etcd_that_is_not_there_is_said_to_be() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let mut server = Server::start();
    let mut options = EtcdOptions::new([server.url()]);
    options.timeouts = impatient(Duration::from_secs(1));
    let store = store(&options);
    written(&*store, [put("a", "1")]).await;
    server.kill();
    // Nothing was sent, so nothing is in doubt.
    let error = store.commit(write([put("a", "2")])).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(error.to_string().contains(&server.url()), "{error}");
    server.restart();
    let mut patient = EtcdOptions::new([server.url()]);
    patient.timeouts.total = crate::patience::PATIENCE;
    written(&*crate::etcd::store(&patient), [put("a", "3")]).await;
    written(&*store, [put("a", "4")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_of_compacted_changes_lists_again() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let server = Server::start();
    let store = server.store();
    let start = written(&*store, [put("a", "1")]).await;
    for n in 0..5 {
        written(&*store, [put("a", n.to_string())]).await;
    }
    let revision = store.list("").await.unwrap().revision;
    server.call("kv/compaction", &format!("{{\"revision\":\"{}\"}}", revision.0));
    let mut watch = store.watch("", start).await.unwrap();
    assert_eq!(watch.next().await, Err(WatchEnd::ListAgain));
    let mut watch = store.watch("", revision).await.unwrap();
    let next = written(&*store, [put("a", "after")]).await;
    assert_eq!(watch.next().await.unwrap().revision, next);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_etcd_says_that_nothing_was_changed() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let quota = (4 << 20).to_string();
    let server = Server::start_with("http", &["--quota-backend-bytes".to_owned(), quota]);
    let store = server.store();
    let mut made = 0;
    let error = loop {
        match store
            .commit(write([put(&made.to_string(), vec![1; 200_000])]))
            .await
        {
            Ok(_) => made += 1,
            Err(error) => break error,
        }
        assert!(made < 100, "there is no quota");
    };
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("space exceeded"), "{error}");
    assert_eq!(store.list("").await.unwrap().entries.len(), made);
    // The alarm goes through the cluster after the refusal.
    let health = tokio::time::timeout(PATIENCE, async {
        loop {
            match store.check().await {
                Err(health) => break health,
                Ok(_) => tokio::task::yield_now().await,
            }
        }
    });
    let health = health.await.unwrap();
    assert!(health.to_string().contains("NOSPACE"), "{health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clusters_are_not_one_store() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let (mut first, second) = (Server::start(), Server::start());
    let store = store(&EtcdOptions::new([first.url(), second.url()]));
    written(&*store, [put("a", "1")]).await;
    first.kill();
    let error = store.get("a").await.unwrap_err();
    assert!(error.to_string().contains("different clusters"), "{error}");
    assert!(!error.is_transient());
}

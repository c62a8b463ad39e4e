//! Lost requests, lost answers, and those that come late.

use std::sync::Arc;
use std::time::Duration;

use wattle_controller::store::Change;
use wattle_controller::store::EtcdOptions;
use wattle_controller::store::Outcome;
use wattle_controller::store::Store;
use wattle_controller::store::StoreError;
use wattle_controller::store::Transaction;
use wattle_controller::store::Watch;

use crate::etcd::MISSING;
use crate::etcd::Server;
use crate::etcd::impatient;
use crate::etcd::is_there;
use crate::etcd::store;
use crate::proxy::Mode;
use crate::proxy::Proxy;
use crate::transactions::committed;
use crate::transactions::expect;
use crate::transactions::increment;
use crate::transactions::put;
use crate::transactions::remove;
use crate::transactions::text;
use crate::transactions::written;

/// A store that first asks through the proxy, and then directly.
struct Bench {
    _server: Server,
    proxy: Proxy,
    store: Arc<dyn Store>,
    direct: Arc<dyn Store>,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::start();
        let proxy = Proxy::start(server.port).await;
        let mut options = EtcdOptions::new([proxy.url.clone(), server.url()]);
        options.timeouts = impatient(Duration::from_secs(60));
        let store = store(&options);
        // The marker's lease is there before anything goes wrong.
        written(&*store, [put("first", "")]).await;
        Self {
            direct: server.store(),
            _server: server,
            proxy,
            store,
        }
    }

    fn only_proxied(&self, total: Duration) -> Arc<dyn Store> {
        let mut options = EtcdOptions::new([self.proxy.url.clone()]);
        options.timeouts = impatient(total);
        store(&options)
    }
}

fn create(key: &str) -> Transaction {
    Transaction {
        expect: vec![expect(key, None)],
        changes: vec![put(key, "ours")],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_and_made_once() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let bench = Bench::start().await;
    let start = bench.direct.list("").await.unwrap().revision;
    bench.proxy.set(Mode::LoseAnswers);
    let revision = committed(bench.store.commit(create("a")).await.unwrap());
    assert_eq!(bench.direct.get("a").await.unwrap().unwrap().revision, revision);
    let end = written(&*bench.direct, [put("end", "")]).await;
    let mut watch = bench.direct.watch("", start).await.unwrap();
    assert_eq!(watch.next().await.unwrap().revision, revision);
    assert_eq!(watch.next().await.unwrap().revision, end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_whose_answer_was_lost_is_still_one() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let bench = Bench::start().await;
    written(&*bench.direct, [put("a", "theirs")]).await;
    bench.proxy.set(Mode::LoseAnswers);
    assert_eq!(bench.store.commit(create("a")).await.unwrap(), Outcome::Conflict);
    assert_eq!(text(&*bench.direct, "a").await.unwrap(), "theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_arrives_late_is_not_made_a_second_time() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let bench = Bench::start().await;
    bench.proxy.set(Mode::HoldRequests);
    // It is made at the other endpoint, while the first request is still on its way.
    let revision = committed(bench.store.commit(create("a")).await.unwrap());
    bench.proxy.wait_for_held().await;
    // Now the late one would find everything as it expects it.
    written(&*bench.direct, [remove("a")]).await;
    let answered = bench.proxy.answered();
    bench.proxy.set(Mode::LoseAnswers);
    bench.proxy.wait_for_answer(answered).await;
    assert_eq!(bench.direct.get("a").await.unwrap(), None, "{revision:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_arrives_after_a_conflict_was_told_is_not_made() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let bench = Bench::start().await;
    bench.proxy.set(Mode::HoldRequests);
    let commit = {
        let store = Arc::clone(&bench.store);
        tokio::spawn(async move { store.commit(create("a")).await })
    };
    bench.proxy.wait_for_held().await;
    written(&*bench.direct, [put("a", "theirs")]).await;
    assert_eq!(commit.await.unwrap().unwrap(), Outcome::Conflict);
    written(&*bench.direct, [remove("a")]).await;
    let answered = bench.proxy.answered();
    bench.proxy.set(Mode::LoseAnswers);
    bench.proxy.wait_for_answer(answered).await;
    assert_eq!(bench.direct.get("a").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_commit_does_not_disturb_the_next_one() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let bench = Bench::start().await;
    bench.proxy.set(Mode::HoldRequests);
    let commit = {
        let store = Arc::clone(&bench.store);
        tokio::spawn(async move { store.commit(create("dropped")).await })
    };
    bench.proxy.wait_for_held().await;
    commit.abort();
    assert!(commit.await.unwrap_err().is_cancelled());
    let answered = bench.proxy.answered();
    bench.proxy.set(Mode::Forward);
    bench.proxy.wait_for_answer(answered).await;
    // Its marker has moved, which the next commit finds out.
    for key in ["a", "b"] {
        committed(bench.store.commit(create(key)).await.unwrap());
    }
    assert_eq!(text(&*bench.direct, "dropped").await.unwrap(), "ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_waits_for_ever_in_a_partition_and_all_goes_on_after_it() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let bench = Bench::start().await;
    let store = bench.only_proxied(Duration::from_secs(2));
    let start = written(&*store, [put("a", "1")]).await;
    let mut watch = store.watch("", start).await.unwrap();
    bench.proxy.set(Mode::Partition);
    for error in [
        store.get("a").await.unwrap_err(),
        store.list("").await.unwrap_err(),
        store.check().await.unwrap_err(),
        store.grant(Duration::from_secs(5)).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    }
    // Nobody can know.
    let error = store.commit(create("b")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unresolved { .. }), "{error}");
    let missed = written(&*bench.direct, [put("a", "2")]).await;
    bench.proxy.set(Mode::Forward);
    assert_eq!(watch.next().await.unwrap().revision, missed);
    let made = written(&*store, [put("a", "3")]).await;
    assert_eq!(watch.next().await.unwrap().revision, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_lost_at_random_lose_and_double_nothing() {
    if !is_there() {
        skip!("{MISSING}");
    }
    const TASKS: usize = 6;
    const EACH: usize = 15;
    let bench = Bench::start().await;
    let start = bench.direct.list("").await.unwrap().revision;
    let proxied = bench.only_proxied(Duration::from_secs(60));
    let mut proxied = proxied.watch("counter", start).await.unwrap();
    let mut direct = bench.direct.watch("counter", start).await.unwrap();
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = Arc::clone(&bench.store);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    increment(&*store, "counter").await.unwrap();
                }
            })
        })
        .collect();
    let mut random = crate::random::Random::new(5);
    let mut seen = 0;
    while seen < TASKS * EACH {
        let next = (seen + 1 + random.below(12)).min(TASKS * EACH);
        let modes = [Mode::LoseAnswers, Mode::HoldRequests, Mode::Partition];
        bench.proxy.set(modes[random.below(3)]);
        // They go on through the other endpoint.
        for number in seen + 1..=next {
            assert_eq!(told(&mut direct).await, put("counter", number.to_string()));
        }
        bench.proxy.set(Mode::Forward);
        for number in seen + 1..=next {
            assert_eq!(told(&mut proxied).await, put("counter", number.to_string()));
        }
        seen = next;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let total = text(&*bench.direct, "counter").await.unwrap();
    assert_eq!(total, (TASKS * EACH).to_string());
}

async fn told(watch: &mut Watch) -> Change {
    let batch = watch.next().await.unwrap();
    let [change] = batch.changes.try_into().unwrap();
    change
}

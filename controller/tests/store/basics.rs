//! One caller at a time.

use std::sync::Arc;

use wattle_controller::store::Entry;
use wattle_controller::store::MAX_CHANGES;
use wattle_controller::store::MAX_EXPECTATIONS;
use wattle_controller::store::MAX_KEY_BYTES;
use wattle_controller::store::MAX_TRANSACTION_BYTES;
use wattle_controller::store::MAX_VALUE_BYTES;
use wattle_controller::store::Outcome;
use wattle_controller::store::Refusal;
use wattle_controller::store::Revision;
use wattle_controller::store::Store;
use wattle_controller::store::StoreError;
use wattle_controller::store::Transaction;

use crate::transactions::committed;
use crate::transactions::expect;
use crate::transactions::put;
use crate::transactions::remove;
use crate::transactions::text;
use crate::transactions::write;
use crate::transactions::written;

pub(crate) async fn what_was_committed_is_read(store: Arc<dyn Store>) {
    let store = &*store;
    assert_eq!(store.get("providers/a").await.unwrap(), None);
    let first = written(store, [put("providers/a", "1"), put("providers/b", [0, 255])]).await;
    let second = written(store, [put("providers/a", ""), put("claims/a", "3")]).await;
    assert!(second > first);
    let a = Entry {
        key: "providers/a".to_owned(),
        value: Vec::new(),
        revision: second,
    };
    assert_eq!(store.get("providers/a").await.unwrap(), Some(a.clone()));
    let listing = store.list("providers/").await.unwrap();
    assert_eq!(listing.revision, second);
    let [listed, b] = listing.entries.try_into().unwrap();
    assert_eq!(listed, a);
    assert_eq!((b.value, b.revision), (vec![0, 255], first));
    written(store, [remove("providers/a")]).await;
    assert_eq!(store.get("providers/a").await.unwrap(), None);
    assert_eq!(store.list("providers/").await.unwrap().entries.len(), 1);
    assert_eq!(store.list("").await.unwrap().entries.len(), 2);
    assert_eq!(store.list("providers/c").await.unwrap().entries.len(), 0);
}

pub(crate) async fn a_conflict_changes_nothing(store: Arc<dyn Store>) {
    let store = &*store;
    let old = written(store, [put("a", "1")]).await;
    let now = written(store, [put("a", "2"), put("b", "2")]).await;
    let transaction = Transaction {
        expect: vec![expect("b", Some(now)), expect("a", Some(old))],
        changes: vec![put("a", "3"), put("c", "3"), remove("b")],
    };
    assert_eq!(store.commit(transaction).await.unwrap(), Outcome::Conflict);
    assert_eq!(text(store, "a").await.unwrap(), "2");
    assert_eq!(text(store, "b").await.unwrap(), "2");
    assert_eq!(text(store, "c").await, None);
}

pub(crate) async fn an_absent_key_can_be_expected(store: Arc<dyn Store>) {
    let create = || Transaction {
        expect: vec![expect("a", None)],
        changes: vec![put("a", "1")],
    };
    committed(store.commit(create()).await.unwrap());
    assert_eq!(store.commit(create()).await.unwrap(), Outcome::Conflict);
    written(&*store, [remove("a")]).await;
    committed(store.commit(create()).await.unwrap());
    // A revision that a key never had, and one that a removed key had.
    for revision in [Revision(1), Revision(u32::MAX.into())] {
        let transaction = Transaction {
            expect: vec![expect("b", Some(revision))],
            changes: vec![put("b", "1")],
        };
        assert_eq!(store.commit(transaction).await.unwrap(), Outcome::Conflict);
    }
}

pub(crate) async fn a_transaction_without_changes_only_checks(store: Arc<dyn Store>) {
    let revision = written(&*store, [put("a", "1")]).await;
    let check = |revision| Transaction {
        expect: vec![expect("a", revision)],
        changes: Vec::new(),
    };
    let holds = store.commit(check(Some(revision))).await.unwrap();
    assert!(committed(holds) >= revision);
    assert_eq!(store.commit(check(None)).await.unwrap(), Outcome::Conflict);
    assert_eq!(store.get("a").await.unwrap().unwrap().revision, revision);
}

pub(crate) async fn what_is_too_large_is_refused_and_what_just_fits_is_made(store: Arc<dyn Store>) {
    let refused: Vec<(Transaction, &str)> = vec![
        (write([put("", "")]), "a key is empty"),
        (write([put(&"k".repeat(MAX_KEY_BYTES + 1), "")]), "has 513 bytes"),
        (
            write([put("a", vec![0; MAX_VALUE_BYTES + 1])]),
            "divide it among several keys",
        ),
        (
            write((0..5).map(|n| put(&n.to_string(), vec![0; MAX_VALUE_BYTES]))),
            "divide it",
        ),
        (
            write((0..=MAX_CHANGES).map(|n| put(&n.to_string(), ""))),
            "121 changes",
        ),
        (write([put("a", "1"), remove("a")]), "changes \"a\" twice"),
    ];
    for (transaction, words) in refused {
        let error = store.commit(transaction).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let long = "k".repeat(MAX_KEY_BYTES + 1);
    for error in [
        store.get(&long).await.unwrap_err(),
        store.list(&long).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Refused(Refusal::LongKey { .. })));
    }
    let key = |n: usize| format!("{n:0>MAX_KEY_BYTES$}");
    let values = (MAX_TRANSACTION_BYTES - (MAX_CHANGES + MAX_EXPECTATIONS) * MAX_KEY_BYTES) / MAX_CHANGES;
    let largest = Transaction {
        expect: (0..MAX_EXPECTATIONS).map(|n| expect(&key(n), None)).collect(),
        changes: (0..MAX_CHANGES).map(|n| put(&key(n), vec![7; values])).collect(),
    };
    committed(store.commit(largest.clone()).await.unwrap());
    assert_eq!(store.commit(largest).await.unwrap(), Outcome::Conflict);
    written(
        &*store,
        (0..3).map(|n| put(&format!("large/{n}"), vec![n; MAX_VALUE_BYTES])),
    )
    .await;
    let listed = store.list("").await.unwrap().entries;
    assert_eq!(listed.len(), MAX_CHANGES + 3);
    assert_eq!(listed.last().unwrap().value, vec![2; MAX_VALUE_BYTES]);
}

pub(crate) async fn any_text_is_a_key(store: Arc<dyn Store>) {
    let keys = [
        "\0",
        " ",
        "\"}],\"x\":[{\"",
        "../../etc",
        "a/b//c/",
        "\u{10ffff}",
        "é\n",
    ];
    for key in keys {
        written(&*store, [put(key, key)]).await;
    }
    for key in keys {
        assert_eq!(text(&*store, key).await.unwrap(), key);
        let listed = store.list(key).await.unwrap().entries;
        assert_eq!(listed.len(), 1, "{key:?}");
    }
}

pub(crate) async fn a_listing_is_whole_and_in_order(store: Arc<dyn Store>) {
    const COUNT: usize = 1700;
    let keys: Vec<String> = (0..COUNT).map(|n| format!("hosts/{n:05}")).collect();
    for some in keys.chunks(100) {
        written(&*store, some.iter().map(|key| put(key, key.repeat(40)))).await;
    }
    let last = written(&*store, [put("hosts0", ""), put("host", "")]).await;
    let listing = store.list("hosts/").await.unwrap();
    assert_eq!(listing.revision, last);
    let listed: Vec<String> = listing.entries.iter().map(|entry| entry.key.clone()).collect();
    assert_eq!(listed, keys);
    assert!(
        listing
            .entries
            .iter()
            .all(|entry| entry.value == entry.key.repeat(40).as_bytes())
    );
}

pub(crate) async fn a_removed_key_that_was_not_there_is_no_event(store: Arc<dyn Store>) {
    let start = store.list("").await.unwrap().revision;
    let mut watch = store.watch("", start).await.unwrap();
    let nothing = written(&*store, [remove("a")]).await;
    let both = written(&*store, [remove("a"), put("b", "1")]).await;
    assert!(start < nothing && nothing < both);
    let batch = watch.next().await.unwrap();
    assert_eq!((batch.revision, batch.changes), (both, vec![put("b", "1")]));
}

pub(crate) async fn a_healthy_store_says_so(store: Arc<dyn Store>) {
    let revision = written(&*store, [put("a", "1")]).await;
    let health = store.check().await.unwrap();
    assert_eq!(health.revision, revision);
    assert!(!health.place.is_empty());
}

//! Transactions in few words.

use wattle_controller::store::Change;
use wattle_controller::store::Expectation;
use wattle_controller::store::Outcome;
use wattle_controller::store::Revision;
use wattle_controller::store::Store;
use wattle_controller::store::Transaction;

pub(crate) fn put(key: &str, value: impl AsRef<[u8]>) -> Change {
    Change {
        key: key.to_owned(),
        value: Some(value.as_ref().to_vec()),
    }
}

pub(crate) fn remove(key: &str) -> Change {
    Change {
        key: key.to_owned(),
        value: None,
    }
}

pub(crate) fn expect(key: &str, revision: Option<Revision>) -> Expectation {
    Expectation {
        key: key.to_owned(),
        revision,
    }
}

/// Changes without conditions.
pub(crate) fn write(changes: impl IntoIterator<Item = Change>) -> Transaction {
    Transaction {
        expect: Vec::new(),
        changes: changes.into_iter().collect(),
    }
}

/// Makes changes that nothing can be in the way of.
pub(crate) async fn written(store: &dyn Store, changes: impl IntoIterator<Item = Change>) -> Revision {
    committed(store.commit(write(changes)).await.unwrap())
}

pub(crate) fn committed(outcome: Outcome) -> Revision {
    match outcome {
        Outcome::Committed(revision) => revision,
        Outcome::Conflict => panic!("a conflict"),
    }
}

/// The value of a key as text.
pub(crate) async fn text(store: &dyn Store, key: &str) -> Option<String> {
    let entry = store.get(key).await.unwrap()?;
    Some(String::from_utf8(entry.value).unwrap())
}

/// Adds one to a number, however often others come first. Failures are the caller's.
pub(crate) async fn increment(
    store: &dyn Store,
    key: &str,
) -> Result<(), wattle_controller::store::StoreError> {
    loop {
        let entry = store.get(key).await?;
        let number: u64 = entry.as_ref().map_or(0, |entry| number(&entry.value));
        let transaction = Transaction {
            expect: vec![expect(key, entry.map(|entry| entry.revision))],
            changes: vec![put(key, (number + 1).to_string())],
        };
        if store.commit(transaction).await? != Outcome::Conflict {
            return Ok(());
        }
    }
}

pub(crate) fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

//! The embedded store on a disk that fails, hangs, and loses power.

mod crash;
mod failing;
mod formats;
mod hanging;
mod platter;
mod time;

use super::super::transaction::Change;
use super::super::transaction::Outcome;
use super::super::transaction::Transaction;
use super::open::Open;
use super::options::Clock;
use super::options::EmbeddedOptions;
use super::write::Write;

pub(super) const CACHE: usize = 1 << 20;

fn put(key: &str, value: &str) -> Change {
    Change {
        key: key.to_owned(),
        value: Some(value.as_bytes().to_vec()),
    }
}

fn changing(changes: Vec<Change>) -> Transaction {
    Transaction {
        expect: Vec::new(),
        changes,
    }
}

/// The `n`th of a series of writes: some keys come, some go, some grow.
fn nth(n: usize) -> Write {
    let value = format!("{n}");
    let mut changes = vec![put("left", &value), put("right", &value)];
    changes.push(put(&format!("key/{}", n % 7), &value.repeat(1 + n * 37 % 1500)));
    if n.is_multiple_of(3) {
        changes.push(Change {
            key: format!("key/{}", (n + 3) % 7),
            value: None,
        });
    }
    Write::Commit {
        transaction: changing(changes),
        lease: 0,
    }
}

async fn start(disk: impl Open + 'static, options: EmbeddedOptions) -> super::Embedded {
    super::Embedded::start(Box::new(disk), "the platter".to_owned(), options)
        .await
        .unwrap()
}

fn still() -> Clock {
    std::sync::Arc::new(|| std::time::Duration::ZERO)
}

fn is_committed(outcome: &Result<Outcome, super::StoreError>) -> bool {
    matches!(outcome, Ok(Outcome::Committed(_)))
}

//! How large a request may be: the same in every store, so that what fits into one fits into the other.
//!
//! The figures stay below etcd's own defaults: 128 operations and 1.5 MiB for a request (`--max-txn-ops`, `--max-request-bytes`), of
//! which some are used for finding out what became of a commit.

use std::collections::HashSet;
use std::time::Duration;

use super::transaction::Transaction;

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 512;
/// The largest value.
pub const MAX_VALUE_BYTES: usize = 256 << 10;
/// All keys and values of a transaction together.
pub const MAX_TRANSACTION_BYTES: usize = 1 << 20;
/// The most expectations of a transaction.
pub const MAX_EXPECTATIONS: usize = 120;
/// The most changes of a transaction.
pub const MAX_CHANGES: usize = 120;
/// The shortest time to live of a lease.
pub const MIN_TTL: Duration = Duration::from_secs(1);
/// The longest one.
pub const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No key.
    #[error("a key is empty")]
    EmptyKey,
    /// A key is too long.
    #[error("the key that begins with {start:?} has {bytes} bytes, more than {MAX_KEY_BYTES}")]
    LongKey {
        /// Enough of it to find it.
        start: String,
        /// Its length.
        bytes: usize,
    },
    /// A value is too large.
    #[error(
        "the value of {key:?} has {bytes} bytes, more than {MAX_VALUE_BYTES}: divide it among several keys"
    )]
    LargeValue {
        /// Its key.
        key: String,
        /// Its length.
        bytes: usize,
    },
    /// The transaction is too large.
    #[error("the transaction has {bytes} bytes, more than {MAX_TRANSACTION_BYTES}: divide it")]
    LargeTransaction {
        /// Of its keys and values.
        bytes: usize,
    },
    /// There is too much in it.
    #[error("the transaction has {count} {what}, more than {most}: divide it")]
    Many {
        /// `changes` or `expectations`.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A key is changed twice.
    #[error("the transaction changes {key:?} twice")]
    Twice {
        /// That key.
        key: String,
    },
    /// A lease is too short or too long.
    #[error("a lease of {ttl:?} is not between {MIN_TTL:?} and {MAX_TTL:?}")]
    Ttl {
        /// What was asked for.
        ttl: Duration,
    },
}

/// Whether something can stand under this key.
pub fn check_key(key: &str) -> Result<(), Refusal> {
    if key.is_empty() {
        return Err(Refusal::EmptyKey);
    }
    check_prefix(key)
}

/// Whether keys can begin with it. All begin with the empty one.
pub fn check_prefix(prefix: &str) -> Result<(), Refusal> {
    if prefix.len() <= MAX_KEY_BYTES {
        return Ok(());
    }
    Err(Refusal::LongKey {
        start: prefix.chars().take(40).collect(),
        bytes: prefix.len(),
    })
}

/// Whether a transaction is within all bounds.
pub fn check_transaction(transaction: &Transaction) -> Result<(), Refusal> {
    check_count("expectations", transaction.expect.len(), MAX_EXPECTATIONS)?;
    check_count("changes", transaction.changes.len(), MAX_CHANGES)?;
    for expectation in &transaction.expect {
        check_key(&expectation.key)?;
    }
    let mut seen = HashSet::new();
    for change in &transaction.changes {
        check_key(&change.key)?;
        let bytes = change.value.as_ref().map_or(0, Vec::len);
        if bytes > MAX_VALUE_BYTES {
            return Err(Refusal::LargeValue {
                key: change.key.clone(),
                bytes,
            });
        }
        if !seen.insert(change.key.as_str()) {
            return Err(Refusal::Twice {
                key: change.key.clone(),
            });
        }
    }
    let bytes = transaction_bytes(transaction);
    if bytes > MAX_TRANSACTION_BYTES {
        return Err(Refusal::LargeTransaction { bytes });
    }
    Ok(())
}

/// Whether a lease may live this long.
pub fn check_ttl(ttl: Duration) -> Result<(), Refusal> {
    if (MIN_TTL..=MAX_TTL).contains(&ttl) {
        return Ok(());
    }
    Err(Refusal::Ttl { ttl })
}

/// What a transaction holds in memory, and about what it is on the wire.
pub(super) fn transaction_bytes(transaction: &Transaction) -> usize {
    let expected: usize = transaction.expect.iter().map(|e| e.key.len()).sum();
    let changed = |change: &super::Change| change.key.len() + change.value.as_ref().map_or(0, Vec::len);
    expected + transaction.changes.iter().map(changed).sum::<usize>()
}

fn check_count(what: &'static str, count: usize, most: usize) -> Result<(), Refusal> {
    if count <= most {
        return Ok(());
    }
    Err(Refusal::Many { what, count, most })
}

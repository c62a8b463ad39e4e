//! What a write does to the tables.

use redb::Error;

use super::super::transaction::Change;
use super::super::transaction::Expectation;
use super::super::transaction::Revision;
use super::super::transaction::Transaction;
use super::super::watch::Batch;
use super::tables::Tables;

/// One of those that are written together.
#[derive(Debug)]
pub(super) enum Write {
    Commit {
        transaction: Transaction,
        lease: i64,
    },
    /// Removes the keys of a lease.
    EndLease(i64),
    /// Removes the keys of all leases: those of a process that has ended.
    EndAllLeases,
    /// Shows whether the disk can be written to.
    Probe,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// With a revision of its own, even if it changed nothing.
    Made(Batch),
    /// There was nothing to write.
    Unchanged(Revision),
    Conflict,
}

impl Write {
    /// `last` is the store's revision; a write that is made takes the next one.
    pub(super) fn apply(&self, tables: &mut Tables<'_>, last: Revision) -> Result<Verdict, Error> {
        match self {
            Self::Commit { transaction, lease } => commit(tables, last, transaction, *lease),
            Self::EndLease(id) => end(tables, last, |lease| lease == *id),
            Self::EndAllLeases => end(tables, last, |_| true),
            Self::Probe => {
                tables.probe()?;
                Ok(Verdict::Unchanged(last))
            }
        }
    }

    /// Whether it has something to write though it takes no revision.
    pub(super) fn is_probe(&self) -> bool {
        matches!(self, Self::Probe)
    }
}

fn commit(
    tables: &mut Tables<'_>,
    last: Revision,
    transaction: &Transaction,
    lease: i64,
) -> Result<Verdict, Error> {
    for Expectation { key, revision } in &transaction.expect {
        if tables.revision_of(key)? != *revision {
            return Ok(Verdict::Conflict);
        }
    }
    if transaction.changes.is_empty() {
        return Ok(Verdict::Unchanged(last));
    }
    let revision = Revision(last.0 + 1);
    let mut changes = Vec::with_capacity(transaction.changes.len());
    for change in &transaction.changes {
        let happened = match &change.value {
            Some(value) => tables.put(&change.key, revision, lease, value).map(|()| true)?,
            None => tables.remove(&change.key)?,
        };
        if happened {
            changes.push(change.clone());
        }
    }
    Ok(Verdict::Made(Batch { revision, changes }))
}

fn end(tables: &mut Tables<'_>, last: Revision, is_meant: impl Fn(i64) -> bool) -> Result<Verdict, Error> {
    let keys = tables.held_by(is_meant)?;
    if keys.is_empty() {
        return Ok(Verdict::Unchanged(last));
    }
    let mut changes = Vec::with_capacity(keys.len());
    for key in keys {
        tables.remove(&key)?;
        changes.push(Change { key, value: None });
    }
    let revision = Revision(last.0 + 1);
    Ok(Verdict::Made(Batch { revision, changes }))
}

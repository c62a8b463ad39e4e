//! One commit, with as many attempts as it needs; see the page of this directory.

use super::super::error::StoreError;
use super::super::service::LeaseId;
use super::super::transaction::Outcome;
use super::super::transaction::Revision;
use super::super::transaction::Transaction;
use super::client::Attempts;
use super::client::Client;
use super::client::body;
use super::marker::Marker;
use super::marker::Markers;
use super::names::Names;
use super::rejection::Failure;
use super::rejection::Rejection;
use super::wire;
use super::wire::Compare;
use super::wire::Operation;
use super::wire::TxnAnswer;
use super::wire::TxnRequest;

/// The marker's value when a commit was given up: no commit has it.
const VOID: &[u8] = b"void";

/// Makes a transaction, or finds out that it was made.
pub(super) async fn commit(
    client: &Client,
    markers: &Markers,
    names: &Names,
    transaction: &Transaction,
    lease: Option<LeaseId>,
) -> Result<Outcome, StoreError> {
    if transaction.changes.is_empty() {
        return check(client, names, transaction).await;
    }
    let mut attempts = Attempts::new(client.timeouts().total);
    loop {
        let marker = markers.take().await?;
        let commit = Commit {
            client,
            names,
            transaction,
            lease,
            marker,
            doubt: false,
        };
        match commit.run(&mut attempts).await {
            Err(Stopped::Finally(error)) => return Err(error),
            Err(Stopped::LeaseGone(marker)) => {
                // One of two leases: ours, which is replaced, or the caller's.
                if markers.lives(&marker).await? {
                    return Err(lease.map_or_else(
                        || client.garbled("etcd misses a lease that is there".to_owned()),
                        StoreError::LeaseGone,
                    ));
                }
            }
            Ok(outcome) => return Ok(outcome),
        }
    }
}

/// A transaction that writes nothing can be asked for again.
async fn check(client: &Client, names: &Names, transaction: &Transaction) -> Result<Outcome, StoreError> {
    let request = TxnRequest {
        compare: compares(names, transaction),
        ..TxnRequest::default()
    };
    let answer: TxnAnswer = client.read("kv/txn", &request).await?;
    if answer.succeeded {
        return Ok(Outcome::Committed(super::revision(&answer.header)));
    }
    Ok(Outcome::Conflict)
}

/// Why a commit did not come to an end.
enum Stopped<'m> {
    Finally(StoreError),
    /// Nothing was made, since a lease is gone.
    LeaseGone(Marker<'m>),
}

struct Commit<'a, 'm> {
    client: &'a Client,
    names: &'a Names,
    transaction: &'a Transaction,
    lease: Option<LeaseId>,
    marker: Marker<'m>,
    /// An earlier attempt may have been made, or may still be.
    doubt: bool,
}

/// What an answer says of the commit.
enum Judgement {
    Made(Revision),
    Conflict,
    /// The marker was not as expected: this attempt was not made, and never will be. An earlier one of the same commit neither, as it
    /// expected the same.
    MarkerMoved(u64),
    /// The marker has gone, and with it the answer.
    MarkerLost,
    Strange,
}

impl<'m> Commit<'_, 'm> {
    async fn run(mut self, attempts: &mut Attempts) -> Result<Outcome, Stopped<'m>> {
        loop {
            let request = body(&self.request()).map_err(|failure| self.finally(&failure))?;
            let failure = match self.client.attempt::<TxnAnswer>("kv/txn", &request).await {
                Ok(answer) => match self.judge(&answer) {
                    Judgement::Made(revision) => {
                        self.marker.moved_to(revision.0);
                        return Ok(Outcome::Committed(revision));
                    }
                    Judgement::Conflict => return Ok(Outcome::Conflict),
                    Judgement::MarkerMoved(to) => {
                        self.marker.moved_to(to);
                        self.doubt = false;
                        continue;
                    }
                    Judgement::MarkerLost if !self.doubt => return Err(Stopped::LeaseGone(self.marker)),
                    Judgement::MarkerLost => Failure::Unanswered("the commit's marker is gone".to_owned()),
                    Judgement::Strange => Failure::Unanswered("the answer is not understood".to_owned()),
                },
                Err(failure) => failure,
            };
            if failure.rejection().is_some_and(Rejection::is_lease_gone) && !self.doubt {
                return Err(Stopped::LeaseGone(self.marker));
            }
            if failure.rejection().is_some_and(Rejection::is_about_space) {
                match self.look_at_marker().await {
                    Ok(Judgement::Made(revision)) => {
                        self.marker.moved_to(revision.0);
                        return Ok(Outcome::Committed(revision));
                    }
                    Ok(Judgement::Conflict) => {}
                    Ok(_) | Err(_) => self.doubt = true,
                }
            }
            self.doubt |= failure.leaves_doubt();
            if !failure.is_transient() || !attempts.another().await {
                return Err(self.finally(&failure));
            }
        }
    }

    /// etcd refuses what its space has no room for, and makes the first of these all the same (quota checks stand before the log and
    /// again where it is applied): only the marker tells.
    async fn look_at_marker(&self) -> Result<Judgement, StoreError> {
        let request = TxnRequest {
            success: vec![Operation::get(self.marker.key())],
            ..TxnRequest::default()
        };
        let answer: TxnAnswer = self.client.read("kv/txn", &request).await?;
        let range = answer
            .responses
            .first()
            .and_then(|first| first.response_range.as_ref());
        Ok(range.map_or(Judgement::Strange, |range| self.judge_marker(range)))
    }

    fn finally(&self, failure: &Failure) -> Stopped<'m> {
        Stopped::Finally(if self.doubt {
            self.client.unresolved(failure.to_string())
        } else {
            self.client.explain(failure)
        })
    }

    fn request(&self) -> TxnRequest {
        let mut compare = compares(self.names, self.transaction);
        compare.push(self.marker_unmoved());
        let lease = self.lease.map(|lease| lease.0);
        let mut success: Vec<Operation> = Vec::with_capacity(self.transaction.changes.len() + 1);
        for change in &self.transaction.changes {
            let key = self.names.data(&change.key);
            success.push(match &change.value {
                Some(value) => Operation::put(&key, value, lease),
                None => Operation::delete(&key),
            });
        }
        success.push(self.write_marker(self.marker.value().as_bytes()));
        let failure = if self.doubt {
            vec![Operation::Txn(self.settle())]
        } else {
            vec![Operation::get(self.marker.key())]
        };
        TxnRequest {
            compare,
            success,
            failure,
        }
    }

    /// Overwrites the marker if it has not moved; shows it if it has.
    fn settle(&self) -> TxnRequest {
        TxnRequest {
            compare: vec![self.marker_unmoved()],
            success: vec![self.write_marker(VOID)],
            failure: vec![Operation::get(self.marker.key())],
        }
    }

    fn marker_unmoved(&self) -> Compare {
        Compare::revision(self.marker.key(), self.marker.last())
    }

    fn write_marker(&self, value: &[u8]) -> Operation {
        Operation::put(self.marker.key(), value, Some(self.marker.lease()))
    }

    fn judge(&mut self, answer: &TxnAnswer) -> Judgement {
        let revision = super::revision(&answer.header);
        if answer.succeeded {
            return Judgement::Made(revision);
        }
        let Some(response) = answer.responses.first() else {
            return Judgement::Strange;
        };
        match (&response.response_range, &response.response_txn) {
            (Some(range), _) => self.judge_marker(range),
            (None, Some(settled)) if settled.succeeded => {
                self.marker.moved_to(revision.0);
                Judgement::Conflict
            }
            (None, Some(settled)) => match settled.responses.first() {
                Some(response) => match &response.response_range {
                    Some(range) => self.judge_marker(range),
                    None => Judgement::Strange,
                },
                None => Judgement::Strange,
            },
            (None, None) => Judgement::Strange,
        }
    }

    fn judge_marker(&self, range: &wire::RangeAnswer) -> Judgement {
        let (at, value) = match range.kvs.first() {
            Some(kv) => (kv.mod_revision.unsigned_abs(), kv.value.as_str()),
            None => (0, ""),
        };
        if at == self.marker.last() {
            return Judgement::Conflict;
        }
        if at == 0 {
            return Judgement::MarkerLost;
        }
        if value == wire::encoded(self.marker.value()) {
            return Judgement::Made(Revision(at));
        }
        Judgement::MarkerMoved(at)
    }
}

fn compares(names: &Names, transaction: &Transaction) -> Vec<Compare> {
    let expected = transaction.expect.iter().map(|expectation| {
        let revision = expectation.revision.map_or(0, |revision| revision.0);
        Compare::revision(&names.data(&expectation.key), revision)
    });
    expected.collect()
}

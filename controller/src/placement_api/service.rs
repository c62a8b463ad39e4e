//! Plan, commit, apply: the API over a ledger that a store backs.

use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use thiserror::Error;
use tokio::sync::Mutex;

use super::call::Request;
use super::fault::Fault;
use super::fault::code;
use super::reply::Reply;
use super::reply::Response;
use super::reply::fault_response;
use super::routes;
use super::seam::ClaimStore;
use super::version::Version;
use crate::inventory::Ledger;
use crate::inventory::PREFIXES;
use crate::inventory::Plan;
use crate::inventory::Unreadable;
use crate::inventory::pointed_to;
use crate::store::Change;
use crate::store::Entry;
use crate::store::Outcome;
use crate::store::Revision;
use crate::store::Transaction;

/// How often a request is planned anew after somebody else was faster.
const ATTEMPTS: usize = 16;

/// The store cannot be used.
#[derive(Debug, Error)]
pub enum StoreTrouble<E> {
    /// It does not answer.
    #[error("the store does not answer")]
    Store(#[source] E),
    /// What it has is not understood.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Why a change was not made, or is not known to be.
#[derive(Debug, Error)]
pub enum ChangeError<E, S> {
    /// It may not be made.
    #[error("{0}")]
    Refused(E),
    /// Others were faster, time and again.
    #[error("others kept changing what this is about: try again")]
    Contended,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreTrouble<S>),
}

/// The API over a ledger. Any number of them may share a store: none promises what another has promised.
#[derive(Debug)]
pub struct Service<S> {
    store: S,
    ledger: RwLock<Ledger>,
    /// Who met a conflict waits here for the turn to try again, so that of many who want the same each gets on.
    turn: Mutex<()>,
}

impl<S: ClaimStore> Service<S> {
    /// Reads everything that the store has.
    pub async fn open(store: S) -> Result<Self, StoreTrouble<S::Error>> {
        let mut entries = Vec::new();
        for prefix in PREFIXES {
            entries.extend(store.list(prefix).await.map_err(StoreTrouble::Store)?);
        }
        let service = Self::over(store);
        service.begin_anew(entries)?;
        Ok(service)
    }

    /// Over a ledger that knows nothing yet: [`begin_anew`](Self::begin_anew) comes next.
    pub fn over(store: S) -> Self {
        Self {
            store,
            ledger: RwLock::default(),
            turn: Mutex::new(()),
        }
    }

    /// Forgets everything and takes in all that the store has, read at one revision. What was committed after that has to be
    /// told again, by [`take_in`](Self::take_in); until then a request that builds on it is planned twice, and no promise is broken.
    pub fn begin_anew(&self, entries: Vec<Entry>) -> Result<(), Unreadable> {
        let mut ledger = Ledger::new();
        for entry in entries {
            let change = Change {
                key: entry.key,
                value: Some(entry.value),
            };
            ledger.apply(entry.revision, &[change])?;
        }
        *self.ledger.write().unwrap_or_else(PoisonError::into_inner) = ledger;
        Ok(())
    }

    /// The ledger, to look at. Nothing changes while it is held: give it back soon.
    pub fn ledger(&self) -> RwLockReadGuard<'_, Ledger> {
        // Taking in checks everything before it changes anything, so a panic leaves the ledger whole.
        self.ledger.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the store tells of others' changes.
    pub fn take_in(&self, revision: Revision, changes: &[Change]) -> Result<(), Unreadable> {
        let mut ledger = self.ledger.write().unwrap_or_else(PoisonError::into_inner);
        ledger.apply(revision, changes)
    }

    /// Answers a request. What the answer tells is committed before it is given.
    pub async fn handle(&self, request: &Request<'_>) -> Response {
        let id = request.id();
        let version = match Version::of_header(request.api_version) {
            Ok(version) => version,
            Err(fault) => return fault_response(&fault, None, &id),
        };
        let mut response = match self.answer(request, version).await {
            Ok(reply) => reply.into_response(version, request.origin),
            Err(fault) => fault_response(&fault, Some(version), &id),
        };
        response.headers.push(("x-openstack-request-id", id));
        response
    }

    async fn answer(&self, request: &Request<'_>, version: Version) -> Result<Reply, Fault> {
        let plan = |ledger: &Ledger| {
            let mut answer = routes::answer(ledger, request, version)?;
            let transaction = std::mem::take(&mut answer.transaction);
            Ok(Plan { transaction, answer })
        };
        self.change(plan).await.map_err(|error| match error {
            ChangeError::Refused(fault) => fault,
            ChangeError::Contended => {
                let fault = Fault::conflict("others kept changing what this request is about: try again");
                fault.with_code(code::CONCURRENT_UPDATE)
            }
            ChangeError::Store(trouble) => out_of_order(&trouble),
        })
    }

    /// Makes what is planned on the ledger as it is, and plans anew where somebody else was faster. What is answered was committed.
    pub async fn change<T, E>(
        &self,
        plan: impl Fn(&Ledger) -> Result<Plan<T>, E>,
    ) -> Result<T, ChangeError<E, S::Error>> {
        let mut turn = None;
        for _ in 0..ATTEMPTS {
            let Plan { transaction, answer } = plan(&self.ledger()).map_err(ChangeError::Refused)?;
            if transaction.changes.is_empty() {
                return Ok(answer);
            }
            let outcome = self.store.commit(&transaction).await;
            match outcome.map_err(StoreTrouble::Store)? {
                Outcome::Committed(revision) => {
                    self.take_in(revision, &transaction.changes)
                        .map_err(StoreTrouble::from)?;
                    return Ok(answer);
                }
                Outcome::Conflict => {
                    if turn.is_none() {
                        turn = Some(self.turn.lock().await);
                    }
                    self.look_again(&transaction).await?;
                }
            }
        }
        Err(ChangeError::Contended)
    }

    /// Reads anew what a transaction expected to be otherwise, and what that points to.
    async fn look_again(&self, transaction: &Transaction) -> Result<(), StoreTrouble<S::Error>> {
        for expected in &transaction.expect {
            let value = self.refresh(&expected.key).await?;
            if let Some(further) = value.and_then(|value| pointed_to(&expected.key, &value)) {
                self.refresh(&further).await?;
            }
        }
        Ok(())
    }

    /// Reads one key anew.
    async fn refresh(&self, key: &str) -> Result<Option<Vec<u8>>, StoreTrouble<S::Error>> {
        let entry = self.store.get(key).await.map_err(StoreTrouble::Store)?;
        // What is gone went later than anything known of it.
        let revision = entry.as_ref().map_or(Revision(u64::MAX), |entry| entry.revision);
        let change = Change {
            key: key.to_owned(),
            value: entry.map(|entry| entry.value),
        };
        self.take_in(revision, std::slice::from_ref(&change))?;
        Ok(change.value)
    }
}

/// The answer to a request that is refused before it reaches the API, by who carries it: in the form of all other faults.
pub fn refused(request: &Request<'_>, status: u16, sentence: &str) -> Response {
    let version = Version::of_header(request.api_version).ok();
    let id = request.id();
    let mut response = fault_response(&Fault::new(status, sentence), version, &id);
    response.headers.push(("x-openstack-request-id", id));
    response
}

fn out_of_order<E: std::error::Error>(trouble: &StoreTrouble<E>) -> Fault {
    Fault::new(
        503,
        format!("{trouble}: whether the change was made is not known, look before trying again"),
    )
}

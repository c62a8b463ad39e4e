//! Choose and claim.

use std::collections::BTreeMap;

use thiserror::Error;

use super::company::complete;
use super::fleet::KnownHosts;
use super::fleet::fleet_of;
use super::promise;
use crate::inventory::Claim;
use crate::inventory::ConsumerGeneration;
use crate::inventory::Ledger;
use crate::inventory::Plan;
use crate::inventory::Promises;
use crate::inventory::Refusal;
use crate::placement::Answer;
use crate::placement::Machine;
use crate::placement::Policy;
use crate::placement::Request;
use crate::placement::RequestFault;
use crate::placement::decide;
use crate::placement_api::ChangeError;
use crate::placement_api::ClaimStore;
use crate::placement_api::Service;
use crate::store::Transaction;

/// Who wants places, and for whom.
#[derive(Clone, Debug)]
pub struct Order {
    /// The machines; their ids are the consumers.
    pub request: Request,
    /// What matters.
    pub policy: Policy,
    /// Whose they will be.
    pub project: String,
    /// Who asks.
    pub user: String,
    /// What they are.
    pub kind: Option<String>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum Scheduled {
    /// All machines have their places, and the claims are committed.
    Placed(Box<Answer>),
    /// The consumers had these hosts already, in the order of the request: an earlier call placed them.
    Held(Vec<String>),
}

/// Why there are no places. Nothing was claimed.
#[derive(Debug, Error)]
pub enum ScheduleError {
    /// The request cannot be understood.
    #[error(transparent)]
    Request(#[from] RequestFault),
    /// Not every machine has a place.
    #[error("there is no place for {0} of the machines")]
    NoPlace(usize, Box<Answer>),
    /// A consumer is there, and not with what this call asks for.
    #[error("consumer {0} has other allocations already: release them first, or ask under another id")]
    Other(String),
    /// The ledger does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Says where machines would go, and claims nothing.
pub fn simulate(ledger: &Ledger, known: &KnownHosts, order: &Order) -> Result<Answer, ScheduleError> {
    let (request, _) = complete(ledger, order)?;
    Ok(decide(&fleet_of(ledger, known), &order.policy, &request)?)
}

/// Finds places and claims them, all or none. `now` is in seconds since 1970.
pub async fn schedule<S: ClaimStore>(
    service: &Service<S>,
    known: &KnownHosts,
    order: &Order,
    now: u64,
) -> Result<Scheduled, ChangeError<ScheduleError, S::Error>> {
    service.change(|ledger| plan(ledger, known, order, now)).await
}

fn plan(
    ledger: &Ledger,
    known: &KnownHosts,
    order: &Order,
    now: u64,
) -> Result<Plan<Scheduled>, ScheduleError> {
    if let Some(hosts) = held(ledger, &order.request)? {
        return Ok(nothing(Scheduled::Held(hosts)));
    }
    let (request, _) = complete(ledger, order)?;
    let answer = decide(&fleet_of(ledger, known), &order.policy, &request)?;
    claims(ledger, order, (&request, answer), now)
}

/// Nothing has to be committed before this may be said.
pub(super) fn nothing(answer: Scheduled) -> Plan<Scheduled> {
    Plan {
        transaction: Transaction::default(),
        answer,
    }
}

/// The claims that make an answer to the complete request true.
pub(super) fn claims(
    ledger: &Ledger,
    order: &Order,
    (request, answer): (&Request, Answer),
    now: u64,
) -> Result<Plan<Scheduled>, ScheduleError> {
    let homeless = answer
        .decisions
        .iter()
        .filter(|decision| decision.chosen.is_none())
        .count();
    if homeless > 0 {
        return Err(ScheduleError::NoPlace(homeless, Box::new(answer)));
    }
    let uuids: BTreeMap<&str, String> = ledger
        .providers()
        .map(|host| (host.name(), host.uuid().to_string()))
        .collect();
    let pairs = request.machines.iter().zip(&answer.decisions);
    let claims = pairs.filter_map(|(machine, decision)| {
        let host = uuids.get(&*decision.chosen.as_ref()?.host)?;
        let promises = promise::kept(order, machine, &request.groups);
        Some(claim(order, machine, host.clone(), promises))
    });
    let planned = ledger.plan_allocate(&claims.collect::<Vec<_>>(), now)?;
    Ok(Plan {
        transaction: planned.transaction,
        answer: Scheduled::Placed(Box::new(answer)),
    })
}

fn claim(order: &Order, machine: &Machine, host: String, promises: Promises) -> Claim {
    Claim {
        consumer: machine.id.clone(),
        project: order.project.clone(),
        user: order.user.clone(),
        kind: order.kind.clone(),
        generation: ConsumerGeneration::New,
        allocations: BTreeMap::from([(host, amounts(machine))]),
        promises: Some(promises),
    }
}

fn amounts(machine: &Machine) -> BTreeMap<String, u64> {
    let mut amounts = BTreeMap::new();
    for (class, amount) in &machine.wish.resources {
        let sum: &mut u64 = amounts.entry(class.clone()).or_default();
        *sum = sum.saturating_add(*amount);
    }
    amounts
}

/// The hosts of the request's consumers, if all of them have what they ask for; `None` if none of them is there.
pub(super) fn held(ledger: &Ledger, request: &Request) -> Result<Option<Vec<String>>, ScheduleError> {
    let there = |machine: &&Machine| ledger.allocations_of(&machine.id).next().is_some();
    let Some(first) = request.machines.iter().find(there) else {
        return Ok(None);
    };
    let hosts: Option<Vec<String>> = request
        .machines
        .iter()
        .map(|machine| host_of(ledger, machine))
        .collect();
    hosts
        .map(Some)
        .ok_or_else(|| ScheduleError::Other(first.id.clone()))
}

fn host_of(ledger: &Ledger, machine: &Machine) -> Option<String> {
    let mut hosts = ledger.allocations_of(&machine.id);
    let (host, None) = (hosts.next()?, hosts.next()) else {
        return None;
    };
    let taken = host.taken_by(&machine.id).iter();
    let taken = taken.map(|(class, amount)| (ledger.class_name(*class).to_owned(), u64::from(*amount)));
    (taken.collect::<BTreeMap<_, _>>() == amounts(machine)).then(|| host.name().to_owned())
}

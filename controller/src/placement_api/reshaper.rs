//! `POST /reshaper`.

use std::collections::BTreeMap;

use super::allocations;
use super::body;
use super::body::Node;
use super::body::is_uuid_shaped;
use super::call::Call;
use super::fault::Fault;
use super::fault::code;
use super::inventories::inventories_with_generation;
use super::reply::Reply;
use crate::inventory::Claim;
use crate::inventory::Inventory;
use crate::inventory::Ledger;

/// What each provider is to have, with the generation at which the caller knows it.
type Wanted = BTreeMap<String, (u64, BTreeMap<String, Inventory>)>;

/// Moves inventories and allocations in one step.
pub(super) fn reshape(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&["inventories", "allocations"])?;
    let inventories = wanted(&root.required("inventories")?)?;
    let claims = allocations::claims(call, &root.required("allocations")?)?;
    check(ledger, &inventories, &claims)?;
    let plan = ledger
        .plan_reshape(&inventories, &claims, call.now())
        .map_err(allocations::refused)?;
    Ok(Reply::empty(204).after(plan))
}

fn wanted(given: &Node<'_>) -> Result<Wanted, Fault> {
    let mut inventories = Wanted::new();
    for (provider, node) in given.members()? {
        if !is_uuid_shaped(provider) {
            return Err(node.wrong("has to have the UUID of a resource provider as its name"));
        }
        inventories.insert(provider.to_owned(), inventories_with_generation(&node)?);
    }
    if inventories.is_empty() {
        return Err(given.wrong("may not be empty"));
    }
    Ok(inventories)
}

/// Of several faults, Placement tells the first in this order.
fn check(ledger: &Ledger, inventories: &Wanted, claims: &[Claim]) -> Result<(), Fault> {
    for (provider, (generation, _)) in inventories {
        ledger
            .provider(provider)
            .map_err(|refusal| allocations::refused(refusal).with_code(code::PROVIDER_NOT_FOUND))?;
        ledger.check_generation(provider, *generation)?;
    }
    ledger.check_claims(claims).map_err(allocations::refused)?;
    let overdrawn = inventories
        .iter()
        .find(|(_, (_, wanted))| wanted.values().any(|inventory| inventory.capacity() < 0));
    overdrawn.map_or(Ok(()), |(provider, _)| {
        let problem = format!("inventories.{provider} has an inventory that reserves more than there is");
        Err(Fault::bad(problem))
    })
}

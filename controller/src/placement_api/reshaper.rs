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
use crate::inventory::Ledger;

/// Moves inventories and allocations in one step.
pub(super) fn reshape(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&["inventories", "allocations"])?;
    let mut inventories = BTreeMap::new();
    let given = root.required("inventories")?;
    for (provider, node) in given.members()? {
        if !is_uuid_shaped(provider) {
            return Err(node.wrong("has to have the UUID of a resource provider as its name"));
        }
        let wanted = inventories_with_generation(&node)?;
        if wanted.1.values().any(|inventory| inventory.capacity() < 0) {
            return Err(node.wrong("has an inventory that reserves more than there is"));
        }
        inventories.insert(provider.to_owned(), wanted);
    }
    if inventories.is_empty() {
        return Err(given.wrong("may not be empty"));
    }
    let claims = allocations::claims(call, &root.required("allocations")?)?;
    if let Some(refusal) = inventories.keys().find_map(|uuid| ledger.provider(uuid).err()) {
        return Err(allocations::refused(refusal).with_code(code::PROVIDER_NOT_FOUND));
    }
    let plan = ledger
        .plan_reshape(&inventories, &claims, call.now())
        .map_err(allocations::refused)?;
    Ok(Reply::empty(204).after(plan))
}

//! `/resource_providers/{uuid}/aggregates`.

use std::collections::BTreeSet;

use serde_json::json;

use super::body;
use super::body::Node;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use crate::inventory::Ledger;

fn page(call: &Call<'_>, aggregates: &[String], generation: u64) -> Reply {
    let mut body = json!({ "aggregates": aggregates });
    if call.version.has(19) {
        body["resource_provider_generation"] = generation.into();
    }
    Reply::page(&body).modified(call.now())
}

pub(super) fn show(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    Ok(page(call, provider.aggregates(), provider.generation()))
}

/// The whole body is the list before microversion 1.19; a generation stands beside it from then on.
pub(super) fn set(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    ledger.provider(call.name())?;
    let body = body::json(call)?;
    let root = Node::root(&body);
    let (list, generation) = if call.version.has(19) {
        root.only(&["aggregates", "resource_provider_generation"])?;
        let generation = root.required("resource_provider_generation")?.generation()?;
        (root.required("aggregates")?, Some(generation))
    } else {
        (root, None)
    };
    let aggregates = uuids(&list)?;
    let plan = ledger.plan_set_aggregates(call.name(), generation, aggregates.clone(), call.now())?;
    Ok(page(call, &aggregates, plan.answer).after(plan))
}

/// In the order in which they were sent. Aggregates are known by their spelling: Placement does not take two spellings of one UUID for the same.
fn uuids(list: &Node<'_>) -> Result<Vec<String>, Fault> {
    let (mut seen, mut aggregates) = (BTreeSet::new(), Vec::new());
    for item in list.items()? {
        let (text, _) = item.uuid()?;
        if !seen.insert(text) {
            return Err(item.wrong("stands there twice"));
        }
        aggregates.push(text.to_owned());
    }
    Ok(aggregates)
}

//! `/resource_classes`.

use serde_json::Value;
use serde_json::json;

use super::body;
use super::body::Node;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use crate::inventory::Ledger;
use crate::inventory::Refusal;

fn link(call: &Call<'_>, name: &str) -> String {
    format!("{}/resource_classes/{name}", call.request.prefix)
}

fn described(call: &Call<'_>, name: &str) -> Value {
    json!({"name": name, "links": [{"rel": "self", "href": link(call, name)}]})
}

fn missing(refusal: Refusal) -> Fault {
    let status = matches!(refusal, Refusal::NoClass(_)).then_some(404);
    let fault = Fault::from(refusal);
    let status = status.unwrap_or(fault.status);
    fault.with_status(status)
}

fn name_in_body(call: &Call<'_>) -> Result<String, Fault> {
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&["name"])?;
    let name = root.required("name")?.string()?;
    body::check_custom(name)?;
    Ok(name.to_owned())
}

pub(super) fn list(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let all: Vec<_> = ledger.class_names().map(|name| described(call, name)).collect();
    Ok(Reply::page(&json!({ "resource_classes": all })).modified(call.now()))
}

pub(super) fn show(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    ledger.class(call.name()).map_err(missing)?;
    Ok(Reply::page(&described(call, call.name())).modified(call.now()))
}

pub(super) fn create(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let name = name_in_body(call)?;
    let plan = ledger.plan_create_class(&name)?;
    Ok(Reply::empty(201).at(link(call, &name)).after(plan))
}

/// Renames before microversion 1.7; makes, or finds that it is there, from then on.
pub(super) fn put(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    if !call.version.has(7) {
        let new = name_in_body(call)?;
        let plan = ledger
            .plan_rename_class(call.name(), &new, call.now())
            .map_err(missing)?;
        return Ok(Reply::page(&described(call, &new)).after(plan));
    }
    let name = call.name();
    body::check_custom(name)?;
    if ledger.class(name).is_ok() {
        return Ok(Reply::empty(204).at(link(call, name)));
    }
    let plan = ledger.plan_create_class(name)?;
    Ok(Reply::empty(201).at(link(call, name)).after(plan))
}

pub(super) fn delete(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_delete_class(call.name()).map_err(missing)?;
    Ok(Reply::empty(204).after(plan))
}

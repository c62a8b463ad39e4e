//! `/traits` and `/resource_providers/{uuid}/traits`.

use serde_json::json;

use super::body;
use super::body::MAX_NAME;
use super::body::Node;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use crate::inventory::Ledger;
use crate::inventory::Refusal;

fn missing(refusal: Refusal) -> Fault {
    let status = matches!(refusal, Refusal::NoTrait(_)).then_some(404);
    let fault = Fault::from(refusal);
    let status = status.unwrap_or(fault.status);
    fault.with_status(status)
}

/// Which names are asked for. An operator that is not known asks for all, as with Placement.
enum Names<'q> {
    All,
    In(Vec<&'q str>),
    StartWith(&'q str),
}

fn names_of<'q>(call: &'q Call<'_>) -> Result<Names<'q>, Fault> {
    let Some(text) = call.query.get("name") else {
        return Ok(Names::All);
    };
    match text.split_once(':') {
        Some(("in", list)) => Ok(Names::In(list.split(',').collect())),
        Some(("startswith", start)) => Ok(Names::StartWith(start)),
        Some(_) => Ok(Names::All),
        None => Err(Fault::bad(format!(
            "name has the form in:A,B or startswith:A, and {text:?} is not like that"
        ))),
    }
}

pub(super) fn list(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    call.query.only(&["name", "associated"])?;
    let names = names_of(call)?;
    let associated = match call.query.get("associated") {
        None => None,
        Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Some(text) => return Err(Fault::bad(format!("associated is true or false, not {text:?}"))),
    };
    let matches = |name: &str| match &names {
        Names::All => true,
        Names::In(list) => list.contains(&name),
        Names::StartWith(start) => name.starts_with(start),
    };
    let found: Vec<_> = ledger
        .trait_names()
        .filter(|(name, held)| matches(name) && associated.is_none_or(|wanted| wanted == *held))
        .map(|(name, _)| name)
        .collect();
    Ok(Reply::page(&json!({ "traits": found })).modified(call.now()))
}

pub(super) fn show(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    ledger.trait_named(call.name()).map_err(missing)?;
    Ok(Reply::empty(204).modified(call.now()))
}

pub(super) fn put(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let name = call.name();
    body::check_custom(name)?;
    let link = format!("{}/traits/{name}", call.request.prefix);
    if ledger.trait_named(name).is_ok() {
        return Ok(Reply::empty(204).at(link).modified(call.now()));
    }
    let plan = ledger.plan_create_trait(name)?;
    Ok(Reply::empty(201).at(link).modified(call.now()).after(plan))
}

pub(super) fn delete(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_delete_trait(call.name()).map_err(missing)?;
    Ok(Reply::empty(204).after(plan))
}

pub(super) fn of_provider(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    let names: Vec<_> = provider
        .traits()
        .iter()
        .map(|word| ledger.trait_name(*word))
        .collect();
    let body = json!({"traits": names, "resource_provider_generation": provider.generation()});
    Ok(Reply::page(&body).modified(provider.modified()))
}

pub(super) fn set(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&["traits", "resource_provider_generation"])?;
    let generation = root.required("resource_provider_generation")?.generation()?;
    let items = root.required("traits")?.items()?;
    let names: Result<Vec<_>, _> = items.iter().map(|item| item.name(MAX_NAME)).collect();
    let mut names: Vec<_> = names?.into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    let plan = ledger.plan_set_traits(call.name(), Some(generation), &names, call.now())?;
    let body = json!({"traits": names, "resource_provider_generation": plan.answer});
    Ok(Reply::page(&body).modified(call.now()).after(plan))
}

pub(super) fn clear(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_set_traits(call.name(), None, &[], call.now())?;
    Ok(Reply::empty(204).after(plan))
}

//! `/usages` and `/resource_providers/{uuid}/usages`.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::body::MAX_NAME;
use super::body::is_word;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use crate::inventory::Kinds;
use crate::inventory::Ledger;
use crate::inventory::Usage;

/// The heading of consumers of which nobody said what they are.
pub(super) const UNKNOWN: &str = "unknown";
/// The heading of all together.
const ALL: &str = "all";

pub(super) fn of_provider(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    let stocks = provider.stocks().iter();
    let usages: BTreeMap<_, _> = stocks
        .map(|(class, stock)| (ledger.class_name(*class), stock.used))
        .collect();
    let body = json!({"usages": usages, "resource_provider_generation": provider.generation()});
    Ok(Reply::page(&body).modified(call.now()))
}

fn name<'q>(call: &'q Call<'_>, key: &'q str) -> Result<Option<&'q str>, Fault> {
    let Some(text) = call.query.get(key) else {
        return Ok(None);
    };
    match text.chars().count() {
        1..=MAX_NAME => Ok(Some(text)),
        count => Err(Fault::bad(format!(
            "{key} has {count} characters: 1 to {MAX_NAME} are right"
        ))),
    }
}

fn kinds(text: Option<&str>) -> Result<Kinds, Fault> {
    match text {
        None => Ok(Kinds::Each),
        Some(ALL) => Ok(Kinds::Together),
        Some(UNKNOWN) => Ok(Kinds::Unknown),
        Some(kind) if is_word(kind) || kind.starts_with(ALL) => Ok(Kinds::Only(kind.to_owned())),
        Some(kind) => Err(Fault::bad(format!(
            "consumer_type {kind:?} has to be capitals, digits and underscores, or all, or unknown"
        ))),
    }
}

pub(super) fn of_project(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let by_kind = call.version.has(38);
    let known: &[_] = if by_kind {
        &["project_id", "user_id", "consumer_type"]
    } else {
        &["project_id", "user_id"]
    };
    call.query.only(known)?;
    let Some(project) = name(call, "project_id")? else {
        return Err(Fault::bad("the query has to say which project_id is meant"));
    };
    let user = name(call, "user_id")?;
    let kinds = if by_kind {
        kinds(name(call, "consumer_type")?)?
    } else {
        Kinds::Together
    };
    let usages = ledger.usage(project, user, &kinds);
    let body = if by_kind {
        headed(usages, &kinds)
    } else {
        plain(usages)
    };
    Ok(Reply::page(&json!({ "usages": body })).modified(call.now()))
}

fn plain(usages: BTreeMap<Option<String>, Usage>) -> Value {
    let all = usages.into_values().flat_map(|usage| usage.resources);
    json!(all.collect::<BTreeMap<_, _>>())
}

fn headed(usages: BTreeMap<Option<String>, Usage>, kinds: &Kinds) -> Value {
    let none = if *kinds == Kinds::Together { ALL } else { UNKNOWN };
    let headed = usages.into_iter().map(|(kind, usage)| {
        let mut page = json!(usage.resources);
        page["consumer_count"] = usage.consumers.into();
        (kind.unwrap_or_else(|| none.to_owned()), page)
    });
    json!(headed.collect::<BTreeMap<_, _>>())
}

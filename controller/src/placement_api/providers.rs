//! `/resource_providers`.

use serde_json::Value;
use serde_json::json;

use super::body;
use super::body::Node;
use super::call::Call;
use super::fault::Fault;
use super::query;
use super::reply::Reply;
use crate::inventory::Ledger;
use crate::inventory::ProviderSearch;
use crate::inventory::Refusal;
use crate::inventory::Uuid;
use crate::inventory::Wish;

/// The longest name.
const MAX_NAME: usize = 200;
/// What can be found under a provider, and since when.
const RELATED: [(u8, &str); 5] = [
    (0, "inventories"),
    (0, "usages"),
    (1, "aggregates"),
    (6, "traits"),
    (11, "allocations"),
];
/// The filters of the list, and since when.
const FILTERS: [(u8, &str); 6] = [
    (0, "name"),
    (0, "uuid"),
    (3, "member_of"),
    (4, "resources"),
    (14, "in_tree"),
    (18, "required"),
];

/// What is said of a provider.
struct Described<'a> {
    uuid: Uuid,
    name: &'a str,
    generation: u64,
    parent: Option<Uuid>,
    root: Uuid,
}

fn link(call: &Call<'_>, uuid: Uuid) -> String {
    format!("{}/resource_providers/{uuid}", call.request.prefix)
}

fn described(call: &Call<'_>, provider: &Described<'_>) -> Value {
    let own = link(call, provider.uuid);
    let mut links = vec![json!({"rel": "self", "href": own})];
    for (_, rel) in RELATED.iter().filter(|(since, _)| call.version.has(*since)) {
        links.push(json!({"rel": rel, "href": format!("{own}/{rel}")}));
    }
    let mut body = json!({
        "uuid": provider.uuid.to_string(),
        "name": provider.name,
        "generation": provider.generation,
        "links": links,
    });
    if call.version.has(14) {
        body["parent_provider_uuid"] = provider.parent.map(|uuid| uuid.to_string()).into();
        body["root_provider_uuid"] = provider.root.to_string().into();
    }
    body
}

fn known(provider: &crate::inventory::Provider) -> Described<'_> {
    Described {
        uuid: provider.uuid(),
        name: provider.name(),
        generation: provider.generation(),
        parent: provider.parent(),
        root: provider.root(),
    }
}

fn is_dashed_uuid(text: &str) -> bool {
    let dash = |at: &usize| text.as_bytes().get(*at) == Some(&b'-');
    Uuid::like(text).is_some() && [8, 13, 18, 23].iter().all(dash)
}

fn search(call: &Call<'_>) -> Result<ProviderSearch, Fault> {
    let since = |(since, _): &&(u8, &str)| call.version.has(*since);
    let filters: Vec<_> = FILTERS.iter().filter(since).map(|(_, name)| *name).collect();
    call.query.only(&filters)?;
    for key in ["uuid", "in_tree"] {
        if let Some(wrong) = call.query.get(key).filter(|text| !is_dashed_uuid(text)) {
            return Err(Fault::bad(format!("{key}: {wrong:?} is not a UUID")));
        }
    }
    let (member_of, not_member_of) = query::member_of(call, "member_of")?;
    let (required, forbidden) = query::required(call, "required")?;
    let resources = call.query.get("resources").map(query::resources).transpose()?;
    let text = |key| {
        call.query
            .get(key)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Ok(ProviderSearch {
        name: text("name"),
        uuid: text("uuid"),
        wish: Wish {
            resources: resources.unwrap_or_default(),
            required,
            forbidden,
            member_of,
            not_member_of,
            in_tree: text("in_tree"),
        },
    })
}

pub(super) fn list(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let found = ledger.matching(&search(call)?)?;
    let latest = found.iter().map(|provider| provider.modified()).max();
    let all: Vec<_> = found
        .into_iter()
        .map(|provider| described(call, &known(provider)))
        .collect();
    Ok(Reply::page(&json!({ "resource_providers": all })).modified(latest.unwrap_or(call.now())))
}

pub(super) fn show(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    Ok(Reply::page(&described(call, &known(provider))).modified(provider.modified()))
}

/// Reads the name, and refuses to make a provider a part of another.
fn name_of(ledger: &Ledger, call: &Call<'_>, root: &Node<'_>, own: Option<Uuid>) -> Result<String, Fault> {
    let name = root.required("name")?.name(MAX_NAME)?.to_owned();
    let parent = match root.optional("parent_provider_uuid")? {
        Some(parent) if call.version.has(14) && !parent.is_null() => parent.uuid()?,
        _ => return Ok(name),
    };
    let why = match parent {
        (_, parent) if Some(parent) == own => "a provider cannot be a part of itself".to_owned(),
        (text, _) if ledger.provider(text).is_err() => format!("there is no resource provider {text}"),
        _ => "trees of providers are not supported here: leave parent_provider_uuid out".to_owned(),
    };
    Err(Refusal::BadParent(why).into())
}

fn members(call: &Call<'_>, mut known: Vec<&'static str>) -> Vec<&'static str> {
    if call.version.has(14) {
        known.push("parent_provider_uuid");
    }
    known
}

pub(super) fn create(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&members(call, vec!["name", "uuid"]))?;
    let uuid = match root.optional("uuid")? {
        Some(uuid) => uuid.uuid()?.1,
        None => call.request.new_provider(),
    };
    let name = name_of(ledger, call, &root, Some(uuid))?;
    let plan = ledger.plan_create_provider(uuid, &name, call.now())?;
    let reply = if call.version.has(20) {
        let made = Described {
            uuid,
            name: &name,
            generation: 0,
            parent: None,
            root: uuid,
        };
        Reply::page(&described(call, &made)).modified(call.now())
    } else {
        Reply::empty(201)
    };
    Ok(reply.at(link(call, uuid)).after(plan))
}

pub(super) fn update(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&members(call, vec!["name"]))?;
    let name = name_of(ledger, call, &root, Some(provider.uuid()))?;
    let plan = ledger.plan_rename_provider(call.name(), &name, call.now())?;
    let renamed = Described {
        name: &name,
        ..known(provider)
    };
    Ok(Reply::page(&described(call, &renamed))
        .modified(call.now())
        .after(plan))
}

pub(super) fn delete(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_delete_provider(call.name())?;
    Ok(Reply::empty(204).after(plan))
}

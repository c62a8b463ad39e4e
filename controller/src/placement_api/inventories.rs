//! `/resource_providers/{uuid}/inventories`.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::body;
use super::body::Node;
use super::call::Call;
use super::fault::Fault;
use super::fault::code;
use super::reply::Reply;
use crate::inventory::Inventory;
use crate::inventory::Ledger;
use crate::inventory::MAX_UNITS;
use crate::inventory::Refusal;

/// The greatest ratio: what a single-precision number holds.
const MAX_RATIO: f64 = 3.40282e+38;
const FIELDS: [&str; 7] = [
    "total",
    "reserved",
    "min_unit",
    "max_unit",
    "step_size",
    "allocation_ratio",
    "resource_provider_generation",
];

/// Reads an inventory, with defaults for all but the total.
pub(super) fn inventory(node: &Node<'_>) -> Result<Inventory, Fault> {
    let field = |name, min, default: u32| match node.optional(name)? {
        Some(value) => value.within(min, MAX_UNITS),
        None => Ok(default),
    };
    let total = node.required("total")?.within(1, MAX_UNITS)?;
    let defaults = Inventory::of(total);
    let allocation_ratio = match node.optional("allocation_ratio")? {
        Some(ratio) if ratio.number()? > MAX_RATIO => {
            return Err(ratio.wrong(format!("has to be {MAX_RATIO:e} at most")));
        }
        Some(ratio) => ratio.number()?,
        None => defaults.allocation_ratio,
    };
    if let Some(generation) = node.optional("resource_provider_generation")? {
        generation.integer()?;
    }
    Ok(Inventory {
        total,
        reserved: field("reserved", 0, defaults.reserved)?,
        min_unit: field("min_unit", 1, defaults.min_unit)?,
        max_unit: field("max_unit", 1, defaults.max_unit)?,
        step_size: field("step_size", 1, defaults.step_size)?,
        allocation_ratio,
    })
}

/// All of it may be reserved from microversion 1.26 on; before, some had to be left.
fn check_capacity(call: &Call<'_>, class: &str, inventory: &Inventory) -> Result<(), Fault> {
    let least = i64::from(!call.version.has(26));
    let capacity = inventory.capacity();
    if capacity >= least {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "the inventory of {class} leaves a capacity of {capacity}: (total - reserved) * allocation_ratio has to be at least {least}"
    )))
}

fn described(inventory: &Inventory) -> Value {
    json!({
        "total": inventory.total,
        "reserved": inventory.reserved,
        "min_unit": inventory.min_unit,
        "max_unit": inventory.max_unit,
        "step_size": inventory.step_size,
        "allocation_ratio": inventory.allocation_ratio,
    })
}

fn one_page(inventory: &Inventory, generation: u64) -> Reply {
    let mut body = described(inventory);
    body["resource_provider_generation"] = generation.into();
    Reply::page(&body)
}

fn all_page<'a>(all: impl Iterator<Item = (&'a str, &'a Inventory)>, generation: u64) -> Reply {
    let all: BTreeMap<_, _> = all
        .map(|(class, inventory)| (class, described(inventory)))
        .collect();
    Reply::page(&json!({"inventories": all, "resource_provider_generation": generation}))
}

pub(super) fn list(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    let stocks = provider.stocks().iter();
    let all = stocks.map(|(class, stock)| (ledger.class_name(*class), &stock.inventory));
    Ok(all_page(all, provider.generation()).modified(provider.modified()))
}

pub(super) fn show(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    let class = ledger.class(call.second_name()).ok();
    let Some(stock) = class.and_then(|class| provider.stock(class)) else {
        return Err(Fault::not_found(format!(
            "resource provider {} has no inventory of {}",
            call.name(),
            call.second_name()
        )));
    };
    Ok(one_page(&stock.inventory, provider.generation()).modified(provider.modified()))
}

pub(super) fn create(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    ledger.provider(call.name())?;
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&[&FIELDS[..], &["resource_class"]].concat())?;
    let class = root.required("resource_class")?;
    let name = class.string()?;
    if !body::is_word(name) {
        return Err(class.wrong("has to be capitals, digits and underscores"));
    }
    let inventory = inventory(&root)?;
    check_capacity(call, name, &inventory)?;
    let plan = ledger.plan_add_inventory(call.name(), name, inventory, call.now())?;
    let (prefix, uuid) = (call.request.prefix, call.name());
    Ok(one_page(&inventory, plan.answer)
        .with_status(201)
        .at(format!("{prefix}/resource_providers/{uuid}/inventories/{name}"))
        .modified(call.now())
        .after(plan))
}

pub(super) fn set(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    ledger.provider(call.name())?;
    let body = body::json(call)?;
    let (generation, inventories) = inventories_with_generation(&Node::root(&body))?;
    // Who looked at an old state is told that first.
    ledger.check_generation(call.name(), generation)?;
    for (class, inventory) in &inventories {
        check_capacity(call, class, inventory)?;
    }
    let (given, now) = (Some(generation), call.now());
    let plan = ledger.plan_set_inventories(call.name(), given, inventories.clone(), now)?;
    let all = inventories
        .iter()
        .map(|(class, inventory)| (class.as_str(), inventory));
    Ok(all_page(all, plan.answer).modified(now).after(plan))
}

/// Reads `{"resource_provider_generation": …, "inventories": {…}}`.
pub(super) fn inventories_with_generation(
    root: &Node<'_>,
) -> Result<(u64, BTreeMap<String, Inventory>), Fault> {
    root.only(&["resource_provider_generation", "inventories"])?;
    let generation = root.required("resource_provider_generation")?.generation()?;
    let mut inventories = BTreeMap::new();
    for (class, node) in root.required("inventories")?.members()? {
        node.only(&FIELDS)?;
        inventories.insert(class.to_owned(), inventory(&node)?);
    }
    Ok((generation, inventories))
}

pub(super) fn update(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    ledger.provider(call.name())?;
    let body = body::json(call)?;
    let root = Node::root(&body);
    root.only(&FIELDS)?;
    let generation = root.required("resource_provider_generation")?.generation()?;
    let inventory = inventory(&root)?;
    let class = call.second_name();
    ledger.check_generation(call.name(), generation)?;
    check_capacity(call, class, &inventory)?;
    let plan = ledger.plan_update_inventory(call.name(), Some(generation), class, inventory, call.now());
    let plan = plan.map_err(|refusal| missing(refusal, 404, 400))?;
    Ok(one_page(&inventory, plan.answer).modified(call.now()).after(plan))
}

pub(super) fn delete(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_remove_inventory(call.name(), call.second_name(), call.now());
    let plan = plan.map_err(|refusal| match refusal {
        // Only here Placement gives this code, and not the one for inventory in use.
        Refusal::InventoryInUse { .. } => Fault::from(refusal).with_code(code::CONCURRENT_UPDATE),
        other => missing(other, 404, 404),
    })?;
    Ok(Reply::empty(204).after(plan))
}

pub(super) fn clear(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_set_inventories(call.name(), None, BTreeMap::new(), call.now())?;
    Ok(Reply::empty(204).after(plan))
}

/// The status where a class is not known, and where the provider has none of it.
fn missing(refusal: Refusal, no_class: u16, no_inventory: u16) -> Fault {
    let status = match refusal {
        Refusal::NoClass(_) => Some(no_class),
        Refusal::NoInventory { .. } => Some(no_inventory),
        _ => None,
    };
    let fault = Fault::from(refusal);
    let status = status.unwrap_or(fault.status);
    fault.with_status(status)
}

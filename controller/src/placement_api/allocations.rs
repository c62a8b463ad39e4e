//! `/allocations` and `/resource_providers/{uuid}/allocations`.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::body;
use super::body::MAX_NAME;
use super::body::Node;
use super::body::is_uuid_shaped;
use super::body::is_word;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::usages::UNKNOWN;
use crate::inventory::Claim;
use crate::inventory::Consumer;
use crate::inventory::ConsumerGeneration;
use crate::inventory::Ledger;
use crate::inventory::Provider;
use crate::inventory::Refusal;
use crate::inventory::Uuid;

/// Whose consumers are of whom nobody said whose they are (before microversion 1.8): the UUID that Placement gives them.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

fn amounts(ledger: &Ledger, provider: &Provider, consumer: &str) -> Value {
    let taken = provider.taken_by(consumer).iter();
    json!(
        taken
            .map(|(class, amount)| (ledger.class_name(*class), amount))
            .collect::<BTreeMap<_, _>>()
    )
}

pub(super) fn of_consumer(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let id = call.name();
    let mut all = BTreeMap::new();
    for provider in ledger.allocations_of(id) {
        let resources = amounts(ledger, provider, id);
        let entry = json!({"resources": resources, "generation": provider.generation()});
        all.insert(provider.uuid().to_string(), entry);
    }
    let mut body = json!({ "allocations": all });
    if let Some(consumer) = ledger.consumer(id).filter(|_| !all.is_empty()) {
        if call.version.has(12) {
            body["project_id"] = consumer.project().into();
            body["user_id"] = consumer.user().into();
        }
        if call.version.has(28) {
            body["consumer_generation"] = consumer.generation().into();
        }
        if call.version.has(38) {
            body["consumer_type"] = consumer.kind().unwrap_or(UNKNOWN).into();
        }
    }
    Ok(Reply::page(&body).modified(call.now()))
}

pub(super) fn of_provider(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let provider = ledger.provider(call.name())?;
    let mut all = BTreeMap::new();
    for (id, _) in provider.allocations() {
        let mut entry = json!({ "resources": amounts(ledger, provider, id) });
        if call.version.has(28) {
            entry["consumer_generation"] = ledger.consumer(id).map(Consumer::generation).into();
        }
        all.insert(id, entry);
    }
    let body = json!({"allocations": all, "resource_provider_generation": provider.generation()});
    Ok(Reply::page(&body).modified(provider.modified()))
}

/// Takes what is asked for: a provider that is not there makes the request a bad one here, not the page a missing one.
pub(super) fn refused(refusal: Refusal) -> Fault {
    let bad = matches!(refusal, Refusal::NoProvider(_) | Refusal::NoClass(_));
    let fault = Fault::from(refusal);
    if bad { fault.with_status(400) } else { fault }
}

pub(super) fn set(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let Some(consumer) = Uuid::like(call.name()) else {
        return Err(Fault::bad(format!(
            "the consumer {:?} is not a UUID",
            call.name()
        )));
    };
    let body = body::json(call)?;
    let claim = claim(
        call,
        &Node::root(&body),
        consumer.to_string(),
        call.version.has(28),
    )?;
    let plan = ledger.plan_allocate(&[claim], call.now()).map_err(refused)?;
    Ok(Reply::empty(204).after(plan))
}

pub(super) fn set_many(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let body = body::json(call)?;
    let claims = claims(call, &Node::root(&body))?;
    if claims.is_empty() {
        return Err(Fault::bad("the body names no consumer"));
    }
    let plan = ledger.plan_allocate(&claims, call.now()).map_err(refused)?;
    Ok(Reply::empty(204).after(plan))
}

pub(super) fn delete(ledger: &Ledger, call: &Call<'_>) -> Result<Reply, Fault> {
    let plan = ledger.plan_release(call.name(), call.now())?;
    Ok(Reply::empty(204).after(plan))
}

/// Reads the claims of many consumers, by their ids.
pub(super) fn claims(call: &Call<'_>, root: &Node<'_>) -> Result<Vec<Claim>, Fault> {
    let members = root.members()?.into_iter();
    let claims = members.map(|(consumer, node)| {
        if !is_uuid_shaped(consumer) {
            return Err(node.wrong("has to have the UUID of a consumer as its name"));
        }
        claim(call, &node, consumer.to_owned(), true)
    });
    claims.collect()
}

/// Reads the claim of one consumer, in the form of the microversion.
fn claim(call: &Call<'_>, node: &Node<'_>, consumer: String, may_be_empty: bool) -> Result<Claim, Fault> {
    let version = call.version;
    let mut known = vec!["allocations"];
    let since = [
        (8, &["project_id", "user_id"][..]),
        (28, &["consumer_generation"]),
        (34, &["mappings"]),
        (38, &["consumer_type"]),
    ];
    for (_, names) in since.iter().filter(|(since, _)| version.has(*since)) {
        known.extend(*names);
    }
    node.only(&known)?;
    let owner = |name| match version.has(8) {
        true => node.required(name)?.name(MAX_NAME),
        false => Ok(NOBODY),
    };
    if let Some(mappings) = node.optional("mappings")? {
        check_mappings(&mappings)?;
    }
    let allocations = node.required("allocations")?;
    Ok(Claim {
        consumer,
        project: owner("project_id")?.to_owned(),
        user: owner("user_id")?.to_owned(),
        kind: version.has(38).then(|| kind(node)).transpose()?,
        generation: generation(call, node)?,
        allocations: if version.has(12) {
            by_provider(&allocations, may_be_empty)?
        } else {
            listed(&allocations)?
        },
        promises: None,
    })
}

fn kind(node: &Node<'_>) -> Result<String, Fault> {
    let kind = node.required("consumer_type")?;
    let name = kind.name(MAX_NAME)?;
    if is_word(name) {
        return Ok(name.to_owned());
    }
    Err(kind.wrong("has to be capitals, digits and underscores"))
}

fn generation(call: &Call<'_>, node: &Node<'_>) -> Result<ConsumerGeneration, Fault> {
    if !call.version.has(28) {
        return Ok(ConsumerGeneration::Any);
    }
    let given = node.required("consumer_generation")?;
    if given.is_null() {
        return Ok(ConsumerGeneration::New);
    }
    Ok(ConsumerGeneration::Is(given.generation()?))
}

/// Reads `{"<provider>": {"resources": {…}}}`, from microversion 1.12 on.
fn by_provider(
    node: &Node<'_>,
    may_be_empty: bool,
) -> Result<BTreeMap<String, BTreeMap<String, u64>>, Fault> {
    let mut all = BTreeMap::new();
    for (provider, wanted) in node.members()? {
        if !is_uuid_shaped(provider) {
            return Err(wanted.wrong("has to have the UUID of a resource provider as its name"));
        }
        wanted.only(&["resources", "generation"])?;
        if let Some(generation) = wanted.optional("generation")? {
            generation.integer()?;
        }
        all.insert(provider.to_owned(), resources(&wanted.required("resources")?)?);
    }
    if all.is_empty() && !may_be_empty {
        return Err(node.wrong("may not be empty before microversion 1.28: delete the allocations instead"));
    }
    Ok(all)
}

/// Reads `[{"resource_provider": {"uuid": …}, "resources": {…}}]`, before microversion 1.12. Of two entries for a provider
/// the last one counts.
fn listed(node: &Node<'_>) -> Result<BTreeMap<String, BTreeMap<String, u64>>, Fault> {
    let mut all = BTreeMap::new();
    for wanted in node.items()? {
        wanted.only(&["resource_provider", "resources"])?;
        let provider = wanted.required("resource_provider")?;
        provider.only(&["uuid"])?;
        let (uuid, _) = provider.required("uuid")?.uuid()?;
        all.insert(uuid.to_owned(), resources(&wanted.required("resources")?)?);
    }
    if all.is_empty() {
        return Err(node.wrong("may not be empty"));
    }
    Ok(all)
}

fn resources(node: &Node<'_>) -> Result<BTreeMap<String, u64>, Fault> {
    let mut all = BTreeMap::new();
    for (class, amount) in node.members()? {
        if !is_word(class) {
            return Err(amount.wrong("is not named like a resource class: capitals, digits and underscores"));
        }
        all.insert(class.to_owned(), amount.amount()?);
    }
    if all.is_empty() {
        return Err(node.wrong("may not be empty"));
    }
    Ok(all)
}

/// Checks what candidates say about which group of a request each provider is for. It is not kept.
fn check_mappings(node: &Node<'_>) -> Result<(), Fault> {
    let members = node.members()?;
    if members.is_empty() {
        return Err(node.wrong("may not be empty"));
    }
    let in_suffix = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    for (_, providers) in members.iter().filter(|(suffix, _)| suffix.contains(in_suffix)) {
        let items = providers.items()?;
        if items.is_empty() {
            return Err(providers.wrong("may not be empty"));
        }
        for item in items {
            item.uuid()?;
        }
    }
    Ok(())
}

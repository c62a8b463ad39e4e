//! `GET /v1/hosts`, `GET /v1/hosts/{host}`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::api::Api;
use super::call::Call;
use super::call::Response;
use super::fault::Fault;
use super::read;
use crate::facts::DelaySource;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::Quality;
use crate::fleet::Picture;
use crate::inventory::Ledger;
use crate::inventory::Provider;
use crate::inventory::Stock;
use crate::schedule::KnownHost;

/// The most entries of a page, and how many there are if nobody says.
pub(super) const MOST: usize = 1000;
pub(super) const USUAL: usize = 100;

/// Hosts by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HostsPage {
    /// The hosts.
    hosts: Vec<HostTold>,
    /// Where the next page begins: `after` of the next request; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A host.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Host")]
struct HostTold {
    /// Its name for people.
    name: String,
    /// Its name for programs.
    uuid: String,
    /// Whether it takes new machines: `ready`, `draining`, `maintenance` or `silent`.
    standing: &'static str,
    /// The site that its owner says it stands in.
    site: Option<String>,
    /// How many consumers it has.
    consumers: usize,
    /// What it has, by resource class.
    resources: BTreeMap<String, StockTold>,
    /// The seconds since its agent answered last; null: it never did.
    facts_age_seconds: Option<f64>,
    /// The watts that it draws; null: not known.
    power_watts: Option<f64>,
    /// The part of its CPUs that is busy; null: not known.
    utilisation: Option<f64>,
    /// Grams of CO₂-equivalent per kilowatt-hour of its grid; null: not known.
    grams_per_kwh: Option<f64>,
}

/// What a host has of a resource class.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stock")]
struct StockTold {
    /// All there is.
    total: u32,
    /// What of it is kept for the host itself.
    reserved: u32,
    /// How many times over the rest may be promised.
    allocation_ratio: f64,
    /// How much may be promised in all.
    capacity: i64,
    /// How much is.
    used: u64,
}

/// One host, with everything that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HostPage {
    /// What is known at a glance.
    #[serde(flatten)]
    host: HostTold,
    /// What it can do.
    traits: Vec<String>,
    /// The aggregates that it is in.
    aggregates: Vec<String>,
    /// Under which other names agents know it as a peer.
    aliases: Vec<String>,
    /// The watts that it may not exceed.
    power_limit_watts: Option<f64>,
    /// The operator's order for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderTold>,
    /// How it goes with asking its agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    asking: Option<AskingTold>,
    /// Each fact by name.
    facts: BTreeMap<&'static str, FactTold>,
    /// How far others are, by the names that its agent has for them, in seconds.
    delays: BTreeMap<String, FactTold>,
    /// The sizes of its file systems, by where they are mounted.
    filesystems: BTreeMap<String, FactTold>,
}

/// An operator's order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Order")]
struct OrderTold {
    /// `draining` or `maintenance`.
    standing: &'static str,
    /// When that was ordered, in seconds since 1970.
    since: u64,
    /// Why.
    reason: Option<String>,
    /// By whom.
    by: Option<String>,
}

/// How it goes with asking an agent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Asking")]
struct AskingTold {
    /// `agent`, or `prometheus` where one is asked in its place.
    source: &'static str,
    /// Where it is asked.
    target: String,
    /// Why the last attempt failed.
    error: Option<String>,
    /// How many attempts in a row have failed.
    failures: u32,
}

/// A fact, or why it is none. Only what is `known` counts for a decision.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Fact")]
struct FactTold {
    /// `known`, `stale`, `missing` or `contradictory`.
    state: &'static str,
    /// What it is, or was when it was read last; null: nobody said.
    value: Value,
    /// The unit of the value; empty where it has none.
    unit: &'static str,
    /// The seconds since it was read.
    age_seconds: Option<f64>,
    /// What is at odds.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Api {
    /// A page of hosts.
    pub(super) fn hosts(&self, call: &Call<'_>) -> Result<Response, Fault> {
        let parameters = read::parameters(call, &["limit", "after"])?;
        let limit = parameters.number("limit", USUAL, MOST)?;
        let after = parameters.get("after").unwrap_or_default();
        let picture = self.parts.fleet.board.picture();
        let ledger = self.parts.service.ledger();
        let mut all: Vec<_> = ledger.providers().filter(|host| host.name() > after).collect();
        all.sort_unstable_by_key(|host| host.name());
        let next = all.get(limit).and_then(|_| all.get(limit - 1));
        let next = next.map(|host| host.name().to_owned());
        let hosts = all.into_iter().take(limit);
        let nothing = KnownHost::default();
        let hosts = hosts.map(|host| {
            let known = picture.hosts.get(host.name()).unwrap_or(&nothing);
            told(&ledger, host, known)
        });
        Ok(Response::page(&HostsPage {
            hosts: hosts.collect(),
            next,
        }))
    }

    /// One host.
    pub(super) fn host(&self, name: &str) -> Result<Response, Fault> {
        let picture = self.parts.fleet.board.picture();
        let ledger = self.parts.service.ledger();
        let host = named(&ledger, name)?;
        Ok(Response::page(&page(&ledger, host, &picture)))
    }
}

/// A host, by its name for people or for programs.
pub(super) fn named<'l>(ledger: &'l Ledger, name: &str) -> Result<&'l Provider, Fault> {
    let found = ledger.provider_named(name).or_else(|| ledger.provider(name).ok());
    found.ok_or_else(|| Fault::not_found(format!("there is no host {name:?}; GET /v1/hosts shows them")))
}

fn told(ledger: &Ledger, host: &Provider, known: &KnownHost) -> HostTold {
    let stocks = host.stocks().iter();
    let resources = stocks.map(|(class, stock)| (ledger.class_name(*class).to_owned(), stocked(stock)));
    let facts = &known.facts;
    HostTold {
        name: host.name().to_owned(),
        uuid: host.uuid().to_string(),
        standing: known.standing.as_str(),
        site: known.site.clone(),
        consumers: host.allocations().count(),
        resources: resources.collect(),
        facts_age_seconds: facts.age.map(|age| age.as_secs_f64()),
        power_watts: facts.power_watts.value().copied(),
        utilisation: facts.utilisation.value().copied(),
        grams_per_kwh: facts.grams_per_kwh.value().copied(),
    }
}

fn stocked(stock: &Stock) -> StockTold {
    StockTold {
        total: stock.inventory.total,
        reserved: stock.inventory.reserved,
        allocation_ratio: stock.inventory.allocation_ratio,
        capacity: stock.inventory.capacity(),
        used: stock.used,
    }
}

fn page(ledger: &Ledger, host: &Provider, picture: &Picture) -> HostPage {
    let nothing = KnownHost::default();
    let known = picture.hosts.get(host.name()).unwrap_or(&nothing);
    let order = picture.orders.get(host.name()).map(|order| OrderTold {
        standing: order.standing.standing().as_str(),
        since: order.since,
        reason: order.reason.clone(),
        by: order.by.clone(),
    });
    let asking = picture.reports.get(host.name()).map(|report| AskingTold {
        source: report.source.as_str(),
        target: report.target.clone(),
        error: report.error.clone(),
        failures: report.failures,
    });
    let traits = host.traits().iter();
    let mut aggregates = host.aggregates().to_vec();
    aggregates.sort_unstable();
    HostPage {
        host: told(ledger, host, known),
        traits: traits.map(|word| ledger.trait_name(*word).to_owned()).collect(),
        aggregates,
        aliases: known.aliases.clone(),
        power_limit_watts: known.power_limit_watts,
        order,
        asking,
        facts: facts(&known.facts),
        delays: delays(&known.facts),
        filesystems: filesystems(&known.facts),
    }
}

fn facts(facts: &HostFacts) -> BTreeMap<&'static str, FactTold> {
    let model = |model: &crate::facts::PowerModel| json!({"static_watts": model.static_watts, "full_load_watts": model.full_load_watts});
    let position = |position: &crate::facts::Position| json!({"latitude": position.latitude, "longitude": position.longitude});
    let quality = |quality: &Quality| {
        json!(match quality {
            Quality::Estimated => "estimated",
            Quality::Derived => "derived",
            Quality::Measured => "measured",
        })
    };
    let machine = |machine: &crate::facts::Machine| {
        json!({
            "arch": machine.arch,
            "model": machine.model,
            "virtualization": machine.virtualization,
            "guest": machine.guest,
        })
    };
    let number = |number: &f64| json!(number);
    BTreeMap::from([
        ("power_model", fact(&facts.power_model, "W", model)),
        ("power_watts", fact(&facts.power_watts, "W", number)),
        ("cpus", fact(&facts.cpus, "", number)),
        ("utilisation", fact(&facts.utilisation, "", number)),
        ("memory_total_bytes", fact(&facts.memory_total_bytes, "B", number)),
        (
            "memory_available_bytes",
            fact(&facts.memory_available_bytes, "B", number),
        ),
        ("grams_per_kwh", fact(&facts.grams_per_kwh, "g/kWh", number)),
        ("building_factor", fact(&facts.building_factor, "", number)),
        ("country", fact(&facts.country, "", |country| json!(country))),
        ("position", fact(&facts.position, "°", position)),
        ("power_quality", fact(&facts.power_quality, "", quality)),
        ("machine", fact(&facts.machine, "", machine)),
    ])
}

fn delays(facts: &HostFacts) -> BTreeMap<String, FactTold> {
    let value = |delay: &crate::facts::Delay| {
        let source = match delay.source {
            DelaySource::OneWay => "one-way",
            DelaySource::RoundTrip => "round-trip",
        };
        json!({"seconds": delay.seconds, "source": source})
    };
    let all = facts.delays.iter();
    all.map(|(peer, delay)| (peer.clone(), fact(delay, "s", value)))
        .collect()
}

fn filesystems(facts: &HostFacts) -> BTreeMap<String, FactTold> {
    let all = facts.filesystem_bytes.iter();
    all.map(|(place, size)| (place.clone(), fact(size, "B", |size| json!(size))))
        .collect()
}

fn fact<T>(fact: &Fact<T>, unit: &'static str, value: impl Fn(&T) -> Value) -> FactTold {
    let (said, problem) = match fact {
        Fact::Missing => (Value::Null, None),
        Fact::Known { value: said, .. } | Fact::Stale { value: said, .. } => (value(said), None),
        Fact::Contradictory(problem) => (Value::Null, Some(problem.clone())),
    };
    FactTold {
        state: fact.state(),
        value: said,
        unit,
        age_seconds: fact.age().map(|age| age.as_secs_f64()),
        problem,
    }
}

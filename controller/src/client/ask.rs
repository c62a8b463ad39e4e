//! `schedule` and `simulate`: from what is typed to a request.

use std::collections::BTreeMap;

use anyhow::Context;
use anyhow::bail;
use clap::ArgMatches;
use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use serde_json::Value;
use serde_json::json;

use crate::inventory::Uuid;
use crate::placement_api::words;

/// The most machines of one request.
const MOST: u16 = 48;

/// The request that the flags mean.
pub(super) fn body(matches: &ArgMatches) -> anyhow::Result<Value> {
    let text = |name| matches.get_one::<String>(name).map(String::as_str);
    let query = text("QUERY").unwrap_or_default();
    let group = group(matches)?;
    let machine = machine(matches, query, group.as_deref()).with_context(|| format!("{query:?}"))?;
    let given: Vec<_> = matches
        .get_many::<String>("consumer")
        .into_iter()
        .flatten()
        .collect();
    let count = matches.get_one::<u16>("count").copied().unwrap_or(1);
    let count = if given.is_empty() {
        count.into()
    } else {
        given.len()
    };
    if count > usize::from(MOST) {
        bail!("{count} machines are too many for one request: {MOST} is the most");
    }
    let machines: anyhow::Result<Vec<Value>> = (0..count)
        .map(|number| {
            let id = given.get(number).map(|id| anyhow::Ok((*id).clone()));
            let mut machine = machine.clone();
            machine["consumer"] = id.unwrap_or_else(new_id)?.into();
            Ok(machine)
        })
        .collect();
    let mut body = json!({ "machines": machines? });
    for (name, key) in [
        ("policy", "policy"),
        ("project", "project"),
        ("user", "user"),
        ("kind", "kind"),
    ] {
        if let Some(value) = text(name) {
            body[key] = value.into();
        }
    }
    for (flag, affinity) in [("apart", "apart"), ("together", "together")] {
        if matches.get_flag(flag) {
            body["groups"] = json!([{"name": group, "affinity": affinity}]);
        }
    }
    if let Some(seed) = matches.get_one::<u64>("seed") {
        body["seed"] = (*seed).into();
    }
    if let Some(weights) = weights(matches)? {
        body["weights"] = weights;
    }
    if matches.get_flag("explain") {
        body["explain"] = 1000.into();
    }
    Ok(body)
}

/// The group that all machines are in. Without a name it is one that nobody else will ever be in.
fn group(matches: &ArgMatches) -> anyhow::Result<Option<String>> {
    if let Some(name) = matches.get_one::<String>("group") {
        return Ok(Some(name.clone()));
    }
    let grouped = matches.get_flag("apart") || matches.get_flag("together");
    grouped.then(new_id).transpose()
}

/// `VCPU:1&required=A,!B&member_of=…` as Placement's queries and etcd-compute have it, and the flags.
fn machine(matches: &ArgMatches, query: &str, group: Option<&str>) -> anyhow::Result<Value> {
    let mut resources = BTreeMap::new();
    let (mut required, mut member_of) = (Vec::new(), Vec::new());
    for (name, value) in words::pairs(query).map_err(anyhow::Error::msg)? {
        match name.as_str() {
            "resources" => resources.extend(words::resources(&value).map_err(anyhow::Error::msg)?),
            "required" if value.starts_with("in:") => required.push(value),
            "required" => required.extend(value.split(',').map(str::to_owned)),
            "member_of" => member_of.push(value),
            other => bail!("{other}: there is no such parameter; known are resources, required, member_of"),
        }
    }
    if resources.is_empty() {
        bail!("resources are needed, such as 'resources=VCPU:1,MEMORY_MB:256'");
    }
    let mut machine = json!({"resources": resources, "required": required, "member_of": member_of});
    if let Some(group) = group {
        machine["groups"] = json!([group]);
    }
    if let Some(near) = near(matches)? {
        machine["near"] = json!([near]);
    }
    let limits = limits(matches);
    if limits.as_object().is_some_and(|limits| !limits.is_empty()) {
        machine["limits"] = limits;
    }
    if let Some(busy) = matches.get_one::<f64>("busy-cpus") {
        machine["busy_cpus"] = (*busy).into();
    }
    Ok(machine)
}

fn near(matches: &ArgMatches) -> anyhow::Result<Option<Value>> {
    let figure = |name| matches.get_one::<f64>(name).copied();
    let (delay, distance) = (figure("max-delay"), figure("max-distance"));
    let Some(host) = matches.get_one::<String>("near") else {
        return Ok(None);
    };
    let mut near = json!({ "host": host });
    if let Some(milliseconds) = delay {
        near["max_delay_seconds"] = (milliseconds / 1e3).into();
    }
    if let Some(kilometers) = distance {
        near["max_distance_meters"] = (kilometers * 1e3).into();
    }
    Ok(Some(near))
}

fn limits(matches: &ArgMatches) -> Value {
    let mut limits = json!({});
    for (name, key) in [("site", "sites"), ("country", "countries")] {
        let values: Vec<_> = matches.get_many::<String>(name).into_iter().flatten().collect();
        if !values.is_empty() {
            limits[key] = json!(values);
        }
    }
    for (name, key) in [
        ("max-carbon", "max_grams_per_kwh"),
        ("max-age", "max_fact_age_seconds"),
        ("power-limit", "power_limit_watts"),
        ("headroom", "headroom_watts"),
    ] {
        if let Some(figure) = matches.get_one::<f64>(name) {
            limits[key] = (*figure).into();
        }
    }
    limits
}

/// `watts=2,carbon=0.5`
fn weights(matches: &ArgMatches) -> anyhow::Result<Option<Value>> {
    let Some(text) = matches.get_one::<String>("weights") else {
        return Ok(None);
    };
    let mut weights = BTreeMap::new();
    for part in text.split(',') {
        let (term, weight) = part
            .split_once('=')
            .with_context(|| format!("--weights: {part:?} is not like watts=2"))?;
        let weight: f64 = weight
            .parse()
            .with_context(|| format!("--weights: {weight:?} is no number"))?;
        weights.insert(term, weight);
    }
    Ok(Some(json!(weights)))
}

/// A UUID that nobody has.
fn new_id() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    let filled = SystemRandom::new().fill(&mut bytes);
    anyhow::ensure!(filled.is_ok(), "this host has no random numbers to offer");
    Ok(Uuid::from_random(u128::from_ne_bytes(bytes)).to_string())
}

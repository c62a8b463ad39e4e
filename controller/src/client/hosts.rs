//! `hosts`

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;
use serde_json::json;

use super::http::Http;
use super::table;

/// Shows what every host has, and what is used of it.
pub(super) async fn run(http: &mut Http, json: bool) -> anyhow::Result<ExitCode> {
    let mut hosts = Vec::new();
    for provider in providers(http).await? {
        let own = format!("/resource_providers/{}", provider.uuid);
        let inventories = http.get(&format!("{own}/inventories")).await?;
        let usages = http.get(&format!("{own}/usages")).await?;
        hosts.push((
            provider,
            inventories["inventories"].clone(),
            usages["usages"].clone(),
        ));
    }
    if json {
        let hosts: Vec<_> = hosts
            .into_iter()
            .map(|(provider, inventories, usages)| {
                let Provider {
                    uuid,
                    name,
                    generation,
                } = provider;
                json!({"uuid": uuid, "name": name, "generation": generation,
                    "inventories": inventories, "usages": usages})
            })
            .collect();
        writeln!(std::io::stdout(), "{}", json!({ "hosts": hosts }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = hosts
        .iter()
        .flat_map(|(provider, inventories, usages)| rows(provider, inventories, usages))
        .collect();
    table::print(
        &[
            "HOST", "RESOURCE", "USED", "CAPACITY", "TOTAL", "RESERVED", "RATIO", "UUID",
        ],
        &rows,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A provider, by its names.
pub(super) struct Provider {
    pub(super) uuid: String,
    pub(super) name: String,
    generation: Value,
}

/// All providers, by name.
pub(super) async fn providers(http: &mut Http) -> anyhow::Result<Vec<Provider>> {
    let page = http.get("/resource_providers").await?;
    let list = page["resource_providers"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut providers: Vec<_> = list
        .map(|provider| Provider {
            uuid: text(&provider["uuid"]),
            name: text(&provider["name"]),
            generation: provider["generation"].clone(),
        })
        .collect();
    providers.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(providers)
}

fn rows(provider: &Provider, inventories: &Value, usages: &Value) -> Vec<Vec<String>> {
    let classes = inventories.as_object().into_iter().flatten();
    let mut rows: Vec<_> = classes
        .map(|(class, inventory)| {
            let number = |key: &str| inventory[key].as_f64().unwrap_or_default();
            let capacity = ((number("total") - number("reserved")) * number("allocation_ratio")).floor();
            vec![
                provider.name.clone(),
                class.clone(),
                usages[class].to_string(),
                capacity.to_string(),
                inventory["total"].to_string(),
                inventory["reserved"].to_string(),
                inventory["allocation_ratio"].to_string(),
                provider.uuid.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        let mut row = vec![provider.name.clone(), "none".to_owned()];
        row.extend([""; 5].map(str::to_owned));
        row.push(provider.uuid.clone());
        rows.push(row);
    }
    rows
}

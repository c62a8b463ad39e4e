//! `hosts`, `host`, `drain`, `undrain`

use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;
use serde_json::json;

use super::http::Http;
use super::show;
use super::table;

/// Shows all hosts: what they have, what is used, how they stand.
pub(super) async fn all(http: &mut Http, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let hosts = http.pages("/v1/hosts", "hosts").await?;
    if matches.get_flag("json") {
        writeln!(std::io::stdout(), "{}", json!({ "hosts": hosts }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = hosts.iter().flat_map(rows).collect();
    let headings = [
        "HOST", "STANDING", "RESOURCE", "USED", "CAPACITY", "TOTAL", "WATTS", "G/KWH", "AGE",
    ];
    table::print(&headings, &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn rows(host: &Value) -> Vec<Vec<String>> {
    let own = |resource: [String; 4]| {
        let mut row = vec![show::text(&host["name"]), show::text(&host["standing"])];
        row.extend(resource);
        row.extend([
            show::figure(&host["power_watts"], 1),
            show::figure(&host["grams_per_kwh"], 0),
            age(&host["facts_age_seconds"]),
        ]);
        row
    };
    let resources = host["resources"].as_object().into_iter().flatten();
    let rows: Vec<_> = resources
        .map(|(class, stock)| {
            let [used, capacity, total] = ["used", "capacity", "total"].map(|key| show::text(&stock[key]));
            own([class.clone(), used, capacity, total])
        })
        .collect();
    if rows.is_empty() {
        vec![own(["none", "-", "-", "-"].map(str::to_owned))]
    } else {
        rows
    }
}

fn age(seconds: &Value) -> String {
    let seconds = seconds.as_f64();
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.0}s"))
}

fn target(matches: &ArgMatches) -> String {
    let name = matches.get_one::<String>("HOST").map_or("", String::as_str);
    format!("/v1/hosts/{}", show::escaped(name))
}

/// Shows everything that is known of one host.
pub(super) async fn one(http: &mut Http, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let host = http.get(&target(matches)).await?;
    let mut out = std::io::stdout();
    if matches.get_flag("json") {
        writeln!(out, "{host}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let list = |key: &str| {
        let all: Vec<_> = show::list(&host[key]).map(show::text).collect();
        if all.is_empty() {
            "-".to_owned()
        } else {
            all.join(", ")
        }
    };
    let mut rows: Vec<_> = [
        "name",
        "uuid",
        "standing",
        "site",
        "consumers",
        "power_limit_watts",
    ]
    .map(|key| vec![key.to_uppercase(), show::text(&host[key])])
    .into();
    if host["order"].is_object() {
        let reason = show::text(&host["order"]["reason"]);
        rows.push(vec![
            "ORDER".to_owned(),
            format!("{}: {reason}", show::text(&host["order"]["standing"])),
        ]);
    }
    if host["asking"].is_object() {
        let asking = ["source", "target", "error"].map(|key| show::text(&host["asking"][key]));
        rows.push(vec!["ASKING".to_owned(), asking.join(" ")]);
    }
    for key in ["traits", "aggregates", "aliases"] {
        rows.push(vec![key.to_uppercase(), list(key)]);
    }
    table::print(&["", ""], &rows)?;
    writeln!(out)?;
    let stocks = host["resources"].as_object().into_iter().flatten();
    let rows: Vec<_> = stocks
        .map(|(class, stock)| {
            let keys = ["used", "capacity", "total", "reserved", "allocation_ratio"];
            std::iter::once(class.clone())
                .chain(keys.map(|key| show::text(&stock[key])))
                .collect()
        })
        .collect();
    table::print(
        &["RESOURCE", "USED", "CAPACITY", "TOTAL", "RESERVED", "RATIO"],
        &rows,
    )?;
    writeln!(out)?;
    let mut rows: Vec<_> = facts(&host["facts"]).collect();
    rows.extend(facts(&host["delays"]).map(|mut row| {
        row[0] = format!("delay to {}", row[0]);
        row
    }));
    table::print(&["FACT", "STATE", "AGE", "VALUE"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn facts(facts: &Value) -> impl Iterator<Item = Vec<String>> + '_ {
    let all = facts.as_object().into_iter().flatten();
    all.map(|(name, fact)| {
        let value = match &fact["value"] {
            Value::Null => show::text(&fact["problem"]),
            value @ Value::Number(_) => show::significant(value),
            value => show::text(value),
        };
        let unit = fact["unit"].as_str().unwrap_or_default();
        vec![
            name.clone(),
            show::text(&fact["state"]),
            age(&fact["age_seconds"]),
            format!("{value} {unit}").trim_end().to_owned(),
        ]
    })
}

/// Orders that a host takes no new machines, or takes the order back.
pub(super) async fn stand(http: &mut Http, verb: &str, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let target = format!("{}/{verb}", target(matches));
    let mut body = json!({});
    if verb == "drain" {
        if let Some(reason) = matches.get_one::<String>("reason") {
            body["reason"] = reason.as_str().into();
        }
        body["maintenance"] = matches.get_flag("maintenance").into();
    }
    let (status, text) = http.send("POST", &target, &body).await?;
    if status != 200 {
        return Err(http.refused(&target, status, &text));
    }
    let page: Value = serde_json::from_slice(&text)?;
    let [host, standing, consumers] = ["host", "standing", "consumers"].map(|key| show::text(&page[key]));
    writeln!(
        std::io::stdout(),
        "{host} is {standing}, with {consumers} consumers"
    )?;
    Ok(ExitCode::SUCCESS)
}

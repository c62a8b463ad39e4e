//! `claims` and `release`

use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;
use serde_json::json;

use super::http::Http;
use super::show;
use super::table;

/// Shows who has what on which host.
pub(super) async fn run(http: &mut Http, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let filters = ["host", "project"].map(|name| {
        let value = matches.get_one::<String>(name)?;
        Some(format!("{name}={}", show::escaped(value)))
    });
    let filters: Vec<_> = filters.into_iter().flatten().collect();
    let target = format!("/v1/claims?{}", filters.join("&"));
    let claims = http.pages(target.trim_end_matches('?'), "claims").await?;
    if matches.get_flag("json") {
        writeln!(std::io::stdout(), "{}", json!({ "claims": claims }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = claims
        .iter()
        .flat_map(|claim| {
            let hosts = claim["hosts"].as_object().into_iter().flatten();
            hosts.map(|(host, resources)| {
                vec![
                    show::text(&claim["consumer"]),
                    host.clone(),
                    show::resources(resources),
                    show::text(&claim["project"]),
                    show::text(&claim["kind"]),
                    groups(claim),
                ]
            })
        })
        .collect();
    table::print(
        &["CONSUMER", "HOST", "RESOURCES", "PROJECT", "KIND", "GROUPS"],
        &rows,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// `web (apart)`; what else it was promised is told as JSON.
fn groups(claim: &Value) -> String {
    let groups = show::list(&claim["promises"]["groups"]);
    let told: Vec<_> = groups
        .map(|group| {
            format!(
                "{} ({})",
                show::text(&group["name"]),
                show::text(&group["affinity"])
            )
        })
        .collect();
    told.join(", ")
}

/// Gives back all that a consumer has.
pub(super) async fn release(http: &mut Http, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let consumer = matches.get_one::<String>("CONSUMER").map_or("", String::as_str);
    let is_name = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    anyhow::ensure!(
        !consumer.is_empty() && consumer.bytes().all(is_name),
        "{consumer:?} is no UUID; `wattle-controller claims` shows them"
    );
    let target = format!("/v1/claims/{consumer}");
    match http.ask("DELETE", &target).await? {
        (204, _) => Ok(ExitCode::SUCCESS),
        (status, body) => Err(http.refused(&target, status, &body)),
    }
}

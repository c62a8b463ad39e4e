//! `claims` and `release`

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;
use serde_json::json;

use super::NOT_FOUND;
use super::hosts::providers;
use super::http::Http;
use super::table;

/// Shows who has what on which host.
pub(super) async fn run(http: &mut Http, json: bool) -> anyhow::Result<ExitCode> {
    let mut claims = Vec::new();
    for provider in providers(http).await? {
        let target = format!("/resource_providers/{}/allocations", provider.uuid);
        let page = http.get(&target).await?;
        for (consumer, allocation) in page["allocations"].as_object().into_iter().flatten() {
            claims.push((
                consumer.clone(),
                provider.name.clone(),
                allocation["resources"].clone(),
            ));
        }
    }
    claims.sort_by(|one, two| (&one.0, &one.1).cmp(&(&two.0, &two.1)));
    if json {
        let claims: Vec<_> = claims
            .iter()
            .map(|(consumer, host, resources)| json!({"consumer": consumer, "host": host, "resources": resources}))
            .collect();
        writeln!(std::io::stdout(), "{}", json!({ "claims": claims }))?;
    } else {
        let rows: Vec<_> = claims
            .into_iter()
            .map(|(consumer, host, resources)| vec![consumer, host, listed(&resources)])
            .collect();
        table::print(&["CONSUMER", "HOST", "RESOURCES"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `DISK_GB:1,VCPU:2`
fn listed(resources: &Value) -> String {
    let resources = resources.as_object().into_iter().flatten();
    let parts: Vec<_> = resources
        .map(|(class, amount)| format!("{class}:{amount}"))
        .collect();
    parts.join(",")
}

/// Gives back all that a consumer has.
pub(super) async fn release(http: &mut Http, consumer: &str) -> anyhow::Result<ExitCode> {
    let is_name = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    anyhow::ensure!(
        !consumer.is_empty() && consumer.bytes().all(is_name),
        "{consumer:?} is no UUID; `wattle-controller claims` shows them"
    );
    let target = format!("/allocations/{consumer}");
    match http.ask("DELETE", &target).await? {
        (204, _) => Ok(ExitCode::SUCCESS),
        (404, body) => {
            let error = http.refused(&target, 404, &body);
            writeln!(std::io::stderr(), "wattle-controller: {error}")?;
            Ok(ExitCode::from(NOT_FOUND))
        }
        (status, body) => Err(http.refused(&target, status, &body)),
    }
}

//! `events`

use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;

use super::http::Http;
use super::show;

/// Shows what happens until the controller ends, or so many events.
pub(super) async fn run(http: &mut Http, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let most = matches.get_one::<u64>("count").copied().unwrap_or(u64::MAX);
    let since = matches.get_one::<String>("since").map(String::as_str);
    let json = matches.get_flag("json");
    let (mut seen, mut out) = (0, std::io::stdout());
    let mut stream = http.listen("/v1/events", since).await?;
    while seen < most
        && let Some((id, data)) = stream.next().await?
    {
        seen += 1;
        if json {
            writeln!(out, "{data}")?;
        } else {
            writeln!(
                out,
                "{id}  {}",
                sentence(&serde_json::from_str(&data).unwrap_or_default())
            )?;
        }
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(event: &Value) -> String {
    let text = |key: &str| show::text(&event[key]);
    let all = |key: &str| {
        show::list(&event[key])
            .map(show::text)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match event["event"].as_str() {
        Some("claim") => format!("{} is on {}", text("consumer"), all("hosts")),
        Some("release") => format!("{} has left {}", text("consumer"), all("from")),
        Some("standing") => format!("{} is {}, was {}", text("host"), text("standing"), text("before")),
        Some("silent") => format!("{}: its agent does not answer", text("host")),
        Some("back") => format!("{}: its agent answers again", text("host")),
        Some("gap") => "events are missing here: look at hosts and claims".to_owned(),
        _ => event.to_string(),
    }
}

//! `plan`

use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;

use super::http::Http;
use super::show;
use super::table;

/// Shows which machines would be better off elsewhere.
pub(super) async fn run(http: &mut Http, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let text = |name: &str| matches.get_one::<String>(name).map(|value| show::escaped(value));
    let mut query: Vec<String> = text("policy")
        .map(|name| format!("policy={name}"))
        .into_iter()
        .collect();
    for (flag, name) in [
        ("max-moves", "max_moves"),
        ("min-gain", "min_gain"),
        ("hold", "hold_seconds"),
        ("cooldown", "cooldown_seconds"),
    ] {
        query.extend(text(flag).map(|value| format!("{name}={value}")));
    }
    if matches.get_flag("leave-country") {
        query.push("leave_country=true".to_owned());
    }
    let page = http.get(&format!("/v1/plan?{}", query.join("&"))).await?;
    let mut out = std::io::stdout();
    if matches.get_flag("json") {
        writeln!(out, "{page}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = show::list(&page["moves"])
        .map(|step| {
            vec![
                show::text(&step["consumer"]),
                show::text(&step["from"]),
                show::text(&step["to"]),
                show::figure(&step["gain"], 3),
                show::figure(&step["cost"], 3),
                show::figure(&step["watts_saved"], 1),
                show::figure(&step["grams_per_hour_saved"], 2),
                if step["ready"] == true { "yes" } else { "not yet" }.to_owned(),
                show::text(&step["reason"]),
            ]
        })
        .collect();
    let headings = [
        "CONSUMER",
        "FROM",
        "TO",
        "GAIN",
        "COST",
        "WATTS SAVED",
        "G/H SAVED",
        "READY",
        "REASON",
    ];
    table::print(&headings, &rows)?;
    for stuck in show::list(&page["stuck"]) {
        let [consumer, host, reason] = ["consumer", "host", "reason"].map(|key| show::text(&stuck[key]));
        writeln!(
            out,
            "stuck: {consumer} on {host}, which may not keep it: {reason}"
        )?;
        if stuck["promises"].is_string() {
            writeln!(out, "  its promises: {}", show::text(&stuck["promises"]))?;
        }
    }
    for held in show::list(&page["held"]) {
        let [consumer, host, reason] = ["consumer", "host", "reason"].map(|key| show::text(&held[key]));
        writeln!(out, "held: {consumer} on {host}: {reason}")?;
    }
    writeln!(out, "Nothing was moved. {}", show::text(&page["beware"]))?;
    Ok(ExitCode::SUCCESS)
}

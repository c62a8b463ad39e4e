//! `schedule` and `simulate`: asking, and showing the answer.

use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::Value;

use super::ask;
use super::failure::NO_PLACE;
use super::http::Http;
use super::show;
use super::table;

/// Asks for places.
pub(super) async fn run(http: &mut Http, verb: &str, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let body = ask::body(matches)?;
    let target = format!("/v1/{verb}");
    let (status, text) = http.send("POST", &target, &body).await?;
    let page: Value = serde_json::from_slice(&text).unwrap_or_default();
    let answer = match status {
        200 => &page,
        409 if page["answer"].is_object() => &page["answer"],
        _ => return Err(http.refused(&target, status, &text)),
    };
    if matches.get_flag("json") {
        writeln!(std::io::stdout(), "{answer}")?;
    } else {
        tell(answer, matches.get_flag("explain"))?;
    }
    let homeless = answer["outcome"] == "no-place";
    Ok(if homeless {
        ExitCode::from(NO_PLACE)
    } else {
        ExitCode::SUCCESS
    })
}

fn tell(answer: &Value, explain: bool) -> anyhow::Result<()> {
    let machines: Vec<&Value> = show::list(&answer["machines"]).collect();
    let rows: Vec<_> = machines
        .iter()
        .map(|machine| {
            vec![
                show::text(&machine["consumer"]),
                machine["host"].as_str().map_or("none".to_owned(), str::to_owned),
                show::figure(&machine["watts"], 1),
                show::figure(&machine["grams_per_hour"], 2),
                show::figure(&machine["why"]["chosen"]["score"], 3),
                show::text(&machine["why"]["candidates"]),
            ]
        })
        .collect();
    table::print(
        &["CONSUMER", "HOST", "WATTS", "G/H", "SCORE", "CANDIDATES"],
        &rows,
    )?;
    let homeless = machines.iter().any(|machine| machine["host"].is_null());
    if explain || homeless {
        for machine in machines {
            reasons(machine, explain)?;
        }
    }
    Ok(())
}

/// Every term of every candidate, and why the others are none.
fn reasons(machine: &Value, explain: bool) -> anyhow::Result<()> {
    let why = &machine["why"];
    if !why.is_object() {
        return Ok(());
    }
    let mut out = std::io::stdout();
    let chosen = Some(&why["chosen"]).filter(|chosen| chosen.is_object());
    let candidates: Vec<&Value> = chosen.into_iter().chain(show::list(&why["runners_up"])).collect();
    if explain && !candidates.is_empty() {
        let consumer = show::text(&machine["consumer"]);
        writeln!(
            out,
            "\n{consumer}: candidates, the best first; value of each term, and what it adds to the score"
        )?;
        let rows: Vec<_> = candidates.iter().map(|candidate| row(candidate)).collect();
        let terms = show::list(&candidates[0]["terms"]).map(|term| show::text(&term["term"]).to_uppercase());
        let headings: Vec<String> = ["HOST".to_owned(), "SCORE".to_owned()]
            .into_iter()
            .chain(terms)
            .collect();
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        table::print(&headings, &rows)?;
    }
    let refused: Vec<_> = show::list(&why["refused"])
        .map(|refused| {
            ["host", "rule", "reason"]
                .map(|key| show::text(&refused[key]))
                .to_vec()
        })
        .collect();
    if !refused.is_empty() {
        writeln!(out, "\n{}: refused", show::text(&machine["consumer"]))?;
        table::print(&["HOST", "RULE", "REASON"], &refused)?;
    }
    Ok(())
}

fn row(candidate: &Value) -> Vec<String> {
    let terms = show::list(&candidate["terms"]).map(|term| match term["state"].as_str() {
        Some("known") => {
            let value = show::significant(&term["value"]);
            let unit = term["unit"].as_str().unwrap_or_default();
            let added = show::figure(&term["contribution"], 3);
            format!("{value}{unit} +{added}")
        }
        Some("unknown") => "unknown +0".to_owned(),
        _ => "-".to_owned(),
    });
    [
        show::text(&candidate["host"]),
        show::figure(&candidate["score"], 3),
    ]
    .into_iter()
    .chain(terms)
    .collect()
}

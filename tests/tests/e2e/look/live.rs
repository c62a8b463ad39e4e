//! Every expression of every rule and panel on a real Prometheus that scrapes real agents and a real controller.

use std::collections::BTreeSet;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use super::dashboards::committed;
use super::dashboards::pictures;
use super::files;
use super::files::text;
use super::promql;
use super::stage::Stage;
use super::stage::VM;
use crate::e2e::patience::wait_until;
use crate::e2e::prometheus::server;
use crate::e2e::prometheus::server::Server;

/// How far back each expression is asked for, while workloads come and go.
const LOOK_BACK: u32 = 20;
/// Beginnings of the names of series that come with what this test does not wait for, so that an expression with them may be empty.
const WITHOUT_EVENT: [(&str, &str); 1] = [(
    "wattle_controller_prediction",
    "a prediction is compared with what was measured five minutes later",
)];

#[test]
fn every_rule_and_every_panel_has_an_answer_where_agents_and_a_controller_run() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    let Some(stage) = Stage::set() else {
        skip!("needs wattle-controller (cargo build -p wattle-controller)");
    };
    assert_rules_record(&stage);
    assert_alerts_are_evaluated(&stage);
    assert_panels_answer(&stage);
    assert_choices_are_there(&stage);
    stage.server.assert_nothing_dropped();
}

/// Every recording rule gives something, and none ever failed.
fn assert_rules_record(stage: &Stage) {
    let recorded = files::rules(&files::rule_files());
    for rule in recorded.iter().filter(|rule| !rule.is_alert) {
        wait_until(&rule.name, || !stage.server.rows(&rule.name).is_empty());
    }
    for rule in files::rules(&files::listed("exporter-rules", "latency.rules.yaml")) {
        let what = format!("{} with native histograms", rule.name);
        wait_until(&what, || !stage.native.rows(&rule.name).is_empty());
    }
    assert_no_rule_failed(&stage.server, files::rules(&files::rule_files()).len());
    assert_no_rule_failed(&stage.native, 9);
    let classic = |server: &Server| server.rows("wattle_oneway_delay_seconds_bucket").len();
    assert!(classic(&stage.server) > 0 && classic(&stage.native) == 0);
}

fn assert_no_rule_failed(server: &Server, count: usize) {
    let data = server.api("/api/v1/rules");
    let groups = data["groups"].as_array().unwrap();
    let rules: Vec<&Value> = groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .collect();
    assert_eq!(rules.len(), count);
    for rule in rules {
        assert_eq!(rule.get("lastError"), None, "{rule}");
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}

/// An alert may be quiet; the series that it asks about are there.
fn assert_alerts_are_evaluated(stage: &Stage) {
    for alert in files::rules(&files::rule_files())
        .iter()
        .filter(|rule| rule.is_alert)
    {
        for (name, _) in promql::names(&alert.expr).series {
            let what = format!("{name}, which {} asks about", alert.name);
            wait_until(&what, || {
                is_without_event(&name) || !stage.server.rows(&name).is_empty()
            });
        }
    }
    wait_until("the alert that power is estimated", || {
        stage
            .server
            .rows("ALERTS{alertname=\"WattleEstimateInUse\"}")
            .len()
            >= 2
    });
}

/// Each expression answers, now and at every second of a while, without an error.
fn assert_panels_answer(stage: &Stage) {
    let mut failed = BTreeSet::new();
    let mut asked = 0;
    for (file, dashboard) in committed() {
        for panel in pictures(&dashboard) {
            for target in panel["targets"].as_array().unwrap() {
                asked += 1;
                let expr = text(&target["expr"]);
                if let Err(reason) = answers(stage, &expr) {
                    failed.insert(format!("{file}: {}: {expr}: {reason}", text(&panel["title"])));
                }
            }
        }
    }
    assert!(asked > 100, "{asked}");
    assert!(failed.is_empty(), "{failed:#?}");
}

fn is_without_event(series: &str) -> bool {
    WITHOUT_EVENT
        .iter()
        .any(|(beginning, _)| series.starts_with(beginning))
}

/// What an expression needs is there a few scrapes later at the latest; then it gives something for one host at least.
fn answers(stage: &Stage, expr: &str) -> Result<(), String> {
    let mut last = String::from("empty");
    let may_be_empty = promql::names(expr)
        .series
        .iter()
        .any(|(name, _)| is_without_event(name));
    for _ in 0..TRIES {
        for expr in filled_in(stage, expr) {
            let answer = stage.server.over_time(&expr, now(), LOOK_BACK);
            if answer["status"] != "success" {
                return Err(answer["error"].to_string());
            }
            let series = answer["data"]["result"].as_array().unwrap();
            if may_be_empty || series.iter().any(has_a_number) {
                return Ok(());
            }
            last = format!("{} series without a number: {expr}", series.len());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Err(last)
}

/// Half a minute; mostly the first finds everything there.
const TRIES: u32 = 60;

fn has_a_number(series: &Value) -> bool {
    let values = series["values"].as_array().unwrap();
    let number = |value: &Value| value[1].as_str().and_then(|text| text.parse::<f64>().ok());
    values.iter().filter_map(number).any(f64::is_finite)
}

/// The expression with variables as somebody may choose them: all where that can be, else one host after the other.
fn filled_in(stage: &Stage, expr: &str) -> Vec<String> {
    let common = [
        ("$__rate_interval", "20s"),
        ("$__range", "1m"),
        ("=~\"$host\"", "=~\".+\""),
        ("$site", ".*"),
        ("$kind", ".+"),
        ("$name", VM),
        ("$peer", ".+"),
        ("$controller", ".+"),
        ("$price", "0.30"),
    ];
    let expr = common.iter().fold(expr.to_owned(), |expr, (variable, value)| {
        expr.replace(variable, value)
    });
    assert!(!expr.replace("$host", "").contains('$'), "{expr}");
    let hosts = stage.agents.iter().map(|agent| agent.address.to_string());
    if expr.contains("$host") {
        hosts.map(|host| expr.replace("$host", &host)).collect()
    } else {
        vec![expr]
    }
}

/// The lists of what can be chosen are not empty.
fn assert_choices_are_there(stage: &Stage) {
    for (file, dashboard) in committed() {
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            if variable["type"] != "query" {
                continue;
            }
            let definition = text(&variable["definition"]);
            let query = match definition.strip_prefix("label_values(") {
                Some(inner) => {
                    let (series, label) = inner.strip_suffix(')').unwrap().rsplit_once(", ").unwrap();
                    format!("count by ({label}) ({series})")
                }
                None => definition
                    .strip_prefix("query_result(")
                    .unwrap()
                    .strip_suffix(')')
                    .unwrap()
                    .to_owned(),
            };
            let query = filled_in(stage, &query).remove(0);
            let what = format!("{file}: {}: {query}", variable["name"]);
            wait_until(&what, || !stage.server.rows(&query).is_empty());
        }
    }
    let hosts = |site: &str| {
        let (_, fleet) = committed().into_iter().find(|(file, _)| file == "fleet").unwrap();
        let list = fleet["templating"]["list"].as_array().unwrap().clone();
        let host = list.iter().find(|variable| variable["name"] == "host").unwrap();
        let definition = text(&host["definition"]).replace("$site", site);
        let query = definition
            .strip_prefix("query_result(")
            .unwrap()
            .strip_suffix(')')
            .unwrap();
        stage.server.rows(query).len()
    };
    // A busy machine can miss a scrape, and the host is not there for a second.
    wait_until("hosts by site", || {
        [".*", "hall 1", "(hall 1|hall 2)"].map(hosts) == [4, 1, 4]
    });
}

#[expect(clippy::disallowed_methods, reason = "Prometheus lives in real time")]
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

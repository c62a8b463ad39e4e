//! The rules: right by Prometheus' own tool, tested each, explained each, and naming nothing that is not there.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::files;
use super::files::Rule;
use super::files::text;
use super::known::Known;
use super::promql;
use crate::e2e::promtool;

/// Series of the application that the example is about.
const FOREIGN: [&str; 1] = ["http_requests_total"];

fn all() -> Vec<Rule> {
    let files = [files::rule_files(), files::examples()].concat();
    files::rules(&files)
}

/// Runs promtool on files; it has to succeed.
fn promtool(words: &[&str], files: &[std::path::PathBuf]) -> String {
    let output = Command::new("promtool").args(words).args(files).output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "promtool {}: {told}", words.join(" "));
    told
}

#[test]
fn promtool_finds_every_rule_right() {
    if !promtool::is_there() {
        skip!("{}", promtool::MISSING);
    }
    let told = promtool(
        &["check", "rules", "--lint=all", "--lint-fatal"],
        &files::rule_files(),
    );
    assert!(!told.contains("FAILED"), "{told}");
    promtool(
        &["check", "rules", "--lint=all", "--lint-fatal"],
        &files::examples(),
    );
}

#[test]
fn the_unit_tests_of_rules_and_alerts_succeed() {
    if !promtool::is_there() {
        skip!("{}", promtool::MISSING);
    }
    let told = promtool(&["test", "rules"], &files::rule_tests());
    assert!(!told.contains("FAILED"), "{told}");
}

/// All cases of a kind in all files of unit tests.
fn cases(kind: &str) -> Vec<Value> {
    let mut cases = Vec::new();
    for file in files::rule_tests() {
        for test in files::yaml(&file)["tests"].as_array().unwrap() {
            cases.extend(test[kind].as_array().cloned().unwrap_or_default());
        }
    }
    cases
}

#[test]
fn every_rule_is_tested_with_an_answer() {
    let mut tested = BTreeSet::new();
    for case in cases("promql_expr_test") {
        if case["exp_samples"]
            .as_array()
            .is_some_and(|samples| !samples.is_empty())
        {
            let names = promql::names(case["expr"].as_str().unwrap());
            tested.extend(names.series.into_iter().map(|(name, _)| name));
        }
    }
    let recorded = all().into_iter().filter(|rule| !rule.is_alert);
    let missing: Vec<String> = recorded
        .map(|rule| rule.name)
        .filter(|name| !tested.contains(name))
        .collect();
    assert!(missing.is_empty(), "without a unit test: {missing:?}");
}

#[test]
fn every_alert_is_tested_firing_and_not_firing() {
    let cases = cases("alert_rule_test");
    for alert in all().iter().filter(|rule| rule.is_alert) {
        let of_it = cases
            .iter()
            .filter(|case| case["alertname"] == alert.name.as_str());
        let fires: BTreeSet<bool> = of_it
            .map(|case| {
                case["exp_alerts"]
                    .as_array()
                    .is_some_and(|alerts| !alerts.is_empty())
            })
            .collect();
        assert!(fires.contains(&true), "{}: no test in which it fires", alert.name);
        assert!(
            fires.contains(&false),
            "{}: no test in which it does not",
            alert.name
        );
    }
}

#[test]
fn every_alert_has_a_section_in_the_runbook_and_every_section_an_alert() {
    let page = files::read("docs/runbook.md");
    let sections: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    let alerts: Vec<Rule> = all().into_iter().filter(|rule| rule.is_alert).collect();
    for alert in &alerts {
        assert!(
            sections.contains(alert.name.as_str()),
            "{} is not in docs/runbook.md",
            alert.name
        );
        let annotations = &alert.whole["annotations"];
        let place = format!("docs/runbook.md#{}", alert.name.to_lowercase());
        assert_eq!(annotations["runbook"], place.as_str());
        assert!(
            text(&annotations["summary"]).contains("{{ $labels."),
            "{}: who?",
            alert.name
        );
        let severity = text(&alert.whole["labels"]["severity"]);
        assert!(
            ["critical", "warning", "info"].contains(&severity.as_str()),
            "{severity}"
        );
    }
    let names: BTreeSet<&str> = alerts.iter().map(|alert| alert.name.as_str()).collect();
    let idle: Vec<_> = sections.difference(&names).collect();
    assert!(idle.is_empty(), "sections about nothing: {idle:?}");
}

#[test]
fn rules_name_no_series_and_no_label_that_is_not_there() {
    let known = Known::new();
    for rule in all() {
        let mistakes = known.mistakes(&rule.expr, &[&FOREIGN[..], &["", "service"]].concat());
        assert!(mistakes.is_empty(), "{}: {mistakes:?}", rule.name);
    }
}

#[test]
fn the_runbook_and_the_readme_name_nothing_that_is_not_there() {
    let known = Known::new();
    let page = files::read("docs/runbook.md")
        + &files::read("exporter-rules/README.md")
        + &files::read("grafana/README.md");
    let quoted = page.split('`').skip(1).step_by(2);
    let exprs = quoted.filter(|text| {
        (text.contains("wattle_") || text.contains(':')) && text.contains("wattle_") && !text.contains('…')
    });
    let mut count = 0;
    for expr in exprs {
        let mistakes = known.mistakes(expr, &[]);
        assert!(mistakes.is_empty(), "{expr}: {mistakes:?}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}

#[test]
fn recorded_names_say_level_metric_and_operations_and_none_stands_twice() {
    let mut seen = BTreeSet::new();
    for rule in all() {
        assert!(seen.insert(rule.name.clone()), "{} stands twice", rule.name);
        if rule.is_alert {
            assert!(rule.name.starts_with("Wattle"), "{}", rule.name);
            continue;
        }
        let parts: Vec<&str> = rule.name.split(':').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        assert!(parts.len() == 3 && parts.iter().all(plain), "{}", rule.name);
    }
}

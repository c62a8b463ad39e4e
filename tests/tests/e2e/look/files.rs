//! The files of `exporter-rules`, `grafana` and `docs` as they stand in the repository.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use wattle_tests::dashboards::Dashboard;

/// A recording rule or an alert.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// What it records, or what the alert is called.
    pub(super) name: String,
    pub(super) is_alert: bool,
    pub(super) expr: String,
    pub(super) whole: Value,
}

/// Where something stands, from the root of the repository.
pub(super) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(below)
}

pub(super) fn read(below: &str) -> String {
    fs::read_to_string(path(below)).unwrap()
}

/// The files of a directory that end so, in order.
pub(super) fn listed(below: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path(below)).unwrap();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.to_str().unwrap().ends_with(ending))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{below}");
    files
}

/// The files with rules; `examples` are for copying.
pub(super) fn rule_files() -> Vec<PathBuf> {
    listed("exporter-rules", ".rules.yaml")
}

pub(super) fn examples() -> Vec<PathBuf> {
    listed("exporter-rules/examples", ".rules.yaml")
}

pub(super) fn rule_tests() -> Vec<PathBuf> {
    listed("exporter-rules/tests", ".test.yaml")
}

pub(super) fn yaml(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap();
    let parsed = serde_yaml::from_str(&text);
    assert!(parsed.is_ok(), "{}: {parsed:?}", file.display());
    parsed.unwrap()
}

/// Every rule of these files.
pub(super) fn rules(files: &[PathBuf]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for file in files {
        for group in yaml(file)["groups"].as_array().unwrap() {
            rules.extend(group["rules"].as_array().unwrap().iter().map(rule));
        }
    }
    rules
}

fn rule(whole: &Value) -> Rule {
    let is_alert = whole.get("alert").is_some();
    let name = if is_alert {
        &whole["alert"]
    } else {
        &whole["record"]
    };
    Rule {
        name: text(name),
        is_alert,
        expr: text(&whole["expr"]),
        whole: whole.clone(),
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The sources of the dashboards, by the name of the file.
pub(super) fn sources() -> Vec<(String, Dashboard)> {
    let files = listed("grafana/source", ".yaml");
    files
        .iter()
        .map(|file| {
            let source = serde_yaml::from_str(&fs::read_to_string(file).unwrap());
            assert!(source.is_ok(), "{}: {source:?}", file.display());
            (
                file.file_stem().unwrap().to_str().unwrap().to_owned(),
                source.unwrap(),
            )
        })
        .collect()
}

//! The dashboards against the shapes that Grafana publishes.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use super::files;

/// Where `tests/run` says that the Python is which has Grafana's Foundation SDK.
const PYTHON: &str = "WATTLE_GRAFANA_SDK";
const MISSING: &str = "needs Grafana's Foundation SDK (tests/run fetches it)";

fn python() -> Option<PathBuf> {
    let beside_this = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("grafana-sdk/bin/python");
    let python = std::env::var_os(PYTHON).map_or_else(beside_this, PathBuf::from);
    python.exists().then_some(python)
}

/// What the check says of files, and whether it was content.
fn check(python: &Path, dashboards: &[PathBuf]) -> (bool, String) {
    let output = Command::new(python)
        .arg(files::path("tests/grafana/check.py"))
        .args(dashboards)
        .output()
        .unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), told)
}

#[test]
fn the_dashboards_have_the_shape_that_grafana_publishes() {
    let Some(python) = python() else {
        skip!("{MISSING}");
    };
    let (fine, told) = check(&python, &files::listed("grafana/dashboards", ".json"));
    assert!(fine, "{told}");
}

#[test]
fn a_dashboard_with_a_key_or_a_word_that_grafana_does_not_know_is_found_out() {
    let Some(python) = python() else {
        skip!("{MISSING}");
    };
    let dir = tempfile::tempdir().unwrap();
    let whole = files::read("grafana/dashboards/fleet.json");
    for (right, wrong) in [
        ("\"graphMode\": \"area\"", "\"graphMode\": \"aria\""),
        ("\"gridPos\":", "\"gridpos\":"),
        ("\"schemaVersion\": 39", "\"schemaVersion\": \"39\""),
        ("\"drawStyle\": \"line\"", "\"drawStyles\": \"line\""),
    ] {
        let file = dir.path().join("wrong.json");
        assert!(whole.contains(right), "{right}");
        fs::write(&file, whole.replace(right, wrong)).unwrap();
        let (fine, told) = check(&python, &[file]);
        assert!(!fine, "{wrong}: {told}");
    }
}

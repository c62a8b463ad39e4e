//! The linter that comes with Prometheus.

use std::io::Write;
use std::process::Command;
use std::process::Stdio;

use super::agent::Agent;

pub(crate) const MISSING: &str = "needs promtool (apt-get install prometheus)";

pub(crate) fn is_there() -> bool {
    Command::new("promtool").arg("--version").output().is_ok()
}

/// What `promtool check metrics` says: its exit code, and everything that it prints.
pub(crate) fn check(metrics: &str) -> (Option<i32>, String) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

#[test]
fn promtool_has_no_complaint_about_this_machine() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &["--interval", "100ms"]);
    agent.wait_until_ready();
    assert_eq!(check(&agent.get("/metrics").text()), (Some(0), String::new()));
}

//! The commands that ask a controller.

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::client;
use crate::served::Controller;
use crate::served::claim;
use crate::served::command;
use crate::served::consumer;

/// The exit code and what was printed.
fn run(controller: &Controller, arguments: &[&str]) -> (Option<i32>, String) {
    let url = format!("http://{}", controller.address);
    let output = command().args(arguments).args(["--url", &url]).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

#[test]
fn hosts_and_claims_are_shown_and_a_claim_is_released_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut controller = Controller::embedded(&dir);
    controller.add_host(8);
    let target = format!("/allocations/{}", consumer(1));
    assert_eq!(controller.send("PUT", &target, &claim()).status, 204);
    let (code, hosts) = run(&controller, &["hosts"]);
    assert_eq!(code, Some(0));
    let row = hosts.lines().nth(1).unwrap();
    assert!(row.starts_with("one   VCPU      1     8         8"), "{hosts}");
    let (_, json) = run(&controller, &["hosts", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["hosts"][0]["usages"]["VCPU"], 1);
    let (_, claims) = run(&controller, &["claims"]);
    assert!(
        claims.contains(&consumer(1)) && claims.contains("VCPU:1"),
        "{claims}"
    );
    assert_eq!(run(&controller, &["release", &consumer(1)]).0, Some(0));
    let (code, said) = run(&controller, &["release", &consumer(1)]);
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(run(&controller, &["release", "../traits"]).0, Some(1));
    assert_eq!(controller.used(), 0);

    let metrics = client::get(controller.address, "/metrics").text();
    let counted = "wattle_controller_requests_total{route=\"allocations\",status=\"204\"} 2\n";
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(client::get(controller.address, "/readyz").status, 200);
    controller.program.signal(Signal::SIGTERM);
    assert_eq!(controller.program.wait().code(), Some(0));
}

#[test]
fn help_teaches_and_the_generated_configuration_is_right() {
    let output = command().arg("--help").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Examples:"));
    assert_eq!(command().output().unwrap().status.code(), Some(2));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("controller.yaml");
    let output = command().args(["generate", "config"]).output().unwrap();
    std::fs::write(&file, output.stdout).unwrap();
    let checked = command().arg("check-config").arg(&file).output().unwrap();
    assert!(checked.status.success());
}

//! The commands that ask a controller.

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::client;
use crate::patience::wait_until;
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
    assert!(
        row.starts_with("one   ready     VCPU      1     8         8"),
        "{hosts}"
    );
    let (_, json) = run(&controller, &["hosts", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["hosts"][0]["resources"]["VCPU"]["used"], 1);
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
    let counted = "wattle_controller_requests_total{route=\"/v1/claims/{consumer}\",status=\"204\"} 1\n";
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(client::get(controller.address, "/readyz").status, 200);
    controller.program.signal(Signal::SIGTERM);
    assert_eq!(controller.program.wait().code(), Some(0));
}

#[test]
fn a_machine_is_scheduled_from_the_command_line_and_its_reasons_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let controller = Controller::embedded(&dir);
    controller.add_host(8);
    let query = "resources=VCPU:2";
    let (code, told) = run(
        &controller,
        &["schedule", query, "--consumer", &consumer(1), "--explain"],
    );
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.lines()
            .nth(1)
            .unwrap()
            .starts_with(&format!("{}  one", consumer(1))),
        "{told}"
    );
    assert!(told.contains("WATTS") && told.contains("unknown +0"), "{told}");
    let (code, json) = run(
        &controller,
        &["simulate", query, "--policy", "pack", "--count", "3", "--json"],
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["outcome"]), (Some(0), &"simulated".into()));
    assert_eq!(json["machines"].as_array().unwrap().len(), 3);
    let (code, told) = run(&controller, &["schedule", "resources=VCPU:7"]);
    assert_eq!(code, Some(3), "{told}");
    assert!(
        told.contains("it has no room for 7 of VCPU: 2 of 8 are in use"),
        "{told}"
    );
    let (code, told) = run(&controller, &["schedule", query, "--count", "2", "--apart"]);
    assert_eq!(code, Some(3), "{told}");
    let (code, told) = run(&controller, &["drain", "one", "--reason", "fans"]);
    assert_eq!(
        (code, told.as_str()),
        (Some(0), "one is draining, with 1 consumers\n")
    );
    wait_until("the order", || {
        run(&controller, &["hosts"]).1.contains("draining")
    });
    let (code, told) = run(&controller, &["simulate", query]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("it is draining"), "{told}");
    let (code, told) = run(&controller, &["plan"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("stuck: {} on one", consumer(1))), "{told}");
    let (code, told) = run(&controller, &["host", "one"]);
    assert_eq!(code, Some(0));
    assert!(
        told.contains("ORDER") && told.contains("draining: fans") && told.contains("missing"),
        "{told}"
    );
    assert_eq!(run(&controller, &["undrain", "one"]).0, Some(0));
    for (code, arguments, said) in [
        (3, &["host", "nobody"] as &[&str], "there is no host \"nobody\""),
        (3, &["drain", "nobody"], "there is no host"),
        (1, &["schedule", "resources=VCPU:x"], "no amount of VCPU"),
        (1, &["schedule", "required=A"], "resources are needed"),
        (
            1,
            &["schedule", "resources=CUSTOM_X:1"],
            "no resource class CUSTOM_X",
        ),
        (
            1,
            &["schedule", "resources=VCPU:1&size=2"],
            "size: there is no such parameter",
        ),
        (1, &["simulate", query, "--policy", "fast"], "known are: balanced"),
        (1, &["simulate", query, "--near", "two"], "not in the fleet"),
        (2, &["simulate", query, "--max-delay", "1"], "--near"),
    ] {
        let (was, told) = run(&controller, arguments);
        assert_eq!(was, Some(code), "{arguments:?}: {told}");
        assert!(told.contains(said), "{arguments:?}: {told}");
    }
    assert_eq!(controller.used(), 2);
}

#[test]
fn a_controller_that_is_not_there_has_an_exit_code_of_its_own() {
    let output = command()
        .args(["hosts", "--url", "http://127.0.0.1:1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("is the controller running there?")
    );
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

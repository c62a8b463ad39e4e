//! What the command says about itself and about a machine.

use std::fs;
use std::path::Path;

use serde_json::Value;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Spec;

use super::agent::run;
use super::living::Living;
use super::living::flags;

/// Runs a command that must succeed without a complaint; returns what it prints.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_generated_configuration_is_right_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    let text = printed(&["generate", "config"]);
    fs::write(&file, &text).unwrap();
    assert!(
        text.contains("interval: 1s") && text.contains("idle-policy: host"),
        "{text}"
    );
    let path = file.to_str().unwrap();
    assert_eq!(printed(&["check-config", path]), format!("{path}: fine\n"));
}

#[test]
fn documents_are_made_from_the_program_itself() {
    for (arguments, told) in [
        (&["generate", "man"][..], "\\-\\-state\\-dir"),
        (&["generate", "metrics"], "wattle_host_energy_joules_total"),
        (&["generate", "completions", "bash"], "-o default wattle-agent"),
        (&["--help"], "--web.config.file"),
        (&["--help"], "Exit codes: 0"),
        (&["doctor", "--help"], "--json"),
        (&["generate", "scrape-config", "--help"], "one_host_id=0"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let text = printed(arguments);
        assert!(text.contains(told), "{arguments:?} does not say {told:?}: {text}");
    }
}

/// The doctor's exit code and findings for the host below `root`.
fn doctor(root: &Path) -> (Option<i32>, Value, String) {
    let all = |more: &[&str]| [vec!["doctor".to_owned()], flags(root, more)].concat();
    let json = run(&all(&["--json"]));
    let text = run(&all(&[]));
    assert_eq!(json.status.code(), text.status.code());
    let findings = serde_json::from_slice(&json.stdout).unwrap();
    (
        json.status.code(),
        findings,
        String::from_utf8(text.stdout).unwrap(),
    )
}

#[test]
fn the_doctor_finds_hosts_with_counters_healthy() {
    for hardware in [Hardware::default(), Hardware::client(), Hardware::epyc()] {
        let spec = Spec {
            hardware,
            ..Spec::default()
        };
        let host = Living::start(spec.with_mixture(5, 10));
        let (code, findings, text) = doctor(host.path());
        assert_eq!(
            (code, &findings["verdict"]),
            (Some(0), &"healthy".into()),
            "{text}"
        );
        assert!(text.contains("cpu is measured"), "{text}");
        assert!(findings["workloads"].as_u64() > Some(5), "{findings}");
    }
}

#[test]
fn the_doctor_finds_a_host_without_counters_degraded_and_says_what_to_do() {
    let hardware = Hardware::guest();
    let host = Living::start(
        Spec {
            hardware,
            ..Spec::default()
        }
        .with_mixture(5, 10),
    );
    let (code, findings, text) = doctor(host.path());
    assert_eq!(
        (code, &findings["verdict"]),
        (Some(1), &"degraded".into()),
        "{text}"
    );
    assert!(text.contains("modprobe intel_rapl_msr"), "{text}");
    assert!(text.contains("cpu is estimated"), "{text}");
}

#[test]
fn the_doctor_finds_an_empty_tree_unusable_and_claims_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let (code, findings, text) = doctor(dir.path());
    assert_eq!(
        (code, &findings["verdict"]),
        (Some(2), &"unusable".into()),
        "{text}"
    );
    assert!(!text.contains("cpu is measured"), "{text}");
}

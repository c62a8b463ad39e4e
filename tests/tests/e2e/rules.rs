//! The operator's rules, from the file to the scrape.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use super::agent::Agent;
use super::agent::run;
use super::living::Living;
use super::patience::wait_until;

/// What `check-config` prints of a file, and whether it was content.
fn check(text: &str) -> (bool, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    fs::write(&file, text).unwrap();
    let output = run(&["check-config", file.to_str().unwrap()]);
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    let place = format!("{}/", dir.path().display());
    (output.status.success(), printed.replace(&place, ""))
}

#[test]
fn the_examples_of_the_page_are_right_and_are_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/workloads.md");
    let page = fs::read_to_string(page).unwrap();
    let examples: Vec<_> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let (fine, printed) = check(example);
        let rules = example.matches("- match:").count();
        assert!(
            fine && printed.lines().count() == rules + 1,
            "{example}\n{printed}"
        );
    }
}

#[test]
fn a_checked_file_says_what_each_rule_means_and_a_wrong_one_where() {
    let text = "workloads:\n  - match: {unit: 'a|b', user: root}\n    group: x\n";
    let meaning = "agent.yaml: fine\nworkloads[0]: where unit matches /a|b/ and user matches /root/, sum it into \"x\"\n";
    assert_eq!(check(text), (true, meaning.to_owned()));
    let (fine, printed) = check("workloads:\n  - match:\n      unit: 'a{1000}{1000}'\n    group: x\n");
    assert!(!fine);
    assert!(
        printed.starts_with("wattle-agent: agent.yaml:3: workloads[0].match.unit: the regular expression"),
        "{printed}"
    );
}

#[test]
fn a_reload_takes_rules_and_wrong_ones_leave_those_before() {
    const CPU: &str = "wattle_workload_cpu_seconds_total{kind=\"service\",id=\"group:web\",name=\"web\"}";
    let workloads = ["nginx", "php"].map(|name| WorkloadSpec::new(Kind::Service, name, Load::Constant(100)));
    let host = Living::start(Spec {
        workloads: workloads.into(),
        ..Spec::default()
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    let write =
        |rules: &str| fs::write(&file, format!("interval: 100ms\nlisten: 127.0.0.1:0\n{rules}")).unwrap();
    write("");
    let flags = host.flags(&[
        "--config",
        file.to_str().unwrap(),
        "--state-dir",
        dir.path().to_str().unwrap(),
    ]);
    let agent = Agent::start_as(super::agent::command(&flags));
    agent.wait_until_ready();
    assert!(agent.scrape().get(CPU).is_none());

    write("workloads:\n  - match: {unit: '(nginx|php)\\.service'}\n    group: web\n");
    agent.program.signal(Signal::SIGHUP);
    agent.program.wait_for_log("changed=\"workloads\"");
    wait_until("the group", || agent.scrape().get(CPU).is_some());

    write("workloads:\n  - match: {unit: '(nginx'}\n    group: web\n");
    agent.program.signal(Signal::SIGHUP);
    agent
        .program
        .wait_for_log("agent.yaml:4: workloads[0].match.unit: the regular expression");
    assert!(agent.after_ticks(2).get(CPU).is_some());
}

//! The same for scripts.

use std::fs;
use std::process::Output;

use serde_json::Value;
use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::agent::command;
use super::super::agent::run;
use super::super::living::Living;

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn once_and_json_print_what_the_agent_shows() {
    let host = Living::start(Spec::default().with_mixture(10, 20));
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &host.flags(&["--interval", "200ms"]));
    agent.wait_until_ready();
    host.hold();
    let url = format!("http://{}", agent.address);
    let table = text(&run(&["top", "--once", "--url", &url]));
    assert!(
        table.starts_with("# fakehost ") && table.contains("KIND"),
        "{table}"
    );
    let json: Value = serde_json::from_str(&text(&run(&["top", "--json", "--url", &url]))).unwrap();
    assert_eq!(json["source"].as_str().unwrap().trim_end_matches('/'), url);
    let workloads = json["report"]["workloads"].as_array().unwrap();
    assert_eq!(workloads.len() + 2, table.lines().count());
    for workload in workloads {
        assert!(table.contains(workload["id"].as_str().unwrap()), "{workload}");
    }
}

#[test]
fn without_an_agent_it_samples_by_itself_and_writes_nothing() {
    let host = Living::start(Spec::default().with_mixture(10, 20));
    let state = tempfile::tempdir().unwrap();
    let flags = [
        "top",
        "--once",
        "--sample",
        "--interval",
        "300ms",
        "--state-dir",
        state.path().to_str().unwrap(),
    ];
    let mut arguments: Vec<String> = flags.map(str::to_owned).into();
    arguments.extend(host.flags(&[]));
    let table = text(&run(&arguments));
    let first = table.lines().next().unwrap();
    assert!(
        first.contains("own sampling, nothing is kept")
            && first.contains("cpu")
            && !first.contains("# fakehost - W"),
        "{table}"
    );
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_done_is_said_in_one_line_with_its_exit_code() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{port}");
    for (arguments, code, told) in [
        (&["top", "--once", "--url", &url][..], 1, "Connection refused"),
        (
            &["top", "--url", &url],
            2,
            "needs a terminal: use --once or --json",
        ),
        (&["top", "--once", "--url", "nonsense"], 2, "is no URL"),
        (
            &["top", "--once", "--url", &url, "--user", "u"],
            1,
            "--user needs --password-file or WATTLE_PASSWORD",
        ),
    ] {
        let output = command(arguments).env_remove("WATTLE_PASSWORD").output().unwrap();
        let error = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(
            error.contains(told) && output.stdout.is_empty(),
            "{arguments:?}: {error}"
        );
    }
}

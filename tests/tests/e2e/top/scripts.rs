//! The same for scripts.

use std::fs;
use std::process::Output;

use serde_json::Value;
use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::agent::command;
use super::super::agent::run;
use super::super::living::Living;
use super::super::patience::wait_until;

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

#[test]
fn a_password_comes_from_a_file_or_the_environment_and_never_from_a_flag() {
    let host = Living::start(Spec::default());
    let dir = tempfile::tempdir().unwrap();
    let (web, secret) = (dir.path().join("web.yaml"), dir.path().join("secret"));
    // bcrypt's own test vector, of the password U*U.
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    fs::write(&web, format!("basic_auth_users:\n  jan: {hash}\n")).unwrap();
    fs::write(&secret, "U*U\n").unwrap();
    let flags = ["--interval", "200ms", "--web.config.file", web.to_str().unwrap()];
    let agent = Agent::start(dir.path(), &host.flags(&flags));
    let url = format!("http://{}", agent.address);
    let top = |more: &[&str], password: &str| {
        let mut command = command(&[&["top", "--json", "--url", &url], more].concat());
        command.env("WATTLE_PASSWORD", password).output().unwrap()
    };
    let file = secret.to_str().unwrap();
    wait_until("the first tick", || {
        top(&["--user", "jan"], "U*U").status.success()
    });
    assert!(
        top(&["--user", "jan", "--password-file", file], "")
            .status
            .success()
    );
    for refused in [top(&[], "U*U"), top(&["--user", "jan"], "wrong")] {
        let error = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1));
        assert!(error.contains("user or password are wrong or missing"), "{error}");
    }
    assert_eq!(top(&["--password", "U*U"], "").status.code(), Some(2));
}

#[test]
fn an_agent_that_hangs_is_not_waited_for() {
    // It takes connections, since the kernel does, and never says anything.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let output = run(&["top", "--once", "--url", &url]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("no answer within 3 s"), "{error}");
}

//! Starts that cannot be, and what is said then.

use std::fs;
use std::net::TcpListener;
use std::process::Output;

use super::agent::run;

fn error_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_port_in_use_is_one_line_that_names_it_and_what_to_type() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let state = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{port}");
    let output = run(&[
        "--listen",
        &address,
        "--state-dir",
        state.path().to_str().unwrap(),
    ]);
    let error = error_of(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.contains(&format!("port {port} is in use on 127.0.0.1")),
        "{error}"
    );
    assert!(error.contains("--listen '127.0.0.1:"), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn an_unknown_flag_or_command_is_wrong_usage() {
    for arguments in [
        &["--liste", ":1"][..],
        &["dance"],
        &["generate"],
        &["check-config"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error_of(&output).contains("Usage:"), "{arguments:?}");
    }
}

#[test]
fn a_wrong_configuration_is_one_line_with_file_line_and_key_wherever_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    let path = file.to_str().unwrap();
    for (text, told) in [
        (
            "interval: 1s\nlog:\n  levle: info\n",
            ":3: log.levle: unknown field",
        ),
        ("interval: soon\n", ":1: interval: \"soon\" is no time"),
        (
            "listen: :1\n\nlimits:\n  workloads: 0\n",
            ":4: limits.workloads: \"0\"",
        ),
    ] {
        fs::write(&file, text).unwrap();
        for (code, arguments) in [
            (78, &["--config", path][..]),
            (1, &["check-config", path]),
            (1, &["doctor", "--config", path]),
        ] {
            let output = run(arguments);
            let error = error_of(&output);
            assert_eq!(output.status.code(), Some(code), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
            assert!(error.contains(&format!("{path}{told}")), "{error}");
        }
    }
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let output = run(&["--config", "/nonexistent/agent.yaml"]);
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(
        error_of(&output),
        "wattle-agent: /nonexistent/agent.yaml: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_wrong_flag_value_is_one_line_with_the_flag() {
    for (flag, value) in [
        ("--interval", "1 day"),
        ("--log.level", "loud"),
        ("--limits.workloads", "-1"),
    ] {
        let output = run(&[&format!("{flag}={value}")]);
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(78), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(error.contains(&format!("{flag}: \"{value}\"")), "{error}");
    }
}

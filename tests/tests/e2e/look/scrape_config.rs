//! What `generate scrape-config` prints, as Prometheus reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::e2e::agent::run;
use crate::e2e::promtool;

fn generated(arguments: &[&str]) -> String {
    let output = run(&[&["generate", "scrape-config"], arguments].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `promtool check config` on a whole configuration in `dir`.
fn check(dir: &Path, text: &str) {
    let file = dir.join("prometheus.yml");
    fs::write(&file, text).unwrap();
    let output = Command::new("promtool")
        .args(["check", "config"])
        .arg(&file)
        .output()
        .unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(
        output.status.success() && !told.contains("WARNING"),
        "{text}\n{told}"
    );
}

#[test]
fn prometheus_takes_every_form_of_the_generated_configuration() {
    if !promtool::is_there() {
        skip!("{}", promtool::MISSING);
    }
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for name in ["ca.pem", "password"] {
        fs::write(file(name), "x").unwrap();
    }
    fs::create_dir(dir.path().join("rules")).unwrap();
    for rules in super::files::rule_files() {
        fs::copy(&rules, dir.path().join("rules").join(rules.file_name().unwrap())).unwrap();
    }
    let targets = [
        "hv1,one_host_id=0",
        "[2001:db8::1]:9000,one_host_id=1",
        "hv3",
        "--label",
        "cluster=a \"b\" $1",
    ];
    let list = generated(&[&["--form", "file-sd"], &targets[..]].concat());
    fs::write(file("hosts.json"), list).unwrap();
    let (found, ca, password) = (file("*.json"), file("ca.pem"), file("password"));
    let safe = [
        "--tls",
        "--tls.ca-file",
        &ca,
        "--tls.server-name",
        "hv",
        "--basic-auth.username",
        "prometheus",
        "--basic-auth.password-file",
        &password,
    ];
    for arguments in [
        &targets[..],
        &["--file-sd", &found, "--label", "cluster=$1"],
        &[
            "--dns",
            "hypervisors.example.org",
            "--dns-type",
            "AAAA",
            "--label",
            "cluster=north",
        ],
        &["--dns", "_wattle._tcp.example.org"],
        &[&safe[..], &["hv1"]].concat(),
        &["--job", "strange: #name", "--scrape-interval", "500ms", "hv1"],
    ] {
        let form = ["--form", "config"];
        check(dir.path(), &generated(&[&form[..], arguments].concat()));
        let job = generated(arguments);
        check(dir.path(), &format!("scrape_configs:\n{job}"));
        assert!(!job.contains("rule_files"), "{job}");
    }
}

#[test]
fn a_mistake_in_what_is_asked_for_is_one_line_with_the_text() {
    for (arguments, told) in [
        (&["hv1/metrics"][..], "target \"hv1/metrics\""),
        (&["hv1,site=x"], "exported_site"),
        (&[], "no target"),
    ] {
        let output = run(&[&["generate", "scrape-config"], arguments].concat());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.lines().count() == 1 && error.contains(told), "{error}");
    }
}

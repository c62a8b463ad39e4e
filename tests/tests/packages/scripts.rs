//! Shell scripts, as far as one can see without running them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::has;
use super::said;
use super::source;

/// All that a shell runs, with the placeholders of packages filled in.
fn scripts(room: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in [
        "packaging",
        "packaging/deb",
        "packaging/rpm",
        "packaging/tarball",
        "packaging/examples",
        "packaging/opennebula",
        "tests/booted",
        "tests/kubernetes",
    ] {
        for file in fs::read_dir(source().join(directory))
            .unwrap()
            .map(Result::unwrap)
        {
            let Ok(text) = fs::read_to_string(file.path()) else {
                continue;
            };
            let is_scriptlet = directory == "packaging/rpm" && !text.starts_with('#');
            if !text.starts_with("#!") && !is_scriptlet {
                continue;
            }
            let head = if is_scriptlet { "#!/bin/sh\n" } else { "" };
            let text = text
                .replace("@name@", "wattle-agent")
                .replace("@state@", "/var/lib/wattle");
            let name = format!("{directory}/{}", file.file_name().to_str().unwrap()).replace('/', "-");
            let path = room.join(name);
            fs::write(&path, format!("{head}{text}")).unwrap();
            found.push(path);
        }
    }
    found
}

#[test]
fn every_script_is_understood_by_its_shell() {
    let room = tempfile::tempdir().unwrap();
    let scripts = scripts(room.path());
    assert!(scripts.len() >= 14, "{scripts:?}");
    for script in scripts {
        let is_bash = fs::read_to_string(&script)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .contains("bash");
        let shell = if is_bash { "bash" } else { "sh" };
        let output = Command::new(shell).arg("-n").arg(&script).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    if !has("shellcheck") {
        skip!("shellcheck is missing");
    }
    let room = tempfile::tempdir().unwrap();
    let mut command = Command::new("shellcheck");
    let output = command
        .arg("--severity=warning")
        .args(scripts(room.path()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

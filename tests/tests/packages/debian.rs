//! The Debian packages: what lintian says, and what dpkg does with them in an almost empty system.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::has;
use super::made::Made;
use super::said;
use super::skip::is_root;
use super::told;

const BUSYBOX: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];
/// What scripts may use of busybox in the small system.
const TOOLS: [&str; 8] = ["sh", "rm", "rmdir", "true", "mkdir", "test", "cat", "touch"];
/// Programs that are not there: each notes how it was called.
const NOTED: [&str; 7] = [
    "systemd-sysusers",
    "systemd-tmpfiles",
    "deb-systemd-helper",
    "deb-systemd-invoke",
    "systemctl",
    "userdel",
    "getent",
];

/// A system in which dpkg can run scripts, and whoever they call writes it down.
fn small_system(root: &Path) -> Option<()> {
    let busybox = BUSYBOX.iter().find(|path| Path::new(path).exists())?;
    for directory in [
        "usr/bin",
        "var/lib/dpkg/info",
        "var/lib/dpkg/updates",
        "dev",
        "etc",
        "tmp",
        "run/systemd/system",
    ] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    symlink("usr/bin", root.join("bin")).unwrap();
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    fs::write(root.join("var/lib/dpkg/available"), "").unwrap();
    fs::copy(busybox, root.join("usr/bin/busybox")).unwrap();
    for tool in TOOLS {
        symlink("busybox", root.join("usr/bin").join(tool)).unwrap();
    }
    for name in NOTED {
        let path = root.join("usr/bin").join(name);
        fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\" >>/called\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    Some(())
}

fn dpkg(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("dpkg");
    command
        .arg("--root")
        .arg(root)
        .arg("--force-depends")
        .arg("--force-not-root");
    told(command.arg("--log=/dev/null").args(arguments));
}

/// Who was called since the last time, with what.
fn called(root: &Path) -> String {
    let file = root.join("called");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let _ = fs::remove_file(file);
    text
}

#[test]
fn lintian_finds_no_error() {
    if !has("lintian") {
        skip!("lintian is missing");
    }
    let made = Made::new(&["deb"]);
    let mut command = Command::new("lintian");
    command.args(["--allow-root", "--fail-on", "error", "--tag-display-limit", "0"]);
    let output = command.args(made.files()).output().unwrap();
    let told = said(&output);
    let errors: Vec<_> = told.lines().filter(|line| line.starts_with("E: ")).collect();
    assert_eq!(errors, Vec::<&str>::new(), "{told}");
}

#[test]
fn dpkg_installs_upgrades_removes_and_purges() {
    if !is_root() || !has("dpkg") {
        skip!("needs root and dpkg");
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    if small_system(root).is_none() {
        skip!("busybox is missing");
    }
    let made = Made::new(&["deb"]);
    let package = made.of("wattle-agent");
    let package = package.to_str().unwrap();
    let configuration = root.join("etc/wattle/agent.yaml");

    dpkg(root, &["--install", package]);
    let calls = called(root);
    for call in [
        "systemd-sysusers wattle-agent.conf",
        "systemd-tmpfiles --create wattle-agent.conf",
        "deb-systemd-helper --quiet was-enabled wattle-agent.service",
        "deb-systemd-helper enable wattle-agent.service",
        "deb-systemd-invoke start wattle-agent.service",
    ] {
        assert!(calls.contains(call), "{call}: {calls}");
    }
    for file in [
        "usr/bin/wattle-agent",
        "usr/lib/systemd/system/wattle-agent.service",
        "usr/share/man/man1/wattle-agent.1.gz",
        "usr/share/bash-completion/completions/wattle-agent",
        "usr/share/doc/wattle-agent/permissions.md",
        "usr/share/wattle/wattle-agent.service.d/see-processes.conf",
    ] {
        assert!(root.join(file).exists(), "{file}");
    }

    fs::write(&configuration, "interval: 2s\n").unwrap();
    fs::create_dir_all(root.join("var/lib/wattle")).unwrap();
    fs::write(root.join("var/lib/wattle/state-a"), "counters").unwrap();
    dpkg(root, &["--install", package]);
    let calls = called(root);
    assert!(
        calls.contains("deb-systemd-invoke restart wattle-agent.service"),
        "{calls}"
    );
    assert!(
        !calls.contains("stop"),
        "an upgrade restarts when everything is there: {calls}"
    );
    assert_eq!(fs::read_to_string(&configuration).unwrap(), "interval: 2s\n");

    dpkg(root, &["--remove", "wattle-agent"]);
    let calls = called(root);
    assert!(
        calls.contains("deb-systemd-invoke stop wattle-agent.service"),
        "{calls}"
    );
    assert!(!root.join("usr/bin/wattle-agent").exists());
    assert!(configuration.exists() && root.join("var/lib/wattle/state-a").exists());

    dpkg(root, &["--purge", "wattle-agent"]);
    let calls = called(root);
    assert!(calls.contains("userdel wattle-agent"), "{calls}");
    let mut left = Command::new("find");
    left.arg(root).args(["-iname", "*wattle*"]);
    assert_eq!(told(&mut left), "");
}

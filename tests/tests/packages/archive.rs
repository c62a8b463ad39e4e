//! The archive with its installer.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::made::Made;
use super::told;

fn install(from: &Path, to: &Path, arguments: &[&str]) -> String {
    told(
        Command::new(from.join("install.sh"))
            .args(arguments)
            .env("DESTDIR", to),
    )
}

#[test]
fn the_installer_puts_in_leaves_changes_alone_and_takes_out() {
    let made = Made::new(&["tarball"]);
    let dir = tempfile::tempdir().unwrap();
    let mut unpack = Command::new("tar");
    unpack
        .arg("-xzf")
        .arg(made.of("wattle-"))
        .arg("--strip-components=1");
    told(unpack.arg("-C").arg(dir.path()));
    let destination = tempfile::tempdir().unwrap();
    let root = destination.path();
    install(dir.path(), root, &["all"]);
    let program = root.join("usr/bin/wattle-agent");
    told(Command::new(&program).arg("--version"));
    assert!(
        root.join("usr/lib/systemd/system/wattle-controller.service")
            .exists()
    );

    let configuration = root.join("etc/wattle/agent.yaml");
    fs::write(&configuration, "interval: 2s\n").unwrap();
    let said = install(dir.path(), root, &["agent"]);
    assert!(said.contains("/etc/wattle/agent.yaml stays as it is"), "{said}");
    assert_eq!(fs::read_to_string(&configuration).unwrap(), "interval: 2s\n");
    assert!(root.join("etc/wattle/agent.yaml.new").exists());

    install(dir.path(), root, &["--remove", "all"]);
    assert!(!program.exists() && configuration.exists());
    install(dir.path(), root, &["--purge", "all"]);
    let left = fs::read_dir(root).into_iter().flatten().count();
    assert_eq!(left, 0, "{}", root.display());
}

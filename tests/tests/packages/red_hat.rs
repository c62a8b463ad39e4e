//! The packages for Red Hat's family: what rpm and rpmlint say of them.

use std::path::Path;
use std::process::Command;

use super::has;
use super::made::Made;
use super::said;
use super::skip::is_root;
use super::source;
use super::told;

fn ask(package: &Path, query: &str) -> String {
    told(Command::new("rpm").args(["-qp", query]).arg(package))
}

#[test]
fn rpm_reads_what_they_bring_and_want() {
    if !has("rpm") {
        skip!("rpm is missing");
    }
    let made = Made::new(&["rpm"]);
    for (daemon, file) in [
        ("wattle-agent", "agent.yaml"),
        ("wattle-controller", "controller.yaml"),
    ] {
        let package = made.of(daemon);
        let list = ask(&package, "--list");
        for path in [
            format!("/usr/bin/{daemon}"),
            format!("/usr/lib/systemd/system/{daemon}.service"),
            format!("/usr/lib/sysusers.d/{daemon}.conf"),
            format!("/usr/share/licenses/{daemon}/LICENSE"),
            format!("/etc/wattle/{file}"),
        ] {
            assert!(list.lines().any(|line| line == path), "{path}: {list}");
        }
        assert_eq!(ask(&package, "--configfiles"), format!("/etc/wattle/{file}\n"));
        assert!(ask(&package, "--requires").contains("systemd >= 247"));
        let scripts = ask(&package, "--scripts");
        for call in [
            &*format!("systemd-sysusers {daemon}.conf"),
            &*format!("preset {daemon}.service"),
            &*format!("disable --now {daemon}.service"),
            &*format!("try-restart {daemon}.service"),
        ] {
            assert!(scripts.contains(call), "{call}: {scripts}");
        }
        told(Command::new("rpm").args(["-K", "--nosignature"]).arg(&package));
    }
}

#[test]
fn rpm_installs_them_into_an_empty_root_and_takes_them_out() {
    if !is_root() || !has("rpm") {
        skip!("needs root and rpm");
    }
    let made = Made::new(&["rpm"]);
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let rpm = |arguments: &[&str]| {
        let mut command = Command::new("rpm");
        // There is no shell for the scripts, and nothing of what the packages want.
        command
            .arg("--root")
            .arg(root)
            .args(["--nodeps", "--noscripts", "--nosignature"]);
        told(command.args(arguments))
    };
    let packages = made.files();
    let packages: Vec<_> = packages.iter().map(|path| path.to_str().unwrap()).collect();
    rpm(&[&["--install"], &*packages].concat());
    assert!(root.join("usr/bin/wattle-agent").exists() && root.join("etc/wattle/controller.yaml").exists());
    assert_eq!(rpm(&["--verify", "wattle-agent", "wattle-controller"]), "");
    std::fs::write(root.join("etc/wattle/agent.yaml"), "interval: 2s\n").unwrap();
    let agent = made.of("wattle-agent");
    rpm(&["--upgrade", "--replacepkgs", agent.to_str().unwrap()]);
    assert_eq!(
        std::fs::read_to_string(root.join("etc/wattle/agent.yaml")).unwrap(),
        "interval: 2s\n"
    );
    rpm(&["--erase", "wattle-agent", "wattle-controller"]);
    assert!(!root.join("usr/bin/wattle-agent").exists());
    assert!(!root.join("usr/share/wattle").exists());
    assert!(root.join("etc/wattle/agent.yaml.rpmsave").exists());
}

#[test]
fn rpmlint_finds_no_error() {
    if !has("rpmlint") {
        skip!("rpmlint is missing");
    }
    let made = Made::new(&["rpm"]);
    let mut command = Command::new("rpmlint");
    command.arg("-c").arg(source().join("packaging/rpm/rpmlint.toml"));
    let output = command.args(made.files()).output().unwrap();
    let told = said(&output);
    assert!(told.contains(" 0 errors"), "{told}");
}

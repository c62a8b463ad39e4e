//! The units, as systemd sees them.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::has;
use super::said;
use super::source;

/// `systemd-analyze security` gives 0 to what may nothing, 10 to what may all.
const EXPOSURE: [(&str, f64); 2] = [("wattle-agent", 2.0), ("wattle-controller", 1.5)];

fn unit(daemon: &str) -> String {
    fs::read_to_string(source().join(format!("systemd/{daemon}.service"))).unwrap()
}

/// The values of a setting, in all its lines.
fn setting<'u>(unit: &'u str, name: &str) -> Vec<&'u str> {
    let lines = unit
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    lines.flat_map(str::split_whitespace).collect()
}

#[test]
fn units_expose_no_more_than_they_promise() {
    if !has("systemd-analyze") {
        skip!("systemd-analyze (of systemd) is missing");
    }
    for (daemon, most) in EXPOSURE {
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=yes", "--no-pager"]);
        command.arg(source().join(format!("systemd/{daemon}.service")));
        let output = command.output().unwrap();
        let told = said(&output);
        let exposure = told
            .lines()
            .find_map(|line| line.split_once("exposure level for ")?.1.split_once(": "));
        let (_, exposure) = exposure.unwrap_or_else(|| panic!("{told}"));
        let exposure: f64 = exposure.split(' ').next().unwrap().parse().unwrap();
        assert!(exposure <= most, "{daemon}: {exposure}\n{told}");
    }
}

#[test]
fn units_and_their_drop_ins_are_understood() {
    if !has("systemd-analyze") {
        skip!("systemd-analyze (of systemd) is missing");
    }
    for (daemon, _) in EXPOSURE {
        let dir = tempfile::tempdir().unwrap();
        // The program need not be installed here.
        let text = unit(daemon).replace(&format!("/usr/bin/{daemon}"), "/bin/true");
        let file = dir.path().join(format!("{daemon}.service"));
        fs::write(&file, text).unwrap();
        let beside = dir.path().join(format!("{daemon}.service.d"));
        fs::create_dir(&beside).unwrap();
        let drop_ins = source().join("systemd/drop-ins").join(daemon);
        for drop_in in fs::read_dir(drop_ins).into_iter().flatten().flatten() {
            fs::copy(drop_in.path(), beside.join(drop_in.file_name())).unwrap();
        }
        let mut command = Command::new("systemd-analyze");
        let output = command.args(["verify", "--man=no"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(complaints(&said(&output), dir.path()), Vec::<String>::new());
    }
}

/// What is said of these files, and not of others of this machine.
fn complaints(told: &str, dir: &Path) -> Vec<String> {
    let here = dir.to_str().unwrap();
    let lines = told
        .lines()
        .filter(|line| line.contains(here) || line.starts_with("wattle"));
    lines.map(str::to_owned).collect()
}

#[test]
fn nothing_is_in_the_bounding_set_but_what_is_given() {
    for (daemon, expected) in [
        (
            "wattle-agent",
            &["CAP_DAC_READ_SEARCH", "CAP_NET_BIND_SERVICE"][..],
        ),
        ("wattle-controller", &[]),
    ] {
        let unit = unit(daemon);
        assert_eq!(setting(&unit, "AmbientCapabilities"), expected);
        assert_eq!(setting(&unit, "CapabilityBoundingSet"), expected);
    }
    let document = fs::read_to_string(source().join("docs/permissions.md")).unwrap();
    let drop_ins = fs::read_dir(source().join("systemd/drop-ins/wattle-agent")).unwrap();
    for drop_in in drop_ins.map(Result::unwrap) {
        let name = drop_in.file_name().into_string().unwrap();
        assert!(
            document.contains(&name),
            "docs/permissions.md does not say what {name} is for"
        );
        let text = fs::read_to_string(drop_in.path()).unwrap();
        for capability in setting(&text, "AmbientCapabilities") {
            assert!(document.contains(capability), "{capability}");
        }
    }
}

#[test]
fn the_profile_is_understood_by_apparmor() {
    if !has("apparmor_parser") {
        skip!("apparmor_parser (of apparmor) is missing");
    }
    let profile = source().join("packaging/apparmor/wattle-agent");
    let output = Command::new("apparmor_parser")
        .arg("-QT")
        .arg(profile)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

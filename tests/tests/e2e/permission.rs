//! Energy counters that only root may read, which has been so since the kernel closed CVE-2020-8694.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use wattle_tests::fakehost::Spec;

use super::agent;
use super::agent::Agent;
use super::exposition::Exposition;
use super::exposition::label;
use super::living::Living;
use super::skip::is_root;

const NOBODY: &str = "65534";

/// The agent as an ordinary user, who can reach neither the builder's home nor another's temporary directory.
fn start_as_nobody(host: &Living, room: &Path) -> Agent {
    let flags = host.flags(&["--interval", "100ms", "--listen", "127.0.0.1:0"]);
    let mut command = if is_root() {
        let copy = room.join("wattle-agent");
        fs::copy(agent::binary(), &copy).unwrap();
        for open in [room, host.path()] {
            fs::set_permissions(open, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
            .arg(copy);
        command.args(flags);
        command
    } else {
        agent::command(&flags)
    };
    command.arg("--state-dir").arg(room.join("none").join("state"));
    Agent::start_as(command)
}

/// Whether a sensor is up, and the reason that it gives.
fn sensor(scrape: &Exposition, name: &str) -> (u64, String) {
    let up = scrape.whole(&format!("wattle_sensor_up{{sensor=\"{name}\"}}"));
    let infos = scrape.family("wattle_sensor_info");
    let mine = infos
        .map(|(labels, _)| labels)
        .find(|labels| label(labels, "sensor") == Some(name));
    (up, label(mine.unwrap(), "reason").unwrap().to_owned())
}

fn can_switch_user() -> bool {
    !is_root() || Command::new("setpriv").arg("--version").output().is_ok()
}

#[test]
fn counters_that_may_not_be_read_are_reported_as_that_and_the_power_is_estimated() {
    if !can_switch_user() {
        skip!("root needs setpriv (of util-linux) to become an ordinary user");
    }
    let host = Living::start(Spec::default().with_mixture(5, 10));
    host.apply("unreadable powercap");
    let room = tempfile::tempdir().unwrap();
    let agent = start_as_nobody(&host, room.path());
    agent.wait_until_ready();
    let scrape = agent.after_ticks(5);
    for name in ["powercap", "powercap/intel-rapl:0", "powercap/intel-rapl:1:0"] {
        let (up, reason) = sensor(&scrape, name);
        assert_eq!(up, 0, "{name}");
        assert!(reason.starts_with("permission denied"), "{name}: {reason}");
    }
    assert!(scrape.micro("wattle_host_energy_joules_total{component=\"cpu\"}") > 0);
    for absent in ["wattle_zone_energy_joules_total", "wattle_counter_events_total"] {
        assert_eq!(
            scrape.family(absent).next(),
            None,
            "{absent}: a zero for what nobody read"
        );
    }
    assert_eq!(
        scrape.get("wattle_host_energy_joules_total{component=\"dram\"}"),
        None
    );
    let report: serde_json::Value = serde_json::from_slice(&agent.get("/api/v1/report").body).unwrap();
    assert_eq!(report["host"]["cpu"]["quality"], "estimated");
    assert_eq!(
        report["zones"].as_array().map(Vec::len),
        Some(0),
        "{}",
        report["zones"]
    );
}

#[test]
fn where_only_one_zone_may_not_be_read_the_others_go_on() {
    if !can_switch_user() {
        skip!("root needs setpriv (of util-linux) to become an ordinary user");
    }
    let host = Living::start(Spec::default().with_mixture(5, 10));
    host.apply("unreadable intel-rapl:0:0");
    let room = tempfile::tempdir().unwrap();
    let agent = start_as_nobody(&host, room.path());
    agent.wait_until_ready();
    let scrape = agent.after_ticks(5);
    let (up, reason) = sensor(&scrape, "powercap/intel-rapl:0:0");
    assert!(
        up == 0 && reason.starts_with("permission denied"),
        "{up} {reason}"
    );
    for name in [
        "powercap",
        "powercap/intel-rapl:0",
        "powercap/intel-rapl:1",
        "powercap/intel-rapl:1:0",
    ] {
        assert_eq!(sensor(&scrape, name), (1, String::new()), "{name}");
    }
    let zone = |kind: &str, socket: u32| {
        let series = format!(
            "wattle_zone_energy_joules_total{{zone=\"{kind}\",socket=\"{socket}\",source=\"intel-rapl\"}}"
        );
        scrape.get(&series).map(super::exposition::micro)
    };
    assert_eq!(zone("dram", 0), None, "a zero for what nobody read");
    assert!(zone("dram", 1) > Some(0) && zone("package", 0) > Some(0) && zone("package", 1) > Some(0));
    let report: serde_json::Value = serde_json::from_slice(&agent.get("/api/v1/report").body).unwrap();
    assert_eq!(report["host"]["cpu"]["quality"], "measured");
}

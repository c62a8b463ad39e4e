//! The agent on a captured host: a tick on each of its two frames, a second apart.

use std::fs;
use std::path::Path;
use std::time::Duration;

use wattle_tests::archive::unpack;

use crate::harness::Agent;
use crate::harness::SECOND;

/// The captured hosts, by their names in `tests/fixtures/hosts`.
pub(super) const HOSTS: [&str; 7] = [
    "amd-epyc",
    "cgroup-v1",
    "cgroup-v2",
    "hybrid",
    "intel-client-psys",
    "intel-two-sockets-dram",
    "no-rapl-guest",
];

/// Noon of the day on which all of them are looked at.
const WALL: Duration = Duration::from_secs(1_790_003_600);

/// An agent that has ticked on both frames of a host.
pub(super) fn watched(host: &str) -> Agent {
    let mut agent = Agent::new(Duration::from_secs(3600), WALL);
    lay(&agent, host, "host");
    agent.start();
    agent.tick();
    lay(&agent, host, "later");
    agent.clock.pass(SECOND);
    agent.tick();
    agent
}

fn lay(agent: &Agent, host: &str, frame: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/hosts/{host}.{frame}"));
    unpack(&fs::read_to_string(file).unwrap(), &agent.host_dir()).unwrap();
}

#[test]
fn every_captured_host_is_watched() {
    let mut names: Vec<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts"))
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names, HOSTS);
}

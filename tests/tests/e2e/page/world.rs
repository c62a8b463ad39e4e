//! Agents with much to show, and with little.

use std::fs;
use std::net::UdpSocket;

use serde_json::Value;
use tempfile::TempDir;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use super::super::agent::Agent;
use super::super::living::Living;

/// What nobody would call a machine in good faith.
pub(super) const HOSTILE: &str = "<script>alert(1)</script>";
pub(super) const MACHINES: usize = 30;
/// Everything about the host that is off by default.
const SURROUNDINGS: [&str; 14] = [
    "--carbon.source",
    "table",
    "--carbon.zone",
    "SE",
    "--location.latitude",
    "59.3294",
    "--location.longitude",
    "18.0687",
    "--location.city",
    "Stockholm",
    "--location.peers",
    "node2=50.1109,8.6821",
    "--latency.name",
    "node1",
];

/// An agent on a host that it reads, and what it needs.
pub(super) struct World {
    pub(super) agent: Agent,
    _host: Living,
    _state: TempDir,
}

impl World {
    pub(super) fn start(spec: Spec, more: &[&str]) -> Self {
        let host = Living::start(spec);
        let kernel = host.path().join("proc/sys/kernel");
        fs::create_dir_all(&kernel).unwrap();
        fs::write(kernel.join("hostname"), "hypervisor7.example.org\n").unwrap();
        let state = tempfile::tempdir().unwrap();
        let agent = Agent::start(state.path(), &host.flags(more));
        agent.after_ticks(0);
        Self {
            agent,
            _host: host,
            _state: state,
        }
    }

    /// With peers, of which one answers, a place, and carbon.
    pub(super) fn whole() -> Self {
        // Nobody else takes this port at once.
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let own = socket.local_addr().unwrap().to_string();
        drop(socket);
        let peers = [format!("node2={own},zone=hall"), "node3=127.0.0.1:1".to_owned()];
        let mut flags = vec![
            "--interval",
            "1s",
            "--latency.reflect=true",
            "--latency.listen",
            &own,
        ];
        flags.extend(peers.iter().flat_map(|peer| ["--latency.peers", peer]));
        flags.extend(SURROUNDINGS);
        Self::start(busy(), &flags)
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}/", self.agent.address)
    }

    pub(super) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.agent.get(path).body).unwrap()
    }
}

/// 30 machines, 100 containers, and some services.
fn busy() -> Spec {
    let mut spec = Spec::default();
    let load = |number: usize| match number % 4 {
        0 => Load::Constant(20 + 9 * u32::try_from(number).unwrap()),
        1 => Load::Walk { low: 0, high: 90 },
        2 => Load::Constant(3),
        _ => Load::Constant(0),
    };
    let mut add = |kind, name: &str, load| spec.workloads.push(WorkloadSpec::new(kind, name, load));
    let long = "a_name_that_somebody_thought_would_explain_everything_about_it_".repeat(3);
    for number in 0..MACHINES {
        let name = match number {
            1 => HOSTILE.to_owned(),
            4 => long.clone(),
            _ => format!("one-{}", 500 + number),
        };
        add(Kind::Libvirt, &name, load(number));
    }
    for number in 0..100 {
        let kind = [Kind::Docker, Kind::Podman, Kind::Lxc, Kind::Pod][number % 4];
        add(kind, &format!("box-{number}"), load(number / 2));
    }
    for name in ["sshd", "libvirtd", "chrony", "prometheus-node-exporter"] {
        add(Kind::Service, name, Load::Constant(60));
    }
    spec
}

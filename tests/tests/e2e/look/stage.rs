//! A small fleet that has something to show for every panel: three made-up hosts in a mesh, this machine, and a controller.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use super::files;
use crate::e2e::agent::Agent;
use crate::e2e::client;
use crate::e2e::living::Living;
use crate::e2e::program::Program;
use crate::e2e::prometheus::server::Server;

/// Tenants and namespaces come from rules, since made-up hosts have no platform.
const CONFIG: &str = "\
workloads:
  - match: {label: {kind: vm}}
    labels: {tenant: alice}
  - match: {label: {kind: container}}
    labels: {tenant: bob, namespace: shop}
";
/// One of the VMs, on every host.
pub(super) const VM: &str = "one-7";
/// Between two rounds of questions to the controller.
const PAUSE: Duration = Duration::from_millis(500);

/// Everything that runs; it ends with this.
pub(super) struct Stage {
    pub(super) server: Server,
    /// Another that stores histograms in their native form, with the rules that read any.
    pub(super) native: Server,
    pub(super) agents: Vec<Agent>,
    _controller: Controller,
    _hosts: Vec<Living>,
    _dirs: Vec<TempDir>,
}

/// A controller that asks the agents, and is asked something now and then.
pub(super) struct Controller {
    _program: Program,
    address: SocketAddr,
    end: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Where controllers are built.
fn controller_binary() -> PathBuf {
    let beside_this = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug/wattle-controller");
    std::env::var_os("WATTLE_CONTROLLER_PROGRAM").map_or_else(beside_this, PathBuf::from)
}

impl Controller {
    /// One that asks the agents, each under a name of its own.
    fn start(dir: &Path, agents: &[Agent]) -> Self {
        let mut config = String::from("fleet:\n  interval: 1s\n  targets: [");
        config.extend(agents.iter().map(|agent| format!("\"{}\", ", agent.address)));
        config.push_str("]\n  hosts:\n");
        for (number, agent) in agents.iter().enumerate() {
            writeln!(config, "    hv{number}: {{addresses: [\"{}\"]}}", agent.address).unwrap();
        }
        let file = dir.join("controller.yaml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new(controller_binary());
        command.arg("serve").arg("--config").arg(file);
        command
            .args(["--listen", "127.0.0.1:0", "--store.file"])
            .arg(dir.join("store"));
        let mut program = Program::start(command);
        let address = program.wait_for_address("listening");
        let (sender, receiver) = mpsc::channel();
        let asking = std::thread::spawn(move || {
            while receiver.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                ask(address);
            }
        });
        Self {
            _program: program,
            address,
            end: Some((sender, asking)),
        }
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        let (sender, asking) = self.end.take().unwrap();
        drop(sender);
        // What it found wrong is in the controller's counters too.
        let _ = asking.join();
    }
}

/// Gives rates something to grow by: a question, a machine that finds a place, and one that finds none.
fn ask(controller: SocketAddr) {
    let version = [("OpenStack-API-Version", "placement 1.39")];
    client::ask(controller, "GET", "/resource_providers", &version);
    for cpus in [1, 1_000_000] {
        let consumer = format!("00000000-0000-4000-8000-{cpus:012}");
        let machine = format!("{{\"consumer\": \"{consumer}\", \"resources\": {{\"VCPU\": {cpus}}}}}");
        let body = format!("{{\"machines\": [{machine}], \"project\": \"look\"}}");
        let length = body.len().to_string();
        let headers = [("Content-Type", "application/json"), ("Content-Length", &length)];
        client::send(controller, "POST", "/v1/schedule", &headers, body.as_bytes());
    }
}

/// The three made-up hosts: how each is built, and what is configured there.
fn hosts() -> [(Spec, &'static [&'static str]); 3] {
    let mixture = |hardware: Hardware, seed: u64| {
        let churn = Churn {
            processes_per_second: 2,
            cgroups_per_second: 1,
        };
        let mut spec = Spec {
            hardware,
            churn,
            seed,
            ..Spec::default()
        }
        .with_mixture(6, 8);
        spec.workloads
            .push(WorkloadSpec::new(Kind::Libvirt, VM, Load::Constant(1500)));
        spec.workloads
            .push(WorkloadSpec::new(Kind::Docker, "web", Load::Constant(500)));
        spec
    };
    [
        (
            mixture(Hardware::default(), 1),
            &[
                "--location.latitude",
                "59.33",
                "--location.longitude",
                "18.07",
                "--location.country",
                "SE",
                "--location.site",
                "hall 1",
                "--carbon.source",
                "static",
                "--carbon.intensity",
                "41",
                "--processes.top",
                "3",
            ],
        ),
        (
            mixture(Hardware::client(), 2),
            &[
                "--location.latitude",
                "51.51",
                "--location.longitude=-0.13",
                "--location.country",
                "GB",
                "--location.site",
                "hall 2",
                "--carbon.source",
                "static",
                "--carbon.intensity",
                "160",
            ],
        ),
        // Nothing measures this one, it is nowhere, and its carbon is unknown.
        (mixture(Hardware::guest(), 3), &[]),
    ]
}

/// A loopback address that no other process of this machine's tests has.
fn address(host: usize) -> String {
    let pid = std::process::id();
    format!(
        "127.{}.{}.{}:8620",
        64 * (host + 1) - 1 - ((pid >> 16) & 31) as usize,
        (pid >> 8) & 255,
        pid & 255
    )
}

fn mesh(host: usize) -> Vec<String> {
    let mut flags: Vec<String> = vec![
        format!("--latency.listen={}", address(host)),
        format!("--latency.name=hv{host}"),
        "--latency.interval=100ms".to_owned(),
        "--trial.clock-bound=50000".to_owned(),
    ];
    flags.extend((0..3).map(|peer| format!("--latency.peers=hv{peer}={}", address(peer))));
    flags.push("--location.peers=hv0=59.33,18.07".to_owned());
    flags.push("--location.peers=hv1=51.51,-0.13".to_owned());
    flags
}

impl Stage {
    /// `None` without a controller that is built.
    pub(super) fn set() -> Option<Self> {
        if !controller_binary().exists() {
            return None;
        }
        let mut dirs = vec![tempfile::tempdir().unwrap()];
        let config = dirs[0].path().join("agent.yaml");
        fs::write(&config, CONFIG).unwrap();
        let (mut living, mut agents) = (Vec::new(), Vec::new());
        for (number, (spec, flags)) in hosts().into_iter().enumerate() {
            let host = Living::start(spec);
            let state = tempfile::tempdir().unwrap();
            let mut all = host.flags(&[
                "--interval",
                "1s",
                "--config",
                config.to_str().unwrap(),
                "--limits.keep-ended",
                "3s",
            ]);
            all.extend(flags.iter().map(|flag| (*flag).to_owned()));
            all.extend(mesh(number));
            agents.push(Agent::start(state.path(), &all));
            living.push(host);
            dirs.push(state);
        }
        // This machine has file systems, which made-up hosts have not.
        let state = tempfile::tempdir().unwrap();
        agents.push(Agent::start(state.path(), &["--interval", "1s"]));
        dirs.push(state);
        agents.iter().for_each(Agent::wait_until_ready);
        let controller = Controller::start(dirs[0].path(), &agents);
        let config = |rules| prometheus(&agents, &controller, dirs[0].path(), rules);
        let server = Server::configured(&config("*.rules.yaml"), &[]);
        let native = Server::configured(
            &config("latency.rules.yaml"),
            &["--enable-feature=native-histograms"],
        );
        Some(Self {
            server,
            native,
            agents,
            _controller: controller,
            _hosts: living,
            _dirs: dirs,
        })
    }
}

/// A configuration with quick copies of the rules.
fn prometheus(agents: &[Agent], controller: &Controller, dir: &Path, rules: &str) -> String {
    for file in files::rule_files() {
        let rules = fs::read_to_string(&file).unwrap();
        fs::write(dir.join(file.file_name().unwrap()), quick(&rules)).unwrap();
    }
    let mut config = format!(
        "global: {{scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 2s}}\nrule_files: [\"{}/{rules}\"]\nscrape_configs:\n",
        dir.display()
    );
    let targets: Vec<String> = agents
        .iter()
        .map(|agent| format!("\"{}\"", agent.address))
        .collect();
    for (job, targets) in [
        ("wattle", targets.join(", ")),
        ("wattle-controller", format!("\"{}\"", controller.address)),
    ] {
        writeln!(
            config,
            "  - {{job_name: {job}, static_configs: [{{targets: [{targets}]}}]}}"
        )
        .unwrap();
    }
    config
}

/// The same rules with windows that a short test can fill. A window of a day is as good with less in it.
fn quick(rules: &str) -> String {
    [
        ("[5m]", "[20s]"),
        ("[10m]", "[20s]"),
        ("[15m]", "[20s]"),
        ("[1h]", "[30s]"),
        ("[1d] offset 1h", "[1d] offset 2s"),
        ("interval: 5m", "interval: 2s"),
    ]
    .iter()
    .fold(rules.to_owned(), |rules, (slow, quick)| {
        rules.replace(slow, quick)
    })
}

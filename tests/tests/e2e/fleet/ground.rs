//! Three agents on three made-up hosts that measure each other, a Prometheus that scrapes them, and an etcd, all on a network of
//! their own.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::agent::binary;
use super::super::etcd;
use super::super::living::Living;
use super::super::mesh::host;
use super::super::mesh::host::Net;
use super::super::mesh::switch;
use super::super::mesh::switch::Switch;
use super::super::prometheus::server::Server;
use super::controller;
use super::controller::Controller;

/// What is configured of a host, and may change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) cpus: u32,
    /// Of each core.
    pub(super) idle_watts: f64,
    /// Of each core.
    pub(super) full_watts: f64,
    pub(super) grams: u32,
}

/// Draws least; has the cleanest grid; has most room.
pub(super) const HOSTS: [(&str, Figures); 3] = [
    ("thrifty", figures(8, 2.5, 15.0, 600)),
    ("clean", figures(8, 12.5, 62.5, 20)),
    ("wide", figures(16, 6.25, 37.5, 500)),
];
pub(super) const THRIFTY: usize = 0;
pub(super) const CLEAN: usize = 1;
pub(super) const WIDE: usize = 2;

const fn figures(cpus: u32, idle_watts: f64, full_watts: f64, grams: u32) -> Figures {
    Figures {
        cpus,
        idle_watts,
        full_watts,
        grams,
    }
}

/// A host and its agent.
pub(super) struct Place {
    pub(super) agent: Agent,
    pub(super) host: Living,
    figures: Figures,
    file: PathBuf,
    _dir: TempDir,
}

impl Place {
    fn start(net: &Net, number: usize) -> Self {
        let (name, figures) = HOSTS[number];
        // A guest, whose power is known from the first tick, if only as an estimate.
        let mut hardware = Hardware::guest();
        hardware.cpus_per_socket = figures.cpus;
        hardware.memory_bytes = u64::from(figures.cpus) << 30;
        let host = Living::start(Spec {
            hardware,
            ..Spec::default()
        });
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.yaml");
        configure(&file, figures);
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &net.namespace(number)])
            .arg(binary());
        command.args(host.flags(&["--latency.name", name, "--listen", &listens(number), "--config"]));
        command
            .arg(&file)
            .arg("--state-dir")
            .arg(dir.path().join("state"));
        for (number, (name, _)) in HOSTS.iter().enumerate() {
            command.args(["--latency.peers", &format!("{name}={}", switch::address(number))]);
        }
        Self {
            agent: Agent::start_as(command),
            host,
            figures,
            file,
            _dir: dir,
        }
    }

    /// Lets the agent read another configuration.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.figures);
        configure(&self.file, self.figures);
        self.agent.program.signal(Signal::SIGHUP);
    }
}

fn configure(file: &Path, figures: Figures) {
    let Figures {
        idle_watts,
        full_watts,
        grams,
        ..
    } = figures;
    let text = format!(
        "interval: 300ms\nlatency: {{interval: 100ms}}\n\
         power: {{estimate: {{idle-watts-per-core: {idle_watts}, full-load-watts-per-core: {full_watts}}}}}\n\
         carbon: {{source: static, intensity: {grams}, zone: lab}}\n"
    );
    std::fs::write(file, text).unwrap();
}

/// Where an agent is scraped.
fn listens(number: usize) -> String {
    format!("{}:8080", host::address(number))
}

/// All of it, but for the controllers. It has to live in the namespace in the middle.
pub(super) struct Ground {
    pub(super) places: Vec<Place>,
    pub(super) prometheus: Server,
    pub(super) etcd: etcd::Server,
    dir: TempDir,
}

impl Ground {
    pub(super) fn start(net: &Net) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let places: Vec<_> = (0..HOSTS.len()).map(|number| Place::start(net, number)).collect();
        let targets: Vec<_> = (0..HOSTS.len())
            .map(|number| format!("'{}'", listens(number)))
            .collect();
        let config = format!(
            "global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}\nscrape_configs:\n\
             - {{job_name: wattle, static_configs: [{{targets: [{}]}}]}}\n\
             - {{job_name: controllers, file_sd_configs: [{{files: ['{}'], refresh_interval: 1s}}]}}\n",
            targets.join(", "),
            dir.path().join("controllers.json").display()
        );
        Self {
            places,
            prometheus: Server::configured(&config, &[]),
            etcd: etcd::Server::start(),
            dir,
        }
    }

    /// A controller that knows the fleet by Prometheus, over etcd.
    pub(super) fn controller(&self) -> Controller {
        let hosts: String = HOSTS
            .iter()
            .enumerate()
            .map(|(number, (name, _))| {
                format!(
                    "    {name}: {{addresses: ['{}'], site: s-{name}}}\n",
                    listens(number)
                )
            })
            .collect();
        let config = format!(
            "store: {{etcd: {{endpoints: ['{}']}}}}\nfleet:\n  interval: 1s\n  silent-after: 5s\n  \
             prometheus: {{url: 'http://{}', selector: 'job=\"wattle\"'}}\n  hosts:\n{hosts}",
            self.etcd.url(),
            self.prometheus.address
        );
        let file = self.dir.path().join("controller.yaml");
        std::fs::write(&file, config).unwrap();
        Controller::start(&file)
    }

    /// Has these controllers scraped.
    pub(super) fn watch(&self, controllers: &[&Controller]) {
        let targets: Vec<_> = controllers
            .iter()
            .map(|controller| format!("\"{}\"", controller.address))
            .collect();
        let text = format!("[{{\"targets\": [{}]}}]", targets.join(", "));
        let file = self.dir.path().join("controllers.json");
        std::fs::write(file.with_extension("new"), text).unwrap();
        std::fs::rename(file.with_extension("new"), file).unwrap();
    }
}

/// Runs the controller's command against a controller.
pub(super) fn command(controller: &Controller, arguments: &[&str]) -> Output {
    let mut command = Command::new(controller::binary());
    command.args(arguments);
    command.args(["--url", &format!("http://{}", controller.address)]);
    command.output().unwrap()
}

/// How far the hosts are from each other at first: both others are near to the thrifty one, and the clean one is nearer.
pub(super) fn distances(switch: &Switch) {
    switch.set(THRIFTY, CLEAN, Duration::from_millis(3));
    switch.set(THRIFTY, WIDE, Duration::from_millis(12));
    switch.set(CLEAN, WIDE, Duration::from_millis(14));
}

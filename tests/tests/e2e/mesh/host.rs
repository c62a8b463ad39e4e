//! Network namespaces with an agent in each.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::process::Command;

use nix::sched::CloneFlags;
use nix::sched::setns;
use serde_json::Value;
use tempfile::TempDir;

use crate::e2e::agent::binary;
use crate::e2e::client;
use crate::e2e::exposition::Exposition;
use crate::e2e::patience::wait_until;
use crate::e2e::program::Program;

/// Some namespaces with one network, which ends with this.
#[derive(Debug)]
pub(crate) struct Net {
    name: String,
    hosts: usize,
}

impl Net {
    /// So many namespaces with a veth each. Two are joined by their veth directly, more by a bridge. Nothing where that is not
    /// possible.
    pub(crate) fn new(name: &str, hosts: usize) -> Result<Self, String> {
        let net = Self::unwired(name, hosts)?;
        if hosts == 2 {
            let [one, other] = [net.namespace(0), net.namespace(1)];
            let pair = [
                "link", "add", "v", "netns", &one, "type", "veth", "peer", "name", "v", "netns", &other,
            ];
            ip(&pair)?;
        } else {
            net.bridge()?;
        }
        (0..hosts).try_for_each(|host| net.address(host, "v", &address(host)))?;
        Ok(net)
    }

    /// So many namespaces that nothing joins.
    pub(crate) fn unwired(name: &str, hosts: usize) -> Result<Self, String> {
        if !super::super::skip::is_root() {
            return Err("needs root, for network namespaces".to_owned());
        }
        let net = Self {
            name: format!("{name}{}", std::process::id()),
            hosts,
        };
        for host in 0..hosts {
            let ns = net.namespace(host);
            ip(&["netns", "add", &ns])?;
            ip(&["-n", &ns, "link", "set", "lo", "up"])?;
        }
        Ok(net)
    }

    /// Gives a device of a host an address.
    fn address(&self, host: usize, device: &str, address: &str) -> Result<(), String> {
        give(&self.namespace(host), device, address)
    }

    /// Moves a device of this namespace into a host's, and gives it an address there.
    pub(crate) fn adopt(&self, host: usize, device: &str, address: &str) -> Result<(), String> {
        ip(&["link", "set", device, "netns", &self.namespace(host)])?;
        self.address(host, device, address)
    }

    /// Gives the namespace with the bridge an address too, so that who runs there reaches all hosts; returns its name.
    pub(crate) fn open_middle(&self) -> Result<String, String> {
        let middle = self.middle();
        ip(&["-n", &middle, "link", "set", "lo", "up"])?;
        give(&middle, "br0", &address(self.hosts))?;
        Ok(middle)
    }

    fn bridge(&self) -> Result<(), String> {
        let middle = self.middle();
        ip(&["netns", "add", &middle])?;
        ip(&["-n", &middle, "link", "add", "name", "br0", "type", "bridge"])?;
        ip(&["-n", &middle, "link", "set", "br0", "up"])?;
        for host in 0..self.hosts {
            let (ns, port) = (self.namespace(host), format!("p{host}"));
            ip(&[
                "link", "add", "v", "netns", &ns, "type", "veth", "peer", "name", &port, "netns", &middle,
            ])?;
            ip(&["-n", &middle, "link", "set", &port, "master", "br0", "up"])?;
        }
        Ok(())
    }

    /// How many there are.
    pub(crate) fn hosts(&self) -> usize {
        self.hosts
    }

    fn middle(&self) -> String {
        format!("{}m", self.name)
    }

    pub(crate) fn namespace(&self, host: usize) -> String {
        format!("{}h{host}", self.name)
    }

    /// An agent that measures all other hosts, ten packets a second.
    pub(crate) fn agent(&self, host: usize, more: &[&str]) -> Host {
        let peers = (0..self.hosts).flat_map(|peer| ["--latency.peers".to_owned(), self.peer(peer)]);
        let flags: Vec<_> = peers.collect();
        let mut flags: Vec<_> = flags.iter().map(String::as_str).collect();
        flags.extend(more);
        self.agent_alone(host, &flags)
    }

    /// A host as its peers have it.
    pub(crate) fn peer(&self, host: usize) -> String {
        format!("{}={}", name(host), address(host))
    }

    /// An agent without peers.
    pub(crate) fn agent_alone(&self, host: usize, more: &[&str]) -> Host {
        let state = tempfile::tempdir().unwrap();
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.namespace(host)])
            .arg(binary());
        command.args([
            "--listen",
            "127.0.0.1:0",
            "--latency.interval",
            "100ms",
            "--state-dir",
        ]);
        command.arg(state.path()).args(["--latency.name", &name(host)]);
        command.args(more);
        let mut program = Program::start(command);
        let listens = program.wait_for_address("listening");
        Host {
            namespace: self.namespace(host),
            program,
            listens,
            _state: state,
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for host in 0..self.hosts {
            let _ = ip(&["netns", "delete", &self.namespace(host)]);
        }
        if self.hosts != 2 {
            let _ = ip(&["netns", "delete", &self.middle()]);
        }
    }
}

fn give(namespace: &str, device: &str, address: &str) -> Result<(), String> {
    let address = format!("{address}/24");
    ip(&["-n", namespace, "address", "add", &address, "dev", device])?;
    ip(&["-n", namespace, "link", "set", device, "up"])
}

/// Does something in a network namespace.
pub(crate) fn within<T: Send + 'static>(namespace: &str, act: impl FnOnce() -> T + Send + 'static) -> T {
    let namespace = File::open(format!("/var/run/netns/{namespace}")).unwrap();
    let acting = std::thread::spawn(move || {
        setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
        act()
    });
    acting.join().unwrap()
}

/// The name of a host among its peers.
pub(crate) fn name(host: usize) -> String {
    format!("hv{host}")
}

pub(crate) fn address(host: usize) -> String {
    format!("192.0.2.{}", host + 1)
}

/// Calls `ip`.
pub(crate) fn ip(arguments: &[&str]) -> Result<(), String> {
    let done = Command::new("ip").args(arguments).output();
    let done = done.map_err(|error| format!("ip (package iproute2): {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!(
        "ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&done.stderr).trim()
    ))
}

/// An agent in a namespace.
#[derive(Debug)]
pub(crate) struct Host {
    namespace: String,
    pub(crate) program: Program,
    listens: SocketAddr,
    _state: TempDir,
}

impl Host {
    /// What it answers, asked from within its namespace.
    pub(crate) fn get(&self, path: &str) -> client::Reply {
        let (listens, path) = (self.listens, path.to_owned());
        within(&self.namespace, move || client::get(listens, &path))
    }

    pub(crate) fn scrape(&self) -> Exposition {
        Exposition::parse(&self.get("/metrics").text())
    }

    /// The memory it has, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap()
    }

    /// Answers of each peer so far.
    pub(crate) fn answers_of_all(&self) -> BTreeMap<String, u64> {
        let mesh: Value = serde_json::from_slice(&self.get("/api/v1/mesh").body).unwrap_or_default();
        let peers = mesh["peers"].as_array().into_iter().flatten();
        let counts = peers.filter_map(|peer| {
            let answers = peer["from"]["received"].as_u64()?;
            Some((peer["name"].as_str()?.to_owned(), answers))
        });
        counts.collect()
    }

    /// Answers of a peer so far.
    pub(crate) fn answers(&self, peer: &str) -> u64 {
        self.answers_of_all().get(peer).copied().unwrap_or_default()
    }

    /// Waits for so many more answers of each of these peers. Those that came before are not forgotten meanwhile.
    pub(crate) fn after_more_answers(&self, peers: &[&str], answers: u64) {
        let before = self.answers_of_all();
        wait_until("more answers of all peers", || {
            let now = self.answers_of_all();
            peers.iter().all(|peer| {
                let [before, now] =
                    [&before, &now].map(|counts| counts.get(*peer).copied().unwrap_or_default());
                assert!(now >= before, "{now} answers of {peer} after {before}");
                now >= before + answers
            })
        });
    }

    /// Waits until it has heard so many answers of a peer; returns what it shows then.
    pub(crate) fn after_answers(&self, peer: &str, answers: u64) -> Exposition {
        let mut latest = None;
        wait_until("answers of a peer", || {
            if self.get("/readyz").status != 200 {
                return false;
            }
            let scrape = self.scrape();
            let labels = format!("{{peer=\"{peer}\",direction=\"round_trip\",outcome=\"received\"}}");
            let heard = scrape.value(&format!("wattle_oneway_packets_total{labels}"));
            latest = Some(scrape);
            heard.is_some_and(|heard| heard >= answers as f64)
        });
        latest.unwrap()
    }
}

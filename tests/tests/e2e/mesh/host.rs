//! Network namespaces with an agent in each.

use std::fs::File;
use std::net::SocketAddr;
use std::process::Command;

use nix::sched::CloneFlags;
use nix::sched::setns;
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
        (0..hosts).try_for_each(|host| net.address(host, "v"))?;
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

    /// Gives a device of a host its address.
    pub(crate) fn address(&self, host: usize, device: &str) -> Result<(), String> {
        let (ns, address) = (self.namespace(host), format!("{}/24", address(host)));
        ip(&["-n", &ns, "address", "add", &address, "dev", device])?;
        ip(&["-n", &ns, "link", "set", device, "up"])
    }

    /// Moves a device of this namespace into a host's.
    pub(crate) fn adopt(&self, host: usize, device: &str) -> Result<(), String> {
        ip(&["link", "set", device, "netns", &self.namespace(host)])?;
        self.address(host, device)
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

    fn middle(&self) -> String {
        format!("{}m", self.name)
    }

    pub(crate) fn namespace(&self, host: usize) -> String {
        format!("{}h{host}", self.name)
    }

    /// An agent that measures all other hosts, ten packets a second.
    pub(crate) fn agent(&self, host: usize, more: &[&str]) -> Host {
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
        for peer in 0..self.hosts {
            command.args(["--latency.peers", &format!("{}={}", name(peer), address(peer))]);
        }
        command.args(more);
        let mut program = Program::start(command);
        let listens = program.wait_for_address("listening");
        Host {
            namespace: self.namespace(host),
            _program: program,
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

/// The name of a host among its peers.
pub(crate) fn name(host: usize) -> String {
    format!("hv{host}")
}

fn address(host: usize) -> String {
    format!("192.0.2.{}", host + 1)
}

fn ip(arguments: &[&str]) -> Result<(), String> {
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
    _program: Program,
    listens: SocketAddr,
    _state: TempDir,
}

impl Host {
    /// What it answers, asked from within its namespace.
    pub(crate) fn get(&self, path: &str) -> client::Reply {
        let namespace = File::open(format!("/var/run/netns/{}", self.namespace)).unwrap();
        let (listens, path) = (self.listens, path.to_owned());
        let asking = std::thread::spawn(move || {
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            client::get(listens, &path)
        });
        asking.join().unwrap()
    }

    pub(crate) fn scrape(&self) -> Exposition {
        Exposition::parse(&self.get("/metrics").text())
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

//! An etcd of the test's own.

use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use wattle_controller::store::Etcd;
use wattle_controller::store::EtcdOptions;
use wattle_controller::store::EtcdTimeouts;
use wattle_controller::store::Store;

use super::patience::wait_until;
use super::program::Program;

pub(crate) const MISSING: &str = "needs etcd (apt-get install etcd-server)";

pub(crate) fn is_there() -> bool {
    Command::new("etcd").arg("--version").output().is_ok()
}

/// It runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    program: Program,
    pub(crate) port: u16,
    peer_port: u16,
    scheme: &'static str,
    more: Vec<String>,
    dir: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with("http", &[])
    }

    pub(crate) fn start_with(scheme: &'static str, more: &[String]) -> Self {
        loop {
            let dir = tempfile::tempdir().unwrap();
            let (port, peer_port) = free_ports();
            let server = Self {
                program: run(dir.path(), scheme, port, peer_port, more),
                port,
                peer_port,
                scheme,
                more: more.to_vec(),
                dir,
            };
            // Unless somebody else took one of the ports in between.
            if server.became_ready() {
                return server;
            }
        }
    }

    fn became_ready(&self) -> bool {
        let mut refused = false;
        wait_until("etcd", || {
            refused = self.program.log().contains("address already in use");
            refused || self.answers()
        });
        !refused
    }

    /// With TLS nothing but a connection is asked for: the store's own patience does the rest.
    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        if self.scheme == "https" {
            return true;
        }
        let mut answer = String::new();
        let request = b"GET /health HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n";
        stream.write_all(request).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.contains("\"true\"")
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.program.signal(Signal::SIGKILL);
        self.program.wait();
    }

    /// Runs it again on the same data.
    pub(crate) fn restart(&mut self) {
        self.program = run(
            self.dir.path(),
            self.scheme,
            self.port,
            self.peer_port,
            &self.more,
        );
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        store(&EtcdOptions::new([self.url()]))
    }

    /// A call of the gateway that the store has no use for.
    pub(crate) fn call(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /v3/{path} HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        answer
    }
}

pub(crate) fn store(options: &EtcdOptions) -> Arc<dyn Store> {
    Arc::new(Etcd::new(options).unwrap())
}

/// For tests in which answers are lost on purpose.
pub(crate) fn impatient(total: Duration) -> EtcdTimeouts {
    EtcdTimeouts {
        connect: Duration::from_millis(500),
        answer: Duration::from_millis(500),
        total,
        silence: Duration::from_millis(500),
    }
}

fn run(dir: &Path, scheme: &str, port: u16, peer_port: u16, more: &[String]) -> Program {
    let client = format!("{scheme}://127.0.0.1:{port}");
    let peer = format!("http://127.0.0.1:{peer_port}");
    let mut command = Command::new("etcd");
    command.arg("--data-dir").arg(dir.join("data"));
    command.args([
        "--listen-client-urls",
        &client,
        "--advertise-client-urls",
        &client,
    ]);
    command.args([
        "--listen-peer-urls",
        &peer,
        "--initial-advertise-peer-urls",
        &peer,
    ]);
    command.args(["--initial-cluster", &format!("default={peer}")]);
    command.args(more);
    Program::start(command)
}

/// Both are listened on at once, so that they differ.
fn free_ports() -> (u16, u16) {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [client, peer] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (client, peer)
}

//! STAMP as others wrote it, with ours at the other end.

use std::net::SocketAddr;
use std::net::UdpSocket;

use tempfile::TempDir;

use super::agent::Agent;
use super::skip;

mod scapy;
mod stamp_suite;

/// The program under this name in the environment, where `tests/run` says what it has fetched.
fn provided(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|path| !path.is_empty())
}

/// An address on loopback that nobody has.
fn free_address() -> SocketAddr {
    let free = UdpSocket::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

/// An agent that answers.
struct Answering {
    agent: Agent,
    reflector: SocketAddr,
    _dir: TempDir,
}

impl Answering {
    fn start(more: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let reflector = free_address();
        let listen = format!("--latency.listen={reflector}");
        let mut arguments = vec!["--latency.reflect=true", &listen];
        arguments.extend(more);
        let agent = Agent::start(dir.path(), &arguments);
        Self {
            agent,
            reflector,
            _dir: dir,
        }
    }
}

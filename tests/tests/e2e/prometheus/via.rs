//! A go-between that can change what Prometheus asks for, and remembers what it got.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;

use super::super::client;

/// It answers for as long as the test program runs.
#[derive(Debug)]
pub(crate) struct Via {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

impl Via {
    pub(crate) fn unchanged(agent: SocketAddr) -> Self {
        Self::start(agent, None)
    }

    /// Asks for the form `accept` whatever the client would like best.
    pub(crate) fn accepting(agent: SocketAddr, accept: &'static str) -> Self {
        Self::start(agent, Some(accept))
    }

    fn start(agent: SocketAddr, accept: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some(kind) = pass_on(&stream, agent, accept) {
                    shared.lock().unwrap().insert(kind);
                }
            }
        });
        Self { address, seen }
    }

    /// Every `Content-Type` that went through.
    pub(crate) fn content_types(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().cloned().collect()
    }
}

/// Passes one request on, and its answer back; returns the type of that.
fn pass_on(mut client: &TcpStream, agent: SocketAddr, accept: Option<&str>) -> Option<String> {
    let mut request = String::new();
    for line in BufReader::new(client).lines() {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        let name = line.split(':').next()?.to_ascii_lowercase();
        match (name.as_str(), accept) {
            ("accept", Some(accept)) => request.extend(["Accept: ", accept, "\r\n"]),
            ("connection", _) => {}
            _ => request.extend([line.as_str(), "\r\n"]),
        }
    }
    request.push_str("Connection: close\r\n\r\n");
    let answer = client::exchange(agent, request.as_bytes());
    // A client that has left is told nothing.
    let _ = client.write_all(&answer);
    let head = String::from_utf8_lossy(&answer);
    let kind = head
        .lines()
        .find_map(|line| line.strip_prefix("content-type: "))?;
    Some(kind.to_owned())
}

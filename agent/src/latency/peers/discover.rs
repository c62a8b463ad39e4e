//! The thread that asks all sources for peers, again and again.

use std::collections::HashSet;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;

use super::Entry;
use super::Found;
use super::PeerList;
use super::SourceReport;
use super::dns;
use super::source::Origin;
use super::source::Source;
use crate::clock::Clock;
use crate::latency::random::Random;

/// Files are looked at this often.
const AGAIN: Duration = Duration::from_secs(5);
/// Names are looked up, and servers asked, anew this often.
const LOOK_UP: Duration = Duration::from_secs(60);
/// All names of a round together have so long; the rest keep their addresses until the next round.
const BUDGET: Duration = Duration::from_secs(20);

/// Where peers come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// This host's own name.
    pub own: String,
    /// From the configuration.
    pub stated: Vec<Entry>,
    /// A file in the format of Prometheus.
    pub file: Option<PathBuf>,
    /// A server with HTTP service discovery.
    pub url: Option<String>,
    /// Names that have one address, or one service record, for each peer.
    pub dns: Vec<Entry>,
    /// The port of a reflector of which nobody says another.
    pub port: u16,
    /// The file that names the system's name servers.
    pub resolv_conf: PathBuf,
}

impl Sources {
    fn origins(&self) -> impl Iterator<Item = Origin> {
        let file = self.file.iter().cloned().map(Origin::File);
        let url = self.url.iter().cloned().map(Origin::Url);
        file.chain(url)
            .chain(self.dns.iter().cloned().map(Origin::of_name))
    }
}

/// What a round found.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// The peers.
    pub found: Found,
    /// Whether they are others than before, or may be meant otherwise.
    pub is_new: bool,
    /// How the sources are.
    pub sources: Vec<SourceReport>,
}

/// Asks the sources.
pub struct Discovery {
    clock: Arc<dyn Clock>,
    random: Box<dyn Random>,
    sources: Sources,
    asked: Vec<Source>,
    list: PeerList,
    looked_up: Option<Duration>,
    before: Option<Found>,
}

impl Discovery {
    /// Nothing is asked yet.
    pub fn new(clock: Arc<dyn Clock>, random: Box<dyn Random>, sources: Sources) -> Self {
        Self {
            clock,
            random,
            asked: sources.origins().map(Source::new).collect(),
            sources,
            list: PeerList::default(),
            looked_up: None,
            before: None,
        }
    }

    /// Asks until the one who wants to know is gone, and tells every round. Takes other sources meanwhile.
    pub fn run(mut self, inbox: &Receiver<Sources>, mut tell: impl FnMut(Round)) {
        loop {
            tell(self.round());
            match inbox.recv_timeout(AGAIN) {
                Ok(sources) => self.take(sources),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Asks these from now on, all of them at once. Those that were asked before keep what they gave.
    pub fn take(&mut self, sources: Sources) {
        let mut before = std::mem::take(&mut self.asked);
        let asked = sources.origins().map(|origin| {
            let known = before.iter().position(|source| source.origin == origin);
            known.map_or_else(|| Source::new(origin), |at| before.swap_remove(at))
        });
        self.asked = asked.collect();
        self.sources = sources;
        self.looked_up = None;
        self.before = None;
    }

    /// Asks all sources once.
    pub fn round(&mut self) -> Round {
        let (now, wall) = (self.clock.steady(), self.clock.wall());
        let mut fresh = self
            .looked_up
            .is_none_or(|when| now.saturating_sub(when) >= LOOK_UP);
        for source in &mut self.asked {
            fresh |= source.look(now, wall);
        }
        if fresh {
            self.looked_up = Some(now);
            let mut dns = dns::Client {
                clock: &*self.clock,
                random: &mut *self.random,
                resolv_conf: &self.sources.resolv_conf,
            };
            for source in &mut self.asked {
                source.ask(now, self.sources.port, &mut dns);
            }
        }
        let found = self.put_together(fresh);
        let is_new = self.before.as_ref() != Some(&found);
        self.before = Some(found.clone());
        Round {
            found,
            is_new,
            sources: self.asked.iter().map(|source| source.report.clone()).collect(),
        }
    }

    fn put_together(&mut self, fresh: bool) -> Found {
        let (port, clock) = (self.sources.port, &self.clock);
        let begun = clock.steady();
        let given = self.asked.iter().flat_map(|source| &source.entries);
        let resolve = |entry: &Entry| {
            let port = entry.port.unwrap_or(port);
            if let Ok(ip) = entry.host.parse() {
                return Some(SocketAddr::new(ip, port));
            }
            let in_time = clock.steady().saturating_sub(begun) < BUDGET;
            (fresh && in_time)
                .then(|| first_address(&entry.host, port))
                .flatten()
        };
        let entries = self.sources.stated.iter().chain(given);
        let local = own_addresses();
        let is_here = |at: SocketAddr| at.port() == port && local.contains(&at.ip().to_canonical());
        self.list
            .put_together(&self.sources.own, entries, resolve, is_here)
    }
}

/// The addresses of this network namespace's interfaces by which others know this host.
fn own_addresses() -> HashSet<IpAddr> {
    let ip = |address: &SockaddrStorage| {
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    };
    let interfaces = getifaddrs().into_iter().flatten();
    let all = interfaces.filter_map(|interface| ip(&interface.address?));
    all.filter(|ip| !ip.is_loopback()).collect()
}

/// The least address, so that an answer in another order changes nothing.
fn first_address(host: &str, port: u16) -> Option<SocketAddr> {
    (host, port).to_socket_addrs().ok()?.min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::latency::random::SystemEntropy;

    fn discovery(sources: Sources) -> Discovery {
        Discovery::new(Arc::new(SystemClock), Box::new(SystemEntropy::default()), sources)
    }

    #[test]
    fn a_file_that_breaks_leaves_the_peers_it_had_and_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("peers.yaml");
        std::fs::write(&file, "- targets: ['192.0.2.1', '192.0.2.2:863']\n").unwrap();
        let sources = Sources {
            file: Some(file.clone()),
            stated: vec![Entry::parse("x=192.0.2.9").unwrap()],
            port: 862,
            ..Sources::default()
        };
        let mut discovery = discovery(sources);
        let whole = discovery.round();
        let addresses: Vec<_> = whole
            .found
            .peers
            .iter()
            .map(|peer| peer.address.to_string())
            .collect();
        assert_eq!(addresses, ["192.0.2.1:862", "192.0.2.2:863", "192.0.2.9:862"]);
        for broken in ["- targets: [", ""] {
            std::fs::write(&file, broken).unwrap();
            assert_eq!(discovery.round().found, whole.found);
        }
        std::fs::remove_file(&file).unwrap();
        let round = discovery.round();
        assert_eq!(round.found, whole.found);
        assert_eq!((round.sources[0].failures, round.sources[0].peers), (3, 2));
        std::fs::write(&file, "[]").unwrap();
        assert_eq!(discovery.round().found.peers.len(), 1);
    }
    #[test]
    fn other_sources_are_taken_and_those_that_stay_keep_what_they_gave() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("peers.yaml");
        std::fs::write(&file, "- targets: ['192.0.2.1']\n").unwrap();
        let sources = Sources {
            file: Some(file.clone()),
            port: 862,
            ..Sources::default()
        };
        let mut discovery = discovery(sources.clone());
        assert!(discovery.round().is_new);
        assert!(!discovery.round().is_new);
        std::fs::remove_file(&file).unwrap();
        discovery.take(Sources {
            stated: vec![Entry::parse("192.0.2.9").unwrap()],
            ..sources
        });
        let round = discovery.round();
        assert!(round.is_new);
        assert_eq!((round.found.peers.len(), round.sources[0].failures), (2, 1));
        discovery.take(Sources::default());
        assert_eq!(discovery.round().found.peers, []);
    }
}

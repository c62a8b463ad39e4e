//! The thread that asks all sources for peers, again and again.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::net::ToSocketAddrs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::Entry;
use super::Found;
use super::PeerList;
use super::SourceReport;
use super::http;
use super::targets;
use crate::clock::Clock;

/// No list is longer, in octets.
const LONGEST: u64 = 8 << 20;
/// Sources are asked this often.
const AGAIN: Duration = Duration::from_secs(5);
/// Names are looked up anew this often.
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
    /// Names that have one address for each peer.
    pub dns: Vec<Entry>,
    /// The port of a reflector of which nobody says another.
    pub port: u16,
}

/// What a round found.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// The peers.
    pub found: Found,
    /// How the sources are.
    pub sources: Vec<SourceReport>,
}

/// Asks the sources.
pub struct Discovery {
    clock: Arc<dyn Clock>,
    sources: Sources,
    reports: Vec<SourceReport>,
    from_file: Vec<Entry>,
    from_url: Vec<Entry>,
    from_dns: Vec<Vec<Entry>>,
    list: PeerList,
    looked_up: Option<Duration>,
}

impl Discovery {
    /// Nothing is asked yet.
    pub fn new(clock: Arc<dyn Clock>, sources: Sources) -> Self {
        let file = sources.file.iter().map(|_| "file".to_owned());
        let dns = sources.dns.iter().map(|entry| format!("dns/{}", entry.host));
        let url = sources.url.iter().map(|_| "http".to_owned());
        let reports = file.chain(url).chain(dns).map(|source| SourceReport {
            source,
            ..SourceReport::default()
        });
        Self {
            clock,
            reports: reports.collect(),
            from_file: Vec::new(),
            from_url: Vec::new(),
            from_dns: vec![Vec::new(); sources.dns.len()],
            list: PeerList::default(),
            looked_up: None,
            sources,
        }
    }

    /// Asks until the one who wants to know is gone, and tells every round.
    pub fn run(mut self, stop: &Receiver<()>, mut tell: impl FnMut(Round)) {
        loop {
            tell(self.round());
            if stop.recv_timeout(AGAIN) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// Asks all sources once.
    pub fn round(&mut self) -> Round {
        let now = self.clock.steady();
        let mut fresh = self
            .looked_up
            .is_none_or(|when| now.saturating_sub(when) >= LOOK_UP);
        if let Some(file) = self.sources.file.clone() {
            let read = read(&file);
            if let Some(entries) = self.note(0, now, read) {
                fresh |= entries != self.from_file;
                self.from_file = entries;
            }
        }
        if fresh {
            self.looked_up = Some(now);
            self.ask_url(now);
            self.ask_dns(now);
        }
        let found = self.put_together(fresh, now);
        Round {
            found,
            sources: self.reports.clone(),
        }
    }

    fn ask_url(&mut self, now: Duration) {
        let Some(url) = self.sources.url.clone() else {
            return;
        };
        let at = usize::from(self.sources.file.is_some());
        if let Some(entries) = self.note(at, now, http::ask(&url)) {
            self.from_url = entries;
        }
    }

    fn ask_dns(&mut self, now: Duration) {
        let first = self.reports.len() - self.from_dns.len();
        for at in 0..self.from_dns.len() {
            let Some(name) = self.sources.dns.get(at).cloned() else {
                continue;
            };
            let answer = all_addresses(&name, self.sources.port);
            if let Some(entries) = self.note(first + at, now, answer)
                && let Some(kept) = self.from_dns.get_mut(at)
            {
                *kept = entries;
            }
        }
    }

    /// Notes how a source did. What it gave before stays if it gave nothing now.
    fn note(&mut self, at: usize, now: Duration, answer: Result<Vec<Entry>, String>) -> Option<Vec<Entry>> {
        let report = self.reports.get_mut(at)?;
        match answer {
            Ok(entries) => {
                report.peers = entries.len();
                report.answered = Some(now);
                report.trouble.clear();
                Some(entries)
            }
            Err(trouble) => {
                if report.trouble != trouble {
                    tracing::warn!(source = report.source, trouble, "peers stay as they were");
                }
                report.failures += 1;
                report.trouble = trouble;
                None
            }
        }
    }

    fn put_together(&mut self, fresh: bool, begun: Duration) -> Found {
        let (port, clock) = (self.sources.port, &self.clock);
        let entries = self.sources.stated.iter().chain(&self.from_file);
        let entries = entries
            .chain(&self.from_url)
            .chain(self.from_dns.iter().flatten());
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
        self.list.put_together(&self.sources.own, entries, resolve)
    }
}

fn read(file: &Path) -> Result<Vec<Entry>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut text = String::new();
    let opened = File::open(file).map_err(failed)?;
    opened
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(format!("{}: longer than {LONGEST} octets", file.display()));
    }
    targets::parse(&text).map_err(|problem| format!("{}: {problem}", file.display()))
}

/// The least address, so that an answer in another order changes nothing.
fn first_address(host: &str, port: u16) -> Option<SocketAddr> {
    (host, port).to_socket_addrs().ok()?.min()
}

/// One entry for each address of a name.
fn all_addresses(name: &Entry, port: u16) -> Result<Vec<Entry>, String> {
    let port = name.port.unwrap_or(port);
    let addresses = (&*name.host, port)
        .to_socket_addrs()
        .map_err(|error| format!("{}: {error}", name.host))?;
    let entry = |address: SocketAddr| Entry {
        name: address.ip().to_string().into(),
        zone: name.zone.clone(),
        host: address.ip().to_string().into(),
        port: Some(port),
        has_agent: name.has_agent,
    };
    Ok(addresses.map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

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
        let mut discovery = Discovery::new(Arc::new(SystemClock), sources);
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
}

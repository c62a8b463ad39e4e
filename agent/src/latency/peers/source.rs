//! One place where peers come from.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::net::ToSocketAddrs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::Entry;
use super::SourceReport;
use super::dns;
use super::http;
use super::targets;

/// No list is longer, in octets.
const LONGEST: u64 = 8 << 20;
/// A file that has changed within so long a time may change again without looking different.
const SETTLED: Duration = Duration::from_secs(2);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file in the format of Prometheus.
    File(PathBuf),
    /// A server with HTTP service discovery.
    Url(String),
    /// A service with a record for each peer (SRV).
    Service(Entry),
    /// A name with an address for each peer.
    Name(Entry),
}

impl Origin {
    /// A name whose first label begins with an underscore is a service's (RFC 2782).
    pub(super) fn of_name(name: Entry) -> Self {
        if name.host.starts_with('_') {
            Self::Service(name)
        } else {
            Self::Name(name)
        }
    }

    fn label(&self) -> String {
        match self {
            Self::File(_) => "file".to_owned(),
            Self::Url(_) => "http".to_owned(),
            Self::Service(name) | Self::Name(name) => format!("dns/{}", name.host),
        }
    }
}

/// Which file it is, and since when it is as it is.
type Mark = (u64, u64, i64, i64);

/// It, what it last gave, and how it is.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) origin: Origin,
    pub(super) entries: Vec<Entry>,
    pub(super) report: SourceReport,
    mark: Option<Mark>,
}

impl Source {
    pub(super) fn new(origin: Origin) -> Self {
        let report = SourceReport {
            source: origin.label(),
            ..SourceReport::default()
        };
        Self {
            origin,
            entries: Vec::new(),
            report,
            mark: None,
        }
    }

    /// Reads a file again if it is another. Whether it now says something else.
    pub(super) fn look(&mut self, now: Duration, wall: Duration) -> bool {
        let Origin::File(file) = &self.origin else {
            return false;
        };
        let mark = mark(file);
        if mark.is_some() && mark == self.mark {
            self.report.answered = Some(now);
            return false;
        }
        let read = read(file);
        let is_settled = |mark: &Mark| {
            let changed = Duration::from_secs(mark.2.unsigned_abs());
            wall.saturating_sub(changed) > SETTLED
        };
        self.mark = mark.filter(is_settled).filter(|_| read.is_ok());
        self.note(now, read)
    }

    /// Asks whoever is not on this machine.
    pub(super) fn ask(&mut self, now: Duration, port: u16, dns: &mut dns::Client<'_>) {
        let answer = match &self.origin {
            Origin::File(_) => return,
            Origin::Url(url) => http::ask(url),
            Origin::Service(name) => dns.services(name),
            Origin::Name(name) => all_addresses(name, port),
        };
        self.note(now, answer);
    }

    /// Notes how it did. What it gave before stays if it gave nothing now.
    fn note(&mut self, now: Duration, answer: Result<Vec<Entry>, String>) -> bool {
        let report = &mut self.report;
        match answer {
            Ok(entries) => {
                report.peers = entries.len();
                report.answered = Some(now);
                report.trouble.clear();
                let changed = entries != self.entries;
                self.entries = entries;
                changed
            }
            Err(trouble) => {
                if report.trouble != trouble {
                    tracing::warn!(source = report.source, trouble, "peers stay as they were");
                }
                report.failures += 1;
                report.trouble = trouble;
                false
            }
        }
    }
}

fn mark(file: &Path) -> Option<Mark> {
    let about = std::fs::metadata(file).ok()?;
    Some((about.ino(), about.len(), about.ctime(), about.ctime_nsec()))
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

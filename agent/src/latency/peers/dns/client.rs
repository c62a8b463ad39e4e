//! One question to the first server that answers.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::path::Path;
use std::time::Duration;

use super::message;
use super::message::Refused;
use super::message::Service;
use super::servers;
use crate::clock::Clock;
use crate::latency::peers::Entry;
use crate::latency::random::Random;

/// A server has so long, each time.
const PATIENCE: Duration = Duration::from_secs(2);
/// All servers are asked so often.
const ROUNDS: usize = 2;
/// Nothing longer fits into an answer over UDP that was not arranged (RFC 1035 section 4.2.1); some send more.
const LONGEST: usize = 4096;

/// Asks name servers.
pub(in super::super) struct Client<'c> {
    pub(in super::super) clock: &'c dyn Clock,
    pub(in super::super) random: &'c mut dyn Random,
    pub(in super::super) resolv_conf: &'c Path,
}

/// Why a server was of no use.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Client<'_> {
    /// One entry for each host that offers the service. None is a failure: a list that is suddenly empty is rarely meant.
    pub(in super::super) fn services(&mut self, wanted: &Entry) -> Result<Vec<Entry>, String> {
        let found = self
            .ask(&wanted.host)
            .map_err(|problem| format!("{}: {problem}", wanted.host))?;
        let entry = |service: Service| Entry {
            name: service.host.as_str().into(),
            zone: wanted.zone.clone(),
            host: service.host.into(),
            port: Some(service.port),
            has_agent: wanted.has_agent,
        };
        let entries: Vec<_> = found
            .into_iter()
            .filter(|service| service.port > 0)
            .map(entry)
            .collect();
        if entries.is_empty() {
            return Err(format!("{}: no host offers it", wanted.host));
        }
        Ok(entries)
    }

    fn ask(&mut self, name: &str) -> Result<Vec<Service>, String> {
        let servers = servers::read(self.resolv_conf);
        let mut trouble = String::new();
        for server in servers.iter().cycle().take(servers.len() * ROUNDS) {
            let id = (self.random.bits() & 0xffff) as u16;
            let question = message::question(id, name).ok_or("no such name is possible")?;
            match self.ask_one(*server, &question) {
                Ok(services) => return Ok(services),
                // Another server would say the same.
                Err(Failed::Refused(Refused::NoName)) => return Err(Refused::NoName.to_string()),
                Err(error) => trouble = format!("{server}: {error}"),
            }
        }
        Err(trouble)
    }

    fn ask_one(&self, server: SocketAddr, question: &[u8]) -> Result<Vec<Service>, Failed> {
        let deadline = self.clock.steady() + PATIENCE;
        match self.by_udp(server, question, deadline) {
            Err(Failed::Refused(Refused::Truncated)) => self.by_tcp(server, question, deadline),
            other => other,
        }
    }

    /// What others send to the port meanwhile is passed over.
    fn by_udp(
        &self,
        server: SocketAddr,
        question: &[u8],
        deadline: Duration,
    ) -> Result<Vec<Service>, Failed> {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        socket.send(question)?;
        let mut buffer = [0; LONGEST];
        loop {
            socket.set_read_timeout(Some(self.left(deadline)?))?;
            let length = socket.recv(&mut buffer)?;
            match message::answer(question, buffer.get(..length).unwrap_or_default()) {
                Err(Refused::Stray) => {}
                answer => return Ok(answer?),
            }
        }
    }

    /// RFC 1035 section 4.2.2: the same messages with their length before them.
    fn by_tcp(
        &self,
        server: SocketAddr,
        question: &[u8],
        deadline: Duration,
    ) -> Result<Vec<Service>, Failed> {
        let mut stream = TcpStream::connect_timeout(&server, self.left(deadline)?)?;
        stream.set_write_timeout(Some(self.left(deadline)?))?;
        let length = u16::try_from(question.len()).unwrap_or_default().to_be_bytes();
        stream.write_all(&[&length[..], question].concat())?;
        let mut length = [0; 2];
        self.fill(&mut stream, &mut length, deadline)?;
        let mut octets = vec![0; usize::from(u16::from_be_bytes(length))];
        self.fill(&mut stream, &mut octets, deadline)?;
        Ok(message::answer(question, &octets)?)
    }

    fn fill(&self, stream: &mut TcpStream, mut room: &mut [u8], deadline: Duration) -> io::Result<()> {
        while !room.is_empty() {
            stream.set_read_timeout(Some(self.left(deadline)?))?;
            let read = stream.read(room)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            room = room.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }

    fn left(&self, deadline: Duration) -> io::Result<Duration> {
        let left = deadline.saturating_sub(self.clock.steady());
        if left.is_zero() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        }
        Ok(left)
    }
}

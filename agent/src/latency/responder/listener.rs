//! Taking connections on.

use std::io;
use std::io::Read;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use wattle_oneway::Timestamp;
use wattle_oneway::control::ControlServer;
use wattle_oneway::control::Modes;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::ServerConfig;

use super::Refusal;
use super::Settings;
use super::Tally;
use super::clients::Clients;
use super::connection::Common;
use super::connection::Connection;
use crate::latency::sessions::Clocks;
use crate::latency::sessions::ControlLink;
use crate::latency::sessions::entropy;
use crate::latency::sessions::wait;
use crate::privilege::Task;
use crate::privilege::keep_only;

/// When no connection can be accepted, for want of descriptors, it is tried again after so long.
const PAUSE: Duration = Duration::from_millis(100);
/// Nothing on these threads goes deep.
const STACK: usize = 256 << 10;

/// The servers. They run as long as this lives.
#[derive(Debug)]
pub struct Responder {
    addresses: Vec<SocketAddr>,
    _ending: UnixStream,
}

/// The servers cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(
        "{address}: cannot listen for {protocol:?}-Control: {error}; ports below 1024 need CAP_NET_BIND_SERVICE"
    )]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// For which protocol.
        protocol: Protocol,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The thread cannot be started.
    #[error("the thread of the latency servers cannot be started: {0}")]
    Thread(#[from] io::Error),
}

impl Responder {
    /// Listens, and serves from then on.
    pub fn start(settings: Settings, tally: Arc<Tally>, clocks: Clocks) -> Result<Self, StartError> {
        let sockets = settings.listen.iter().map(|&(protocol, address)| {
            let listening = listen(address).map_err(|error| StartError::Listen {
                address,
                protocol,
                error,
            });
            listening.map(|socket| (protocol, socket))
        });
        let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
        let addresses = sockets.iter().map(|(_, socket)| socket.local_addr());
        let addresses = addresses.collect::<io::Result<_>>()?;
        for (protocol, _) in &sockets {
            tally.switch_on(*protocol);
        }
        let (ours, theirs) = UnixStream::pair()?;
        theirs.set_nonblocking(true)?;
        let listener = Listener {
            sockets,
            clients: Arc::new(Clients::new(settings.limits)),
            started: clocks.wall(),
            common: Arc::new(Common {
                settings,
                tally,
                clocks,
            }),
            ending: Arc::new(theirs),
        };
        std::thread::Builder::new()
            .name("latency-listen".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                keep_only(Task::Other);
                listener.run();
            })?;
        Ok(Self {
            addresses,
            _ending: ours,
        })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let of_all = address.is_ipv6() && address.ip().is_unspecified();
    let socket = match TcpListener::bind(address) {
        // IPv6 is switched off on this host.
        Err(_) if of_all => TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())),
        bound => bound,
    }?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Whether the other end of this socket has been closed.
pub(super) fn is_to_end(ending: &UnixStream) -> io::Result<bool> {
    let mut end = ending;
    match end.read(&mut [0]) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

struct Listener {
    sockets: Vec<(Protocol, TcpListener)>,
    clients: Arc<Clients>,
    common: Arc<Common>,
    started: Timestamp,
    ending: Arc<UnixStream>,
}

impl Listener {
    fn run(&self) {
        let mut descriptors = vec![(self.ending.as_fd(), false)];
        descriptors.extend(self.sockets.iter().map(|(_, socket)| (socket.as_fd(), false)));
        while matches!(is_to_end(&self.ending), Ok(false)) {
            if let Err(error) = wait(&descriptors, None) {
                tracing::error!(%error, "the latency servers stop: their sockets cannot be waited for");
                return;
            }
            for (protocol, socket) in &self.sockets {
                self.accept(*protocol, socket);
            }
        }
    }

    fn accept(&self, protocol: Protocol, socket: &TcpListener) {
        match socket.accept() {
            Ok((stream, peer)) => self.take_on(protocol, stream, peer),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The peer is gone already, or there are no descriptors. The latter would make this a busy loop.
            Err(_) => std::thread::sleep(PAUSE),
        }
    }

    fn take_on(&self, protocol: Protocol, stream: TcpStream, peer: SocketAddr) {
        let tally = &self.common.tally;
        let allow = &self.common.settings.allow;
        if !allow.is_empty() && !allow.iter().any(|network| network.contains(peer.ip())) {
            tally.refused(protocol, Refusal::Network);
            return;
        }
        let ticket = self.clients.admit(peer.ip());
        if ticket.is_none() {
            tally.refused(protocol, Refusal::Connections);
            self.send_away(protocol, stream);
            return;
        }
        tally.connection(protocol);
        let Ok(mut connection) = self.connection(protocol, stream, self.config(protocol)) else {
            tally.refused(protocol, Refusal::Resources);
            return;
        };
        connection.ticket = ticket;
        let thread = std::thread::Builder::new()
            .name("latency-session".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                if let Err(error) = connection.serve() {
                    tracing::debug!(client = %peer.ip(), %error, "control connection broke");
                }
            });
        if thread.is_err() {
            tally.refused(protocol, Refusal::Resources);
        }
    }

    /// Greets with no mode at all (RFC 4656 section 3.1). Whatever of it the kernel does not take at once is not said.
    fn send_away(&self, protocol: Protocol, stream: TcpStream) {
        let mut config = self.config(protocol);
        config.modes = Modes::NONE;
        if let Ok(mut connection) = self.connection(protocol, stream, config)
            && let Some(greeting) = connection.server.poll_transmit()
        {
            connection.link.queue(greeting);
            let _ = connection.link.write();
        }
    }

    fn connection(
        &self,
        protocol: Protocol,
        stream: TcpStream,
        config: ServerConfig,
    ) -> io::Result<Connection> {
        let now = self.common.clocks.moment();
        Ok(Connection {
            common: self.common.clone(),
            protocol,
            link: ControlLink::new(stream)?,
            server: ControlServer::new(now, self.started, config, entropy()?),
            ticket: None,
            ending: self.ending.clone(),
        })
    }

    fn config(&self, protocol: Protocol) -> ServerConfig {
        let settings = &self.common.settings;
        let keys = Arc::new(settings.pass_phrases.to_store());
        let limits = Arc::new(settings.limits.of_a_request());
        let mut config = ServerConfig::new(protocol, keys, limits);
        let protected = Modes::AUTHENTICATED.with(Modes::ENCRYPTED).with(Modes::MIXED);
        let unwanted = match (settings.pass_phrases.is_empty(), settings.needs_key) {
            (true, _) => protected,
            (false, true) => Modes::OPEN,
            (false, false) => Modes::NONE,
        };
        config.modes = Modes::from_bits(config.modes.bits() & !unwanted.bits());
        config
    }
}

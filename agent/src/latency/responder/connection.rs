//! One control connection and its sessions, on a thread of its own.

use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use wattle_oneway::control::Accept;
use wattle_oneway::control::ControlError;
use wattle_oneway::control::ControlServer;
use wattle_oneway::control::Direction;
use wattle_oneway::control::FetchSession;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::SentSession;
use wattle_oneway::control::ServerEvent;
use wattle_oneway::control::SessionRequest;
use wattle_oneway::control::Sid;

use super::Refusal;
use super::Settings;
use super::Tally;
use super::clients::Ticket;
use super::session::Accepted;
use super::session::Session;
use crate::latency::sessions::Clocks;
use crate::latency::sessions::ControlLink;
use crate::latency::sessions::entropy;
use crate::latency::sessions::wait;

/// How long a client may leave an answer unread.
const UNREAD: Duration = Duration::from_secs(60);
/// How long a reflector goes on at most when its session has been stopped.
const AFTERWARDS: Duration = Duration::from_secs(60);
/// A connection may last so much longer than a session, for what is before and after.
const AROUND: Duration = Duration::from_secs(1800);
/// How far ahead a session's start may be.
const AHEAD_NANOS: i64 = 3_600_000_000_000;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) settings: Settings,
    pub(super) tally: Arc<Tally>,
    pub(super) clocks: Clocks,
}

/// A control connection.
pub(super) struct Connection {
    pub(super) common: Arc<Common>,
    pub(super) protocol: Protocol,
    pub(super) link: ControlLink,
    pub(super) server: ControlServer,
    /// Its place in the account; without one the client is told to go away.
    pub(super) ticket: Option<Ticket>,
    /// Can be read when the agent ends.
    pub(super) ending: Arc<UnixStream>,
}

/// While it runs.
struct Running {
    connection: Connection,
    local: SocketAddr,
    peer: SocketAddr,
    sessions: Vec<Session>,
    started: bool,
    /// This side has said that it sends no more.
    stopped: bool,
    behind_since: Option<Duration>,
    over: Duration,
}

impl Connection {
    /// Serves the client until one of the two has enough.
    pub(super) fn serve(self) -> io::Result<()> {
        let (local, peer) = (self.link.local()?, self.link.peer()?);
        let begins = self.common.clocks.moment();
        let lasts = self.common.settings.limits.lasts.saturating_add(AROUND);
        let mut running = Running {
            local,
            peer,
            sessions: Vec::new(),
            started: false,
            stopped: false,
            behind_since: None,
            over: begins.saturating_add(lasts),
            connection: self,
        };
        while running.turn()? {
            running.sleep()?;
            if running.is_to_end()? {
                break;
            }
        }
        Ok(())
    }
}

impl Running {
    /// Does all that can be done now. Whether there will be more.
    fn turn(&mut self) -> io::Result<bool> {
        let now = self.clocks().moment();
        self.read(now)?;
        self.connection.server.handle_timeout(now);
        let common = self.connection.common.clone();
        for session in &mut self.sessions {
            session.drive(self.started, &common.clocks, &common.tally);
        }
        self.sessions.retain(|session| !session.has_ended(now));
        self.stop_when_done(now);
        // A client that does not read its answers gets no more of them.
        while !self.connection.link.is_behind() {
            let Some(event) = self.connection.server.poll_event() else {
                break;
            };
            self.handle(now, event)?;
            self.transmit()?;
        }
        self.transmit()?;
        self.watch_behind(now)?;
        let goes_on = !self.connection.server.is_closed() || self.connection.link.is_behind();
        Ok(goes_on && now < self.over)
    }

    fn clocks(&self) -> &Clocks {
        &self.connection.common.clocks
    }

    fn read(&mut self, now: Duration) -> io::Result<()> {
        let Connection { link, server, .. } = &mut self.connection;
        // One piece a turn, so that sessions have theirs. The kernel says when there is more.
        if !link.is_behind() {
            match link.read()? {
                None => {}
                Some([]) => server.handle_closed(),
                Some(octets) => server.handle_bytes(now, octets),
            }
        }
        Ok(())
    }

    fn transmit(&mut self) -> io::Result<()> {
        let Connection { link, server, .. } = &mut self.connection;
        while let Some(message) = server.poll_transmit() {
            link.queue(message);
        }
        link.write()
    }

    fn watch_behind(&mut self, now: Duration) -> io::Result<()> {
        if !self.connection.link.is_behind() {
            self.behind_since = None;
            return Ok(());
        }
        let since = *self.behind_since.get_or_insert(now);
        if now.saturating_sub(since) > UNREAD {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn sleep(&self) -> io::Result<()> {
        let link = &self.connection.link;
        let now = self.clocks().moment();
        let behind = self.behind_since.map(|since| since.saturating_add(UNREAD));
        let mut due = vec![Some(self.over), behind, self.connection.server.poll_timeout()];
        due.extend(self.sessions.iter().map(|session| session.due(self.started, now)));
        let mut descriptors = vec![
            (self.connection.ending.as_fd(), false),
            (link.as_fd(), link.is_behind()),
        ];
        descriptors.extend(self.sessions.iter().map(|session| (session.as_fd(), false)));
        let earliest = due.into_iter().flatten().min();
        wait(&descriptors, earliest.map(|due| due.saturating_sub(now)))
    }

    /// The other end of this socket is closed when the agent ends.
    fn is_to_end(&self) -> io::Result<bool> {
        super::listener::is_to_end(&self.connection.ending)
    }

    fn handle(&mut self, now: Duration, event: ServerEvent) -> io::Result<()> {
        match event {
            ServerEvent::Connected { .. } => {}
            ServerEvent::Requested(request) => self.decide(now, request)?,
            ServerEvent::Refused(_, accept) => self.count_refused(match accept {
                Accept::TemporaryLimit => Refusal::Sessions,
                _ => Refusal::Request,
            }),
            ServerEvent::Started => self.started = true,
            ServerEvent::Stopped(_, sent) => self.handle_stopped(now, &sent),
            ServerEvent::FetchRequested(fetch) => self.answer_fetch(now, &fetch),
            ServerEvent::Closed(error) => self.note_end(&error),
        }
        Ok(())
    }

    fn decide(&mut self, now: Duration, request: SessionRequest) -> io::Result<()> {
        // What was kept of the test before was kept to be fetched before this.
        if self.started {
            (self.started, self.stopped) = (false, false);
            self.sessions.clear();
        }
        match self.prepare(request) {
            Ok(accepted) => self.accept(now, accepted),
            Err((accept, reason)) => {
                self.count_refused(reason);
                let _ = self.connection.server.refuse(now, accept);
                Ok(())
            }
        }
    }

    fn prepare(&self, mut request: SessionRequest) -> Result<Prepared, (Accept, Refusal)> {
        self.check(&request)?;
        let common = &self.connection.common;
        let ticket = self.connection.ticket.as_ref();
        let ticket = ticket.ok_or((Accept::TemporaryLimit, Refusal::Connections))?;
        let booking = ticket.book(&request)?;
        let no_luck = |_| (Accept::TemporaryLimit, Refusal::Resources);
        let [r0, r1, sid @ ..] = entropy::<6>().map_err(no_luck)?;
        let random = u16::from_ne_bytes([r0, r1]);
        let ports = common.settings.ports;
        let socket = ports.bind(self.local, request.dscp(), random).map_err(no_luck)?;
        let port = socket.local().map_err(no_luck)?.port();
        if request.direction != Direction::FromServer {
            request.sid = Sid::new(self.local.ip(), self.clocks().wall(), sid);
        }
        let peer = self.peer_of(&request);
        Ok(Prepared {
            request,
            socket,
            port,
            peer,
            booking,
        })
    }

    /// What the limits of the library leave to be judged.
    fn check(&self, request: &SessionRequest) -> Result<(), (Accept, Refusal)> {
        let no = |accept| Err((accept, Refusal::Request));
        let ahead = request.start.nanos_since(self.clocks().wall());
        let twice = |session: &Session| session.sid() == request.sid;
        match request.direction {
            _ if !request.is_plain_dscp() => no(Accept::NotSupported),
            Direction::TwoWay => Ok(()),
            _ if ahead > AHEAD_NANOS => no(Accept::PermanentLimit),
            // Nobody can have packets sent to somebody else.
            Direction::FromServer if !self.is_peer(request.receiver) || request.receiver_port == 0 => {
                no(Accept::NotSupported)
            }
            Direction::FromServer if self.sessions.iter().any(twice) => no(Accept::Failure),
            Direction::FromServer | Direction::ToServer => Ok(()),
        }
    }

    fn is_peer(&self, address: IpAddr) -> bool {
        address.is_unspecified() || address.to_canonical() == self.peer.ip()
    }

    /// The client's end of a session: the address is that of the control connection. A client that names another one is
    /// behind a translator of addresses, and its port is not the one it thinks it has.
    fn peer_of(&self, request: &SessionRequest) -> SocketAddr {
        let mut peer = self.peer;
        peer.set_port(match request.direction {
            Direction::FromServer => request.receiver_port,
            _ if self.is_peer(request.sender) => request.sender_port,
            _ => 0,
        });
        peer
    }

    fn accept(&mut self, now: Duration, prepared: Prepared) -> io::Result<()> {
        let Prepared {
            mut request,
            socket,
            port,
            peer,
            booking,
        } = prepared;
        let server = &mut self.connection.server;
        server.accept(now, port, request.sid).map_err(io::Error::other)?;
        if let Some(agreed) = server.sessions().iter().find(|agreed| agreed.sid == request.sid) {
            request = agreed.clone();
        }
        let protection = server.test_protection(request.sid);
        let accepted = Accepted {
            request,
            socket,
            peer,
            protection,
            booking,
        };
        let common = &self.connection.common;
        let limits = common.settings.limits.of_a_reflector();
        self.sessions.push(Session::new(accepted, limits, &common.clocks));
        common.tally.session(self.connection.protocol);
        Ok(())
    }

    /// OWAMP's server stops by itself when all sessions are over; the client then fetches. A client that neither stops nor asks
    /// for anything any more is not waited for without end.
    fn stop_when_done(&mut self, now: Duration) {
        if !self.started || self.stopped || !self.sessions.iter().all(|session| session.is_done(now)) {
            return;
        }
        self.stop_sending(now);
        self.connection.server.wait_for_client(now);
    }

    fn stop_sending(&mut self, now: Duration) {
        self.stopped = true;
        let sent: Vec<_> = self
            .sessions
            .iter_mut()
            .filter_map(Session::stop_sending)
            .collect();
        if self.connection.protocol == Protocol::Owamp {
            // It cannot be the wrong moment, and the sessions are those that were agreed.
            let _ = self.connection.server.stop(now, Accept::Ok, sent);
        }
    }

    fn handle_stopped(&mut self, now: Duration, sent: &[SentSession]) {
        if !self.stopped {
            self.stop_sending(now);
        }
        for session in &mut self.sessions {
            session.handle_stop(sent, AFTERWARDS, &self.connection.common.clocks);
        }
    }

    fn answer_fetch(&mut self, now: Duration, fetch: &FetchSession) {
        let session = self.sessions.iter().find(|session| session.sid() == fetch.sid);
        let fetched = session.and_then(|session| session.fetch(fetch));
        let answer = fetched.as_ref().ok_or(Accept::Failure);
        // More holes than a message may have: the client is told that it cannot be had.
        if self.connection.server.answer_fetch(now, answer).is_err() {
            let _ = self
                .connection
                .server
                .answer_fetch(now, Err(Accept::InternalError));
        }
    }

    fn note_end(&self, error: &ControlError) {
        match error {
            ControlError::NotAuthenticated | ControlError::BadHmac { .. } => {
                self.count_refused(Refusal::Key);
            }
            ControlError::Wire(_)
            | ControlError::Unexpected { .. }
            | ControlError::BadChoice { .. }
            | ControlError::TooMuchPending { .. } => self.count_refused(Refusal::Garbage),
            _ => {}
        }
        tracing::debug!(client = %self.peer.ip(), %error, "control connection ended");
    }

    fn count_refused(&self, reason: Refusal) {
        let connection = &self.connection;
        connection.common.tally.refused(connection.protocol, reason);
    }
}

/// A session that can be accepted.
struct Prepared {
    request: SessionRequest,
    socket: crate::latency::sessions::TestSocket,
    port: u16,
    peer: SocketAddr,
    booking: super::clients::Booking,
}

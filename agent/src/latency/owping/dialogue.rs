//! The client's end of a control connection.

use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use wattle_oneway::control::ClientConfig;
use wattle_oneway::control::ClientEvent;
use wattle_oneway::control::ControlClient;
use wattle_oneway::control::Modes;
use wattle_oneway::control::PassPhrase;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::SessionRequest;

use super::Options;
use super::PingError;
use super::options::Spoken;
use crate::latency::sessions::Clocks;
use crate::latency::sessions::ControlLink;
use crate::latency::sessions::Interrupt;
use crate::latency::sessions::entropy;
use crate::latency::sessions::wait;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWERING: Duration = Duration::from_secs(15);

/// What every run is given.
pub(super) struct Means<'m> {
    pub(super) options: &'m Options,
    pub(super) clocks: &'m Clocks,
    pub(super) interrupt: &'m Interrupt,
}

/// A control connection over which commands can be given.
pub(super) struct Dialogue<'m> {
    means: &'m Means<'m>,
    link: ControlLink,
    pub(super) client: ControlClient,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    /// How long connecting took: about a round trip.
    pub(super) connecting: Duration,
}

impl<'m> Dialogue<'m> {
    /// Connects, and agrees on a mode.
    pub(super) fn open(
        means: &'m Means<'m>,
        protocol: Protocol,
        remote: SocketAddr,
    ) -> Result<Self, PingError> {
        let connect = |error| PingError::Connect {
            address: remote,
            protocol: Spoken::Arranged(protocol).name(),
            error,
        };
        let begins = means.clocks.moment();
        let stream = TcpStream::connect_timeout(&remote, CONNECTING).map_err(connect)?;
        let now = means.clocks.moment();
        let link = ControlLink::new(stream)?;
        let mut dialogue = Self {
            local: link.local()?,
            link,
            client: ControlClient::new(now, config(means.options, protocol)?, entropy()?),
            remote,
            connecting: now.saturating_sub(begins),
            means,
        };
        dialogue.expect(|event| matches!(event, ClientEvent::Ready { .. }))?;
        Ok(dialogue)
    }

    /// Asks for a session.
    pub(super) fn request(
        &mut self,
        request: SessionRequest,
        way: &'static str,
    ) -> Result<SessionRequest, PingError> {
        self.client.request(self.means.clocks.moment(), request)?;
        match self.expect(|event| matches!(event, ClientEvent::Accepted(_) | ClientEvent::Refused(..)))? {
            ClientEvent::Accepted(session) => Ok(session),
            ClientEvent::Refused(_, accept) => Err(PingError::Refused {
                address: self.remote,
                way,
                accept,
            }),
            _ => Err(PingError::Interrupted),
        }
    }

    /// Starts the sessions.
    pub(super) fn start(&mut self) -> Result<(), PingError> {
        self.client.start(self.means.clocks.moment())?;
        match self.expect(|event| matches!(event, ClientEvent::Started | ClientEvent::NotStarted(_)))? {
            ClientEvent::NotStarted(accept) => Err(PingError::NotStarted {
                address: self.remote,
                accept,
            }),
            _ => Ok(()),
        }
    }

    /// Waits for an event; others are passed over.
    pub(super) fn expect(
        &mut self,
        is_wanted: impl Fn(&ClientEvent) -> bool,
    ) -> Result<ClientEvent, PingError> {
        loop {
            while let Some(event) = self.turn()? {
                if is_wanted(&event) {
                    return Ok(event);
                }
            }
            let now = self.means.clocks.moment();
            let at_most = self.due().map(|due| due.saturating_sub(now));
            wait(
                &[self.descriptor(), (self.means.interrupt.as_fd(), false)],
                at_most,
            )?;
            if self.means.interrupt.has_come() {
                return Err(PingError::Interrupted);
            }
        }
    }

    /// Does what can be done on the connection; something that happened, if there is something.
    pub(super) fn turn(&mut self) -> Result<Option<ClientEvent>, PingError> {
        let now = self.means.clocks.moment();
        match self.link.read()? {
            None => {}
            Some([]) => self.client.handle_closed(),
            Some(octets) => self.client.handle_bytes(now, octets),
        }
        self.client.handle_timeout(now);
        while let Some(message) = self.client.poll_transmit() {
            self.link.queue(message);
        }
        self.link.write()?;
        match self.client.poll_event() {
            Some(ClientEvent::Closed(error)) => Err(PingError::Control {
                address: self.remote,
                error,
            }),
            event => Ok(event),
        }
    }

    /// When it has to have its turn, if nothing comes.
    pub(super) fn due(&self) -> Option<Duration> {
        self.client.poll_timeout()
    }

    /// To be waited for.
    pub(super) fn descriptor(&self) -> (BorrowedFd<'_>, bool) {
        (self.link.as_fd(), self.link.is_behind())
    }
}

fn config(options: &Options, protocol: Protocol) -> Result<ClientConfig, PingError> {
    let mut config = ClientConfig::open(protocol);
    config.security = options.security;
    config.answer_wait = ANSWERING;
    config.features = match protocol {
        Protocol::Owamp => Modes::NONE,
        Protocol::Twamp => Modes::SYMMETRICAL_SIZE,
    };
    if options.security.protects_control() {
        let missing = || PingError::Usage("this mode needs --key-id and --pass-phrase-file".to_owned());
        let (id, secret) = options.credentials.clone().ok_or_else(missing)?;
        config.credentials = Some((id, PassPhrase::new(secret)));
    }
    Ok(config)
}

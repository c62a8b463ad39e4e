//! The server's end.

mod commands;
mod config;
mod event;
mod requests;
mod set_up;

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;

use crate::Timestamp;
use crate::control::ControlError;
use crate::control::KeyId;
use crate::control::Modes;
use crate::control::SessionRequest;
use crate::control::SetUpResponse;
use crate::control::Sid;
use crate::control::TestProtection;
use crate::control::keys::SessionKeys;
use crate::control::keys::halves;
use crate::control::stream::Stream;

pub use config::ServerConfig;
pub use event::ServerEvent;

/// Octets that a client may send ahead of the answers due to it.
const MOST_PENDING: usize = 64 << 10;

/// The server's end of a control connection. See [the module](crate::control) for how to drive it.
pub struct ControlServer {
    config: ServerConfig,
    challenge: [u8; 16],
    salt: [u8; 16],
    iv: [u8; 16],
    start_time: Timestamp,
    stream: Stream,
    state: State,
    keys: Option<SessionKeys>,
    key_id: Option<KeyId>,
    modes: Modes,
    sessions: Vec<SessionRequest>,
    deadline: Option<Duration>,
    events: VecDeque<ServerEvent>,
}

enum State {
    SetUp,
    Idle,
    Deciding(SessionRequest),
    Testing { stopped: bool, peer_stopped: bool },
    Fetching,
    Closed,
}

impl ControlServer {
    /// A server whose TCP connection has just come in. `start_time` is when the server began to run; `entropy` is octets
    /// that nobody can guess, new for each connection.
    pub fn new(now: Duration, start_time: Timestamp, config: ServerConfig, entropy: [u8; 48]) -> Self {
        let (challenge, rest) = halves::<16, 32>(&entropy);
        let (salt, iv) = halves(&rest);
        let mut server = Self {
            deadline: now.checked_add(config.set_up_wait),
            challenge,
            salt,
            iv,
            start_time,
            stream: Stream::default(),
            state: State::SetUp,
            keys: None,
            key_id: None,
            modes: Modes::NONE,
            sessions: Vec::new(),
            events: VecDeque::new(),
            config,
        };
        server.greet();
        server
    }

    /// What was agreed; no mode before [`ServerEvent::Connected`].
    pub const fn modes(&self) -> Modes {
        self.modes
    }

    /// Whether the connection is over.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// The sessions that were accepted, until they are stopped.
    pub fn sessions(&self) -> &[SessionRequest] {
        &self.sessions
    }

    /// How the packets of a session are protected.
    pub fn test_protection(&self, sid: Sid) -> TestProtection {
        TestProtection::of(self.modes, self.keys.as_ref(), sid)
    }

    /// Octets came in.
    pub fn handle_bytes(&mut self, now: Duration, octets: &[u8]) {
        if !self.is_closed() {
            self.stream.receive(octets);
            self.go_on(now);
        }
    }

    /// The peer closed the connection, or it broke.
    pub fn handle_closed(&mut self) {
        self.fail(ControlError::ClosedByPeer);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.fail(ControlError::TimedOut);
        }
    }

    /// Ends the connection. Nothing more happens on it.
    pub fn close(&mut self) {
        self.state = State::Closed;
        self.deadline = None;
    }

    /// The next message to write.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.stream.transmit()
    }

    /// When to call [`Self::handle_timeout`], if nothing happens before.
    pub const fn poll_timeout(&self) -> Option<Duration> {
        self.deadline
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    /// Works off the messages that are complete, up to one that the shell has to answer.
    fn go_on(&mut self, now: Duration) {
        loop {
            match self.step(now) {
                Ok(true) => (),
                Ok(false) => return,
                Err(error) => return self.fail(error),
            }
        }
    }

    /// Takes one message, if one is complete and it is its turn; says whether there may be more.
    fn step(&mut self, now: Duration) -> Result<bool, ControlError> {
        match self.state {
            State::Closed => Ok(false),
            State::SetUp => {
                let Some(message) = self.stream.take(SetUpResponse::SIZE) else {
                    return Ok(false);
                };
                self.handle_set_up(now, &message)?;
                Ok(true)
            }
            State::Idle
            | State::Testing {
                peer_stopped: false, ..
            } => self.handle_command(now),
            State::Deciding(_) | State::Fetching | State::Testing { .. } => {
                let octets = self.stream.waiting();
                if octets > MOST_PENDING {
                    return Err(ControlError::TooMuchPending { octets });
                }
                Ok(false)
            }
        }
    }

    fn fail(&mut self, error: ControlError) {
        if !self.is_closed() {
            self.close();
            self.events.push_back(ServerEvent::Closed(error));
        }
    }
}

impl fmt::Debug for ControlServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlServer")
            .field("protocol", &self.config.protocol)
            .field("modes", &self.modes)
            .field("key_id", &self.key_id)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

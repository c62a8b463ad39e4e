//! The client's end.

mod answers;
mod commands;
mod config;
mod event;
mod set_up;

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;

use crate::control::AcceptSession;
use crate::control::ControlError;
use crate::control::FetchAck;
use crate::control::FetchedSession;
use crate::control::Modes;
use crate::control::Protocol;
use crate::control::ServerGreeting;
use crate::control::ServerStart;
use crate::control::SessionRequest;
use crate::control::Sid;
use crate::control::StartAck;
use crate::control::StopSessions;
use crate::control::TestProtection;
use crate::control::keys::SessionKeys;
use crate::control::stream::Stream;

pub use config::ClientConfig;
pub use event::ClientEvent;

/// The client's end of a control connection. See [the module](crate::control) for how to drive it.
pub struct ControlClient {
    config: ClientConfig,
    entropy: [u8; 64],
    stream: Stream,
    state: State,
    keys: Option<SessionKeys>,
    modes: Modes,
    sessions: Vec<SessionRequest>,
    deadline: Option<Duration>,
    events: VecDeque<ClientEvent>,
}

enum State {
    Greeting,
    ServerStart,
    ServerStartTail,
    Idle,
    Accepting(SessionRequest),
    Starting,
    Testing { stopped: bool, peer_stopped: bool },
    FetchAck,
    FetchData(FetchAck),
    Closed,
}

impl ControlClient {
    /// A client whose TCP connection has just been made. `entropy` is octets that nobody can guess: keys come from them.
    pub fn new(now: Duration, config: ClientConfig, entropy: [u8; 64]) -> Self {
        Self {
            deadline: now.checked_add(config.answer_wait),
            config,
            entropy,
            stream: Stream::default(),
            state: State::Greeting,
            keys: None,
            modes: Modes::NONE,
            sessions: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// What was agreed; no mode before [`ClientEvent::Ready`].
    pub const fn modes(&self) -> Modes {
        self.modes
    }

    /// Whether a command may be given now.
    pub const fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
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
        if self.is_closed() {
            return;
        }
        self.stream.receive(octets);
        if matches!(self.state, State::FetchData(_)) {
            self.expect_answer(now);
        }
        loop {
            match self.step(now) {
                Ok(true) => (),
                Ok(false) => return,
                Err(error) => return self.fail(error),
            }
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
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        self.events.pop_front()
    }

    /// Takes one message, if one is complete; says whether there may be more.
    fn step(&mut self, now: Duration) -> Result<bool, ControlError> {
        let size = match &self.state {
            State::Greeting => ServerGreeting::SIZE,
            State::ServerStart => ServerStart::IN_THE_CLEAR,
            State::ServerStartTail => ServerStart::SIZE - ServerStart::IN_THE_CLEAR,
            State::Accepting(_) => AcceptSession::SIZE,
            State::Starting => StartAck::SIZE,
            State::FetchAck => FetchAck::SIZE,
            State::FetchData(_) if self.stream.clear().len() < 16 => return Ok(false),
            State::FetchData(ack) => {
                FetchedSession::size(ack, self.stream.clear(), self.config.most_records)?
            }
            State::Testing {
                peer_stopped: false, ..
            } if self.config.protocol == Protocol::Owamp => match StopSessions::size(self.stream.clear())? {
                Some(size) => size,
                None => return Ok(false),
            },
            State::Closed => return Ok(false),
            State::Idle | State::Testing { .. } if self.stream.waiting() == 0 => return Ok(false),
            State::Idle | State::Testing { .. } => return Err(ControlError::Unexpected { what: "octets" }),
        };
        let Some(message) = self.stream.take(size) else {
            return Ok(false);
        };
        self.deadline = None;
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Greeting => self.handle_greeting(now, &message),
            State::ServerStart => self.handle_server_start(now, &message),
            State::ServerStartTail => {
                self.handle_server_start_tail(&message);
                Ok(())
            }
            State::Accepting(request) => self.handle_accept(request, &message),
            State::Starting => self.handle_start_ack(&message),
            State::FetchAck => self.handle_fetch_ack(now, &message),
            State::FetchData(ack) => self.handle_fetch_data(&ack, &message),
            State::Testing { stopped, .. } => self.handle_stop(stopped, &message),
            State::Idle | State::Closed => Ok(()),
        }?;
        Ok(true)
    }

    fn end_test(&mut self) {
        self.sessions.clear();
        self.state = State::Idle;
        self.deadline = None;
    }

    fn expect_answer(&mut self, now: Duration) {
        self.deadline = now.checked_add(self.config.answer_wait);
    }

    fn fail(&mut self, error: ControlError) {
        if !self.is_closed() {
            self.close();
            self.events.push_back(ClientEvent::Closed(error));
        }
    }
}

impl fmt::Debug for ControlClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlClient")
            .field("config", &self.config)
            .field("modes", &self.modes)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

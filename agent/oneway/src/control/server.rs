use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use super::Accept;
use super::AcceptSession;
use super::Asked;
use super::CommandError;
use super::ControlError;
use super::Direction;
use super::FetchAck;
use super::FetchSession;
use super::FetchedSession;
use super::KeyId;
use super::KeyStore;
use super::Modes;
use super::PassPhrase;
use super::Policy;
use super::Protocol;
use super::Security;
use super::SentSession;
use super::ServerGreeting;
use super::ServerStart;
use super::SessionRequest;
use super::SetUpResponse;
use super::Sid;
use super::StartAck;
use super::StartSessions;
use super::StopSessions;
use super::StopTwoWay;
use super::TestProtection;
use super::channel::Channel;
use super::channel::MAC;
use super::client::halves;
use super::client::names_exactly;
use super::keys::SessionKeys;
use super::stream::Stream;
use crate::Timestamp;

/// Octets that a client may send ahead of the answers due to it.
const MOST_PENDING: usize = 64 << 10;
/// A command's kind and count stand in its first block.
const FIRST_BLOCK: usize = 16;

/// What a server does, for all of its connections.
#[derive(Clone)]
pub struct ServerConfig {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// What is offered. [`Modes::NONE`] sends clients away.
    pub modes: Modes,
    /// Rounds of key derivation: a power of two, at least 1024.
    pub rounds: NonZeroU32,
    /// How long a client may take to answer the greeting.
    pub set_up_wait: Duration,
    /// How long a client may be silent when no test is going on (RFC 5357's SERVWAIT).
    pub serv_wait: Duration,
    /// Where pass-phrases are looked up.
    pub keys: Arc<dyn KeyStore>,
    /// What is allowed.
    pub policy: Arc<dyn Policy>,
}

/// What happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The client has chosen a mode, and proved to know its key.
    Connected {
        /// What was agreed.
        modes: Modes,
        /// Whose key.
        key_id: Option<KeyId>,
    },
    /// A session is asked for that the policy allows. Answer with [`ControlServer::accept`] or [`ControlServer::refuse`].
    Requested(SessionRequest),
    /// The policy refused a session.
    Refused(SessionRequest, Accept),
    /// All accepted sessions begin: test packets may fly.
    Started,
    /// The client stops. In OWAMP, what it says about the sessions it was sending; this side has to answer with
    /// [`ControlServer::stop`] if it has not stopped yet.
    Stopped(Accept, Vec<SentSession>),
    /// Records are asked for. Answer with [`ControlServer::answer_fetch`].
    FetchRequested(FetchSession),
    /// The connection is over, and so are its sessions.
    Closed(ControlError),
}

/// The server's end of a control connection. See [the module](super) for how to drive it.
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

impl ServerConfig {
    /// A server that offers all that its protocol has, and waits as long as the documents say.
    pub fn new(protocol: Protocol, keys: Arc<dyn KeyStore>, policy: Arc<dyn Policy>) -> Self {
        let modes = Modes::OPEN.with(Modes::AUTHENTICATED).with(Modes::ENCRYPTED);
        Self {
            protocol,
            modes: match protocol {
                Protocol::Owamp => modes,
                Protocol::Twamp => modes.with(Modes::MIXED).with(Modes::SYMMETRICAL_SIZE),
            },
            rounds: const { NonZeroU32::new(2048).expect("not zero") },
            set_up_wait: Duration::from_secs(60),
            serv_wait: Duration::from_secs(900),
            keys,
            policy,
        }
    }
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

    /// Accepts the session asked for: this side has bound `port` for it. `sid` is the session's new name; a session that
    /// this side sends keeps the name that the client gave it.
    ///
    /// # Errors
    ///
    /// If no session is asked for.
    pub fn accept(&mut self, now: Duration, port: u16, sid: Sid) -> Result<(), CommandError> {
        let mut request = self.take_request()?;
        if request.direction == Direction::FromServer {
            request.sender_port = port;
        } else {
            request.receiver_port = port;
            request.sid = sid;
        }
        self.answer_request(Accept::Ok, port, request.sid);
        self.sessions.push(request);
        self.idle(now);
        Ok(())
    }

    /// Refuses the session asked for.
    ///
    /// # Errors
    ///
    /// If no session is asked for.
    pub fn refuse(&mut self, now: Duration, accept: Accept) -> Result<(), CommandError> {
        self.take_request()?;
        self.answer_request(accept, 0, Sid::default());
        self.idle(now);
        Ok(())
    }

    /// Says that no more test packets will be sent, and what was (OWAMP only): `sent` names exactly the sessions that come
    /// from the server.
    ///
    /// # Errors
    ///
    /// If no test is going on or it was stopped already, or `sent` names other sessions.
    pub fn stop(
        &mut self,
        now: Duration,
        accept: Accept,
        sent: Vec<SentSession>,
    ) -> Result<(), CommandError> {
        if self.config.protocol == Protocol::Twamp {
            return Err(CommandError::NotInThisProtocol);
        }
        let State::Testing {
            stopped: false,
            peer_stopped,
        } = self.state
        else {
            return Err(CommandError::NotNow);
        };
        if !names_exactly(&sent, &self.sessions, Direction::FromServer) {
            return Err(CommandError::SessionsNotAccounted);
        }
        let message = StopSessions { accept, sent }.encode()?;
        let section = message.len() - MAC;
        self.stream.send(message, &[section]);
        self.state = State::Testing {
            stopped: true,
            peer_stopped,
        };
        self.wait_for_client(now);
        if peer_stopped {
            self.sessions.clear();
            self.idle(now);
        }
        Ok(())
    }

    /// Gives the records asked for, or a reason why not.
    ///
    /// # Errors
    ///
    /// If none are asked for, or a message cannot hold them.
    pub fn answer_fetch(
        &mut self,
        now: Duration,
        answer: Result<&FetchedSession, Accept>,
    ) -> Result<(), CommandError> {
        let State::Fetching = self.state else {
            return Err(CommandError::NotNow);
        };
        let mut sections = vec![FetchAck::SIZE - MAC];
        let message = match answer {
            Err(accept) => FetchAck::refusal(accept).encode(),
            Ok(session) => {
                let data = session.encode()?;
                let ack = session.ack();
                sections.extend(ack.data_sections(SessionRequest::size(&data)?));
                let mut message = ack.encode();
                message.extend(data);
                message
            }
        };
        self.stream.send(message, &sections);
        self.idle(now);
        Ok(())
    }

    /// All sessions have ended by themselves, and the client has not said so: it may be gone. From now on it may be silent
    /// only as long as between tests.
    pub fn wait_for_client(&mut self, now: Duration) {
        if !self.is_closed() {
            self.deadline = now.checked_add(self.config.serv_wait);
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

    fn greet(&mut self) {
        let greeting = ServerGreeting {
            modes: self.config.modes,
            challenge: self.challenge,
            salt: self.salt,
            count: self.config.rounds.get(),
        };
        self.stream.send(greeting.encode(), &[]);
        if !self.config.modes.offers_any() {
            self.fail(ControlError::Unwilling);
        }
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

    fn handle_set_up(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
        let response = SetUpResponse::decode(message)?;
        let chosen = response.mode;
        let offered = self.config.modes.contains(chosen);
        let Some(security) = chosen.security().filter(|_| offered) else {
            self.send_start(Accept::NotSupported, [0; 16]);
            return Err(ControlError::BadChoice { chosen });
        };
        if security.protects_control() {
            self.admit(&response)?;
        } else {
            self.send_start(Accept::Ok, [0; 16]);
        }
        self.modes = chosen;
        self.events.push_back(ServerEvent::Connected {
            modes: chosen,
            key_id: self.key_id,
        });
        self.state = State::Idle;
        self.wait_for_client(now);
        Ok(())
    }

    /// Checks the client's proof and turns encryption on. An unknown name takes as long as a wrong pass-phrase.
    fn admit(&mut self, response: &SetUpResponse) -> Result<(), ControlError> {
        let nobody = PassPhrase::new([]);
        let known = self.config.keys.pass_phrase(&response.key_id);
        let key = known.unwrap_or(&nobody).derive(&self.salt, self.config.rounds);
        let keys = key
            .open(&self.challenge, response.token)
            .filter(|_| known.is_some());
        let Some(keys) = keys else {
            self.send_start(Accept::Failure, [0; 16]);
            return Err(ControlError::NotAuthenticated);
        };
        self.stream.protect_outbound(Channel::protected(&keys, self.iv));
        self.send_start(Accept::Ok, self.iv);
        self.stream
            .protect_inbound(Channel::protected(&keys, response.iv));
        self.keys = Some(keys);
        self.key_id = Some(response.key_id);
        Ok(())
    }

    fn send_start(&mut self, accept: Accept, iv: [u8; 16]) {
        let start_time = if accept.is_ok() {
            self.start_time
        } else {
            Timestamp::default()
        };
        let start = ServerStart {
            accept,
            iv,
            start_time,
        };
        self.stream
            .send_unsigned(start.encode(), ServerStart::IN_THE_CLEAR);
    }

    fn handle_command(&mut self, now: Duration) -> Result<bool, ControlError> {
        let clear = self.stream.clear();
        let Some(command) = clear.first().copied().filter(|_| clear.len() >= FIRST_BLOCK) else {
            return Ok(false);
        };
        let testing = matches!(self.state, State::Testing { .. });
        let (size, name) = match (self.config.protocol, command) {
            (_, StopSessions::COMMAND) if !testing => return Err(unexpected("Stop-Sessions")),
            (Protocol::Owamp, StopSessions::COMMAND) => (StopSessions::size(clear)?, "Stop-Sessions"),
            (Protocol::Twamp, StopSessions::COMMAND) => (Some(StopTwoWay::SIZE), "Stop-Sessions"),
            _ if testing => return Err(unexpected("a command other than Stop-Sessions during a test")),
            (Protocol::Owamp, SessionRequest::COMMAND) => {
                (Some(SessionRequest::size(clear)?), "Request-Session")
            }
            (Protocol::Twamp, SessionRequest::TWO_WAY_COMMAND) => {
                (Some(SessionRequest::HEADER), "Request-TW-Session")
            }
            (_, StartSessions::COMMAND) => (Some(StartSessions::SIZE), "Start-Sessions"),
            (Protocol::Owamp, FetchSession::COMMAND) => (Some(FetchSession::SIZE), "Fetch-Session"),
            _ => return Err(unexpected("a command that this protocol does not have")),
        };
        let Some(message) = size.and_then(|size| self.stream.take(size)) else {
            return Ok(false);
        };
        let sections = match command {
            SessionRequest::COMMAND | SessionRequest::TWO_WAY_COMMAND => {
                SessionRequest::sections(message.len())
            }
            _ => vec![message.len() - MAC],
        };
        if !self.stream.verify(&message, &sections) {
            return Err(ControlError::BadHmac { message: name });
        }
        self.wait_for_client(now);
        match command {
            StopSessions::COMMAND => self.handle_stop(now, &message)?,
            StartSessions::COMMAND => self.handle_start(&message)?,
            FetchSession::COMMAND => self.handle_fetch(&message)?,
            _ => self.handle_request(&message),
        }
        Ok(true)
    }

    fn handle_request(&mut self, message: &[u8]) {
        let Ok(request) = SessionRequest::decode(message) else {
            return self.answer_request(Accept::NotSupported, 0, Sid::default());
        };
        let accept = self.judge(&request);
        if accept.is_ok() {
            self.deadline = None;
            self.state = State::Deciding(request.clone());
            self.events.push_back(ServerEvent::Requested(request));
        } else {
            self.answer_request(accept, 0, Sid::default());
            self.events.push_back(ServerEvent::Refused(request, accept));
        }
    }

    /// A session that the client receives needs a name of its own; the rest is for the policy to say.
    fn judge(&self, request: &SessionRequest) -> Accept {
        let taken = self.sessions.iter().any(|session| session.sid == request.sid);
        if request.direction == Direction::FromServer && (request.sid.is_unset() || taken) {
            return Accept::NotSupported;
        }
        self.config.policy.decide(&Asked {
            request,
            key_id: self.key_id.as_ref(),
            security: self.modes.security().unwrap_or(Security::Open),
            sessions: self.sessions.len(),
        })
    }

    fn answer_request(&mut self, accept: Accept, port: u16, sid: Sid) {
        let answer = AcceptSession { accept, port, sid };
        self.stream.send(answer.encode(), &[AcceptSession::SIZE - MAC]);
    }

    fn handle_start(&mut self, message: &[u8]) -> Result<(), ControlError> {
        StartSessions::decode(message)?;
        let accept = if self.sessions.is_empty() {
            Accept::Failure
        } else {
            Accept::Ok
        };
        self.stream
            .send(StartAck { accept }.encode(), &[StartAck::SIZE - MAC]);
        if accept.is_ok() {
            self.state = State::Testing {
                stopped: false,
                peer_stopped: false,
            };
            self.deadline = None;
            self.events.push_back(ServerEvent::Started);
        }
        Ok(())
    }

    fn handle_stop(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
        let State::Testing { stopped, .. } = self.state else {
            return Err(unexpected("Stop-Sessions"));
        };
        let (accept, sent) = match self.config.protocol {
            Protocol::Twamp => (StopTwoWay::decode(message)?.accept, Vec::new()),
            Protocol::Owamp => {
                let stop = StopSessions::decode(message)?;
                if !names_exactly(&stop.sent, &self.sessions, Direction::ToServer) {
                    return Err(ControlError::SessionsNotAccounted);
                }
                (stop.accept, stop.sent)
            }
        };
        self.events.push_back(ServerEvent::Stopped(accept, sent));
        if stopped || self.config.protocol == Protocol::Twamp {
            self.sessions.clear();
            self.state = State::Idle;
            self.wait_for_client(now);
        } else {
            self.deadline = None;
            self.state = State::Testing {
                stopped,
                peer_stopped: true,
            };
        }
        Ok(())
    }

    fn handle_fetch(&mut self, message: &[u8]) -> Result<(), ControlError> {
        let fetch = FetchSession::decode(message)?;
        self.deadline = None;
        self.state = State::Fetching;
        self.events.push_back(ServerEvent::FetchRequested(fetch));
        Ok(())
    }

    fn take_request(&mut self) -> Result<SessionRequest, CommandError> {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Deciding(request) => Ok(request),
            other => {
                self.state = other;
                Err(CommandError::NotNow)
            }
        }
    }

    /// Goes back to waiting for commands, some of which may be here already.
    fn idle(&mut self, now: Duration) {
        self.state = State::Idle;
        self.wait_for_client(now);
        self.go_on(now);
    }

    fn fail(&mut self, error: ControlError) {
        if !self.is_closed() {
            self.close();
            self.events.push_back(ServerEvent::Closed(error));
        }
    }
}

const fn unexpected(what: &'static str) -> ControlError {
    ControlError::Unexpected { what }
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

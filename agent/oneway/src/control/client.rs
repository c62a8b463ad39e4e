use core::fmt;
use core::num::NonZeroU32;
use core::time::Duration;
use std::collections::VecDeque;

use super::Accept;
use super::AcceptSession;
use super::CommandError;
use super::ControlError;
use super::Direction;
use super::FetchAck;
use super::FetchSession;
use super::FetchedSession;
use super::KeyId;
use super::Modes;
use super::PassPhrase;
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
use super::keys::SessionKeys;
use super::stream::Stream;
use crate::Timestamp;

/// The fewest rounds of key derivation that RFC 4656 section 3.1 allows.
const LEAST_ROUNDS: u32 = 1024;

/// What a client is to do.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The protection wished for; without it the client does not go on.
    pub security: Security,
    /// Whose secret, and the secret: needed for every protection.
    pub credentials: Option<(KeyId, PassPhrase)>,
    /// Features that are used where the server offers them: [`Modes::SYMMETRICAL_SIZE`], [`Modes::PTP_TIMESTAMPS`].
    pub features: Modes,
    /// Most rounds of key derivation that are done because a server wants them.
    pub most_rounds: u32,
    /// How long an answer may take.
    pub answer_wait: Duration,
    /// Most records of a fetch that are taken, 25 octets each.
    pub most_records: u32,
}

/// What happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The server takes commands.
    Ready {
        /// What was agreed.
        modes: Modes,
        /// When the server began to run.
        start_time: Timestamp,
    },
    /// A session was accepted: as it was asked for, with the server's port and, unless this side receives, its name.
    Accepted(SessionRequest),
    /// A session was refused.
    Refused(SessionRequest, Accept),
    /// Test packets may fly.
    Started,
    /// The server does not start the sessions.
    NotStarted(Accept),
    /// The server sends no more test packets, and tells what it sent (OWAMP only).
    Stopped(StopSessions),
    /// The records asked for.
    Fetched(Box<FetchedSession>),
    /// The server does not give the records.
    NotFetched(Accept),
    /// The connection is over.
    Closed(ControlError),
}

/// The client's end of a control connection. See [the module](super) for how to drive it.
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
    ServerStartTail(ServerStart),
    Idle,
    Accepting(SessionRequest),
    Starting,
    Testing { stopped: bool, peer_stopped: bool },
    FetchAck,
    FetchData(FetchAck),
    Closed,
}

impl ClientConfig {
    /// A client without any protection.
    pub const fn open(protocol: Protocol) -> Self {
        Self {
            protocol,
            security: Security::Open,
            credentials: None,
            features: Modes::NONE,
            most_rounds: 1 << 17,
            answer_wait: Duration::from_secs(60),
            most_records: 1 << 22,
        }
    }

    /// A client that proves that it knows a secret.
    pub fn protected(protocol: Protocol, security: Security, id: KeyId, secret: PassPhrase) -> Self {
        Self {
            security,
            credentials: Some((id, secret)),
            ..Self::open(protocol)
        }
    }
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

    /// Asks for a session. The answer is [`ClientEvent::Accepted`] or [`ClientEvent::Refused`].
    ///
    /// # Errors
    ///
    /// If another answer is due, the direction is not this protocol's, or there are too many slots.
    pub fn request(&mut self, now: Duration, request: SessionRequest) -> Result<(), CommandError> {
        self.check_idle()?;
        if (request.direction == Direction::TwoWay) != (self.config.protocol == Protocol::Twamp) {
            return Err(CommandError::NotInThisProtocol);
        }
        let message = request.encode()?;
        let sections = SessionRequest::sections(message.len());
        self.stream.send(message, &sections);
        self.state = State::Accepting(request);
        self.expect_answer(now);
        Ok(())
    }

    /// Starts all sessions that were accepted. The answer is [`ClientEvent::Started`] or [`ClientEvent::NotStarted`].
    ///
    /// # Errors
    ///
    /// If another answer is due.
    pub fn start(&mut self, now: Duration) -> Result<(), CommandError> {
        self.check_idle()?;
        self.stream
            .send(StartSessions.encode(), &[StartSessions::SIZE - MAC]);
        self.state = State::Starting;
        self.expect_answer(now);
        Ok(())
    }

    /// Says that no more test packets will be sent, and in OWAMP what was: `sent` names exactly the sessions that go to
    /// the server. OWAMP's server says the same with [`ClientEvent::Stopped`], before or after; TWAMP's says nothing.
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
        let State::Testing {
            stopped: false,
            peer_stopped,
        } = self.state
        else {
            return Err(CommandError::NotNow);
        };
        if self.config.protocol == Protocol::Twamp {
            let sessions = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
            self.stream.send(
                StopTwoWay { accept, sessions }.encode(),
                &[StopTwoWay::SIZE - MAC],
            );
            self.end_test();
            return Ok(());
        }
        if !names_exactly(&sent, &self.sessions, Direction::ToServer) {
            return Err(CommandError::SessionsNotAccounted);
        }
        let message = StopSessions { accept, sent }.encode()?;
        let section = message.len() - MAC;
        self.stream.send(message, &[section]);
        if peer_stopped {
            self.end_test();
        } else {
            self.state = State::Testing {
                stopped: true,
                peer_stopped,
            };
            self.expect_answer(now);
        }
        Ok(())
    }

    /// Asks for records (OWAMP only). The answer is [`ClientEvent::Fetched`] or [`ClientEvent::NotFetched`].
    ///
    /// # Errors
    ///
    /// If another answer is due, or a test is going on.
    pub fn fetch(&mut self, now: Duration, fetch: FetchSession) -> Result<(), CommandError> {
        self.check_idle()?;
        if self.config.protocol == Protocol::Twamp {
            return Err(CommandError::NotInThisProtocol);
        }
        self.stream.send(fetch.encode(), &[FetchSession::SIZE - MAC]);
        self.state = State::FetchAck;
        self.expect_answer(now);
        Ok(())
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
            State::ServerStartTail(_) => ServerStart::SIZE - ServerStart::IN_THE_CLEAR,
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
            State::ServerStartTail(start) => self.handle_server_start_tail(start, &message),
            State::Accepting(request) => self.handle_accept(request, &message),
            State::Starting => self.handle_start_ack(&message),
            State::FetchAck => self.handle_fetch_ack(now, &message),
            State::FetchData(ack) => self.handle_fetch_data(&ack, &message),
            State::Testing { stopped, .. } => self.handle_stop(stopped, &message),
            State::Idle | State::Closed => Ok(()),
        }?;
        Ok(true)
    }

    fn handle_greeting(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
        let greeting = ServerGreeting::decode(message)?;
        let security = self.config.security;
        if !greeting.modes.offers_any() {
            return Err(ControlError::Unwilling);
        }
        if !greeting.modes.contains(security.mode()) {
            return Err(ControlError::ModeNotOffered {
                offered: greeting.modes,
            });
        }
        self.modes = security.mode().with(self.config.features.common(greeting.modes));
        let response = if security.protects_control() {
            self.prove(&greeting)?
        } else {
            SetUpResponse {
                mode: self.modes,
                key_id: KeyId::from_bytes([0; 80]),
                token: [0; 64],
                iv: [0; 16],
            }
        };
        self.stream.send(response.encode(), &[]);
        if let Some(keys) = &self.keys {
            self.stream
                .protect_outbound(Channel::protected(keys, response.iv));
        }
        self.state = State::ServerStart;
        self.expect_answer(now);
        Ok(())
    }

    /// Makes up keys and seals them for the server.
    fn prove(&mut self, greeting: &ServerGreeting) -> Result<SetUpResponse, ControlError> {
        let (key_id, secret) = self.config.credentials.as_ref().ok_or(ControlError::NoKey)?;
        let most = self.config.most_rounds;
        let allowed = (LEAST_ROUNDS..=most).contains(&greeting.count);
        let count = NonZeroU32::new(greeting.count).filter(|_| allowed);
        let count = count.ok_or(ControlError::BadCount {
            count: greeting.count,
            least: LEAST_ROUNDS,
            most,
        })?;
        let (aes, rest) = halves::<16, 48>(&self.entropy);
        let (hmac, iv) = halves::<32, 16>(&rest);
        let keys = SessionKeys { aes, hmac };
        let token = secret
            .derive(&greeting.salt, count)
            .seal(&greeting.challenge, &keys);
        self.keys = Some(keys);
        Ok(SetUpResponse {
            mode: self.modes,
            key_id: *key_id,
            token,
            iv,
        })
    }

    fn handle_server_start(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
        let whole: Vec<u8> = message.iter().copied().chain([0; 16]).collect();
        let start = ServerStart::decode(&whole)?;
        if !start.accept.is_ok() {
            return Err(ControlError::Refused(start.accept));
        }
        if let Some(keys) = &self.keys {
            self.stream.protect_inbound(Channel::protected(keys, start.iv));
        }
        self.state = State::ServerStartTail(start);
        self.expect_answer(now);
        Ok(())
    }

    fn handle_server_start_tail(&mut self, start: ServerStart, message: &[u8]) -> Result<(), ControlError> {
        self.stream.note(message);
        let time = message.first_chunk().copied().unwrap_or_default();
        self.entropy = [0; 64];
        self.events.push_back(ClientEvent::Ready {
            modes: self.modes,
            start_time: Timestamp::from_bytes(time, crate::TimestampFormat::Ntp),
        });
        debug_assert!(start.accept.is_ok());
        Ok(())
    }

    fn handle_accept(&mut self, mut request: SessionRequest, message: &[u8]) -> Result<(), ControlError> {
        self.verify("Accept-Session", message, &[AcceptSession::SIZE - MAC])?;
        let answer = AcceptSession::decode(message)?;
        if !answer.accept.is_ok() {
            self.events
                .push_back(ClientEvent::Refused(request, answer.accept));
            return Ok(());
        }
        if request.direction == Direction::FromServer {
            request.sender_port = answer.port;
        } else {
            request.receiver_port = answer.port;
            request.sid = answer.sid;
        }
        self.sessions.push(request.clone());
        self.events.push_back(ClientEvent::Accepted(request));
        Ok(())
    }

    fn handle_start_ack(&mut self, message: &[u8]) -> Result<(), ControlError> {
        self.verify("Start-Ack", message, &[StartAck::SIZE - MAC])?;
        let ack = StartAck::decode(message)?;
        if ack.accept.is_ok() {
            self.state = State::Testing {
                stopped: false,
                peer_stopped: false,
            };
            self.events.push_back(ClientEvent::Started);
        } else {
            self.events.push_back(ClientEvent::NotStarted(ack.accept));
        }
        Ok(())
    }

    fn handle_stop(&mut self, stopped: bool, message: &[u8]) -> Result<(), ControlError> {
        self.verify("Stop-Sessions", message, &[message.len() - MAC])?;
        let stop = StopSessions::decode(message)?;
        if !names_exactly(&stop.sent, &self.sessions, Direction::FromServer) {
            return Err(ControlError::SessionsNotAccounted);
        }
        self.events.push_back(ClientEvent::Stopped(stop));
        if stopped {
            self.end_test();
        } else {
            self.state = State::Testing {
                stopped,
                peer_stopped: true,
            };
        }
        Ok(())
    }

    fn handle_fetch_ack(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
        self.verify("Fetch-Ack", message, &[FetchAck::SIZE - MAC])?;
        let ack = FetchAck::decode(message)?;
        if ack.accept.is_ok() {
            self.state = State::FetchData(ack);
            self.expect_answer(now);
        } else {
            self.events.push_back(ClientEvent::NotFetched(ack.accept));
        }
        Ok(())
    }

    fn handle_fetch_data(&mut self, ack: &FetchAck, message: &[u8]) -> Result<(), ControlError> {
        let request = SessionRequest::size(message)?;
        self.verify("the data of a fetch", message, &ack.data_sections(request))?;
        let session = FetchedSession::decode(ack, message, self.config.most_records)?;
        self.events.push_back(ClientEvent::Fetched(Box::new(session)));
        Ok(())
    }

    fn verify(&mut self, name: &'static str, message: &[u8], sections: &[usize]) -> Result<(), ControlError> {
        if self.stream.verify(message, sections) {
            return Ok(());
        }
        Err(ControlError::BadHmac { message: name })
    }

    fn end_test(&mut self) {
        self.sessions.clear();
        self.state = State::Idle;
        self.deadline = None;
    }

    fn expect_answer(&mut self, now: Duration) {
        self.deadline = now.checked_add(self.config.answer_wait);
    }

    const fn check_idle(&self) -> Result<(), CommandError> {
        if self.is_idle() {
            Ok(())
        } else {
            Err(CommandError::NotNow)
        }
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

/// Whether these are the sessions of one direction, each once.
pub(super) fn names_exactly(sent: &[SentSession], sessions: &[SessionRequest], direction: Direction) -> bool {
    let mut named: Vec<Sid> = sent.iter().map(|session| session.sid).collect();
    let mut known: Vec<Sid> = sessions
        .iter()
        .filter(|session| session.direction == direction)
        .map(|session| session.sid)
        .collect();
    named.sort_unstable();
    known.sort_unstable();
    named == known
}

/// The first octets of an array and those after them.
pub(super) fn halves<const N: usize, const M: usize>(octets: &[u8]) -> ([u8; N], [u8; M]) {
    let (first, rest) = octets.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
    (*first, rest.first_chunk().copied().unwrap_or([0; M]))
}

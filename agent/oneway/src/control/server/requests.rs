//! The client's commands.

use core::time::Duration;

use super::ControlServer;
use super::ServerEvent;
use super::State;
use crate::control::Accept;
use crate::control::Asked;
use crate::control::ControlError;
use crate::control::Direction;
use crate::control::FetchSession;
use crate::control::Protocol;
use crate::control::Security;
use crate::control::SessionRequest;
use crate::control::Sid;
use crate::control::StartAck;
use crate::control::StartSessions;
use crate::control::StopSessions;
use crate::control::StopTwoWay;
use crate::control::channel::MAC;
use crate::control::stop::names_exactly;

/// A command's kind and count stand in its first block.
const FIRST_BLOCK: usize = 16;

impl ControlServer {
    pub(super) fn handle_command(&mut self, now: Duration) -> Result<bool, ControlError> {
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
        let nameless = request.direction == Direction::FromServer && (request.sid.is_unset() || taken);
        if nameless || !request.is_plain_dscp() {
            return Accept::NotSupported;
        }
        self.config.policy.decide(&Asked {
            request,
            key_id: self.key_id.as_ref(),
            security: self.modes.security().unwrap_or(Security::Open),
            sessions: self.sessions.len(),
        })
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
}

const fn unexpected(what: &'static str) -> ControlError {
    ControlError::Unexpected { what }
}

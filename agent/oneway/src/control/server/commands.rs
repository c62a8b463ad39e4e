//! The answers and commands of the shell.

use core::time::Duration;

use super::ControlServer;
use super::State;
use crate::control::Accept;
use crate::control::AcceptSession;
use crate::control::CommandError;
use crate::control::Direction;
use crate::control::FetchAck;
use crate::control::FetchedSession;
use crate::control::Protocol;
use crate::control::SentSession;
use crate::control::SessionRequest;
use crate::control::Sid;
use crate::control::StopSessions;
use crate::control::channel::MAC;
use crate::control::stop::names_exactly;

impl ControlServer {
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

    fn take_request(&mut self) -> Result<SessionRequest, CommandError> {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Deciding(request) => Ok(request),
            other => {
                self.state = other;
                Err(CommandError::NotNow)
            }
        }
    }

    pub(super) fn answer_request(&mut self, accept: Accept, port: u16, sid: Sid) {
        let answer = AcceptSession { accept, port, sid };
        self.stream.send(answer.encode(), &[AcceptSession::SIZE - MAC]);
    }

    /// Goes back to waiting for commands, some of which may be here already.
    fn idle(&mut self, now: Duration) {
        self.state = State::Idle;
        self.wait_for_client(now);
        self.go_on(now);
    }
}

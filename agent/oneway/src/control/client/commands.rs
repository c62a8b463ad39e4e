//! What a shell may ask of the server.

use core::time::Duration;

use super::ControlClient;
use super::State;
use crate::control::Accept;
use crate::control::CommandError;
use crate::control::Direction;
use crate::control::FetchSession;
use crate::control::Protocol;
use crate::control::SentSession;
use crate::control::SessionRequest;
use crate::control::StartSessions;
use crate::control::StopSessions;
use crate::control::StopTwoWay;
use crate::control::channel::MAC;
use crate::control::stop::names_exactly;

impl ControlClient {
    /// Asks for a session. The answer is [`ClientEvent::Accepted`](super::ClientEvent::Accepted) or
    /// [`ClientEvent::Refused`](super::ClientEvent::Refused).
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

    /// Starts all sessions that were accepted. The answer is [`ClientEvent::Started`](super::ClientEvent::Started) or
    /// [`ClientEvent::NotStarted`](super::ClientEvent::NotStarted).
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
    /// the server. OWAMP's server says the same with [`ClientEvent::Stopped`](super::ClientEvent::Stopped), before or after;
    /// TWAMP's says nothing.
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

    /// Asks for records (OWAMP only). The answer is [`ClientEvent::Fetched`](super::ClientEvent::Fetched) or
    /// [`ClientEvent::NotFetched`](super::ClientEvent::NotFetched).
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

    const fn check_idle(&self) -> Result<(), CommandError> {
        if self.is_idle() {
            Ok(())
        } else {
            Err(CommandError::NotNow)
        }
    }
}

//! What the server says once the connection is set up.

use core::time::Duration;

use super::ClientEvent;
use super::ControlClient;
use super::State;
use crate::control::AcceptSession;
use crate::control::ControlError;
use crate::control::Direction;
use crate::control::FetchAck;
use crate::control::FetchedSession;
use crate::control::SessionRequest;
use crate::control::StartAck;
use crate::control::StopSessions;
use crate::control::channel::MAC;
use crate::control::stop::names_exactly;

impl ControlClient {
    pub(super) fn handle_accept(
        &mut self,
        mut request: SessionRequest,
        message: &[u8],
    ) -> Result<(), ControlError> {
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

    pub(super) fn handle_start_ack(&mut self, message: &[u8]) -> Result<(), ControlError> {
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

    pub(super) fn handle_stop(&mut self, stopped: bool, message: &[u8]) -> Result<(), ControlError> {
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

    pub(super) fn handle_fetch_ack(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
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

    pub(super) fn handle_fetch_data(&mut self, ack: &FetchAck, message: &[u8]) -> Result<(), ControlError> {
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
}

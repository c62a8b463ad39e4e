//! How the connection begins: the client proves that it knows the secret, and sends the keys (RFC 4656 section 3.1).

use core::time::Duration;

use super::ControlServer;
use super::ServerEvent;
use super::State;
use crate::Timestamp;
use crate::control::Accept;
use crate::control::ControlError;
use crate::control::PassPhrase;
use crate::control::ServerGreeting;
use crate::control::ServerStart;
use crate::control::SetUpResponse;
use crate::control::channel::Channel;

impl ControlServer {
    pub(super) fn greet(&mut self) {
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

    pub(super) fn handle_set_up(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
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
}

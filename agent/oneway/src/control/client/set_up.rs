//! How the connection begins: the client proves that it knows the secret, and sends the keys (RFC 4656 section 3.1).

use core::num::NonZeroU32;
use core::time::Duration;

use super::ClientEvent;
use super::ControlClient;
use super::State;
use crate::Timestamp;
use crate::control::ControlError;
use crate::control::KeyId;
use crate::control::ServerGreeting;
use crate::control::ServerStart;
use crate::control::SetUpResponse;
use crate::control::channel::Channel;
use crate::control::keys::SessionKeys;
use crate::control::keys::halves;

/// The fewest rounds of key derivation that RFC 4656 section 3.1 allows.
const LEAST_ROUNDS: u32 = 1024;

impl ControlClient {
    pub(super) fn handle_greeting(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
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

    pub(super) fn handle_server_start(&mut self, now: Duration, message: &[u8]) -> Result<(), ControlError> {
        let whole: Vec<u8> = message.iter().copied().chain([0; 16]).collect();
        let start = ServerStart::decode(&whole)?;
        if !start.accept.is_ok() {
            return Err(ControlError::Refused(start.accept));
        }
        if let Some(keys) = &self.keys {
            self.stream.protect_inbound(Channel::protected(keys, start.iv));
        }
        self.state = State::ServerStartTail;
        self.expect_answer(now);
        Ok(())
    }

    pub(super) fn handle_server_start_tail(&mut self, message: &[u8]) {
        self.stream.note(message);
        let time = message.first_chunk().copied().unwrap_or_default();
        self.entropy = [0; 64];
        self.events.push_back(ClientEvent::Ready {
            modes: self.modes,
            start_time: Timestamp::from_bytes(time, crate::TimestampFormat::Ntp),
        });
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
}

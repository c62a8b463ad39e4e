//! How a connection begins (RFC 4656 section 3.1): the same in OWAMP and TWAMP, and never encrypted up to the server's IV.

use super::Accept;
use super::KeyId;
use super::Modes;
use super::WireError;
use super::octets::Octets;
use crate::Timestamp;

/// The server's first words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerGreeting {
    /// What it offers; no protection at all means that it does not want this client.
    pub modes: Modes,
    /// To be returned encrypted.
    pub challenge: [u8; 16],
    /// For the derivation of the key from the pass-phrase.
    pub salt: [u8; 16],
    /// Rounds of that derivation.
    pub count: u32,
}

/// The client's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetUpResponse {
    /// One protection, and features.
    pub mode: Modes,
    /// Whose pass-phrase.
    pub key_id: KeyId,
    /// Challenge and session keys, encrypted.
    pub token: [u8; 64],
    /// Where the chain of what the client sends begins.
    pub iv: [u8; 16],
}

/// The server's answer. Its last 16 octets are the first that are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerStart {
    /// Whether it goes on.
    pub accept: Accept,
    /// Where the chain of what the server sends begins.
    pub iv: [u8; 16],
    /// When the server began to run.
    pub start_time: Timestamp,
}

impl ServerGreeting {
    /// Its octets.
    pub const SIZE: usize = 64;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// If octets are missing.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Server-Greeting", octets);
        fields.skip::<12>()?;
        let greeting = Self {
            modes: Modes::from_bits(fields.u32()?),
            challenge: fields.array()?,
            salt: fields.array()?,
            count: fields.u32()?,
        };
        fields.skip::<12>()?;
        Ok(greeting)
    }

    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; 12];
        out.extend(self.modes.bits().to_be_bytes());
        out.extend(self.challenge);
        out.extend(self.salt);
        out.extend(self.count.to_be_bytes());
        out.extend([0; 12]);
        out
    }
}

impl SetUpResponse {
    /// Its octets.
    pub const SIZE: usize = 164;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// If octets are missing.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Set-Up-Response", octets);
        Ok(Self {
            mode: Modes::from_bits(fields.u32()?),
            key_id: KeyId::from_bytes(fields.array()?),
            token: fields.array()?,
            iv: fields.array()?,
        })
    }

    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::SIZE);
        out.extend(self.mode.bits().to_be_bytes());
        out.extend(self.key_id.to_bytes());
        out.extend(self.token);
        out.extend(self.iv);
        out
    }
}

impl ServerStart {
    /// Its octets.
    pub const SIZE: usize = 48;
    /// Those of them that are never encrypted.
    pub const IN_THE_CLEAR: usize = 32;

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Server-Start", octets);
        fields.skip::<15>()?;
        let start = Self {
            accept: Accept::from_code(fields.u8()?),
            iv: fields.array()?,
            start_time: Timestamp::from_ntp(fields.u64()?),
        };
        fields.skip::<8>()?;
        Ok(start)
    }

    /// Writes it, before encryption.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; 15];
        out.push(self.accept.code());
        out.extend(self.iv);
        out.extend(self.start_time.to_ntp().to_be_bytes());
        out.extend([0; 8]);
        out
    }
}

//! Accept-Session, Start-Sessions and Start-Ack (RFC 4656 sections 3.5 and 3.7), alike in OWAMP and TWAMP.

use super::Accept;
use super::Sid;
use super::WireError;
use super::channel::MAC;
use super::octets::Octets;

/// The server's answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptSession {
    /// Yes or no.
    pub accept: Accept,
    /// The server's port for test packets.
    pub port: u16,
    /// The session's name if the server receives; otherwise unset.
    pub sid: Sid,
}

/// Begin with all sessions that were accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartSessions;

/// The answer to Start-Sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartAck {
    /// Yes or no.
    pub accept: Accept,
}

impl AcceptSession {
    /// Its octets.
    pub const SIZE: usize = 48;

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Accept-Session", octets);
        let accept = Accept::from_code(fields.u8()?);
        fields.skip::<1>()?;
        let answer = Self {
            accept,
            port: fields.u16()?,
            sid: Sid(fields.array()?),
        };
        fields.skip::<12>()?;
        fields.skip::<MAC>()?;
        Ok(answer)
    }

    /// Writes it, with zeros for the HMAC.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.accept.code(), 0];
        out.extend(self.port.to_be_bytes());
        out.extend(self.sid.0);
        out.extend([0; 12 + MAC]);
        out
    }
}

impl StartSessions {
    /// Its octets.
    pub const SIZE: usize = 32;
    /// Its command.
    pub const COMMAND: u8 = 2;

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing, or it is another command.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Start-Sessions", octets);
        let command = fields.u8()?;
        fields.skip::<15>()?;
        fields.skip::<MAC>()?;
        if command == Self::COMMAND {
            return Ok(Self);
        }
        Err(WireError::BadValue {
            message: "Start-Sessions",
            field: "the command",
            value: command.into(),
        })
    }

    /// Writes it, with zeros for the HMAC.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; Self::SIZE];
        out.splice(..1, [Self::COMMAND]);
        out
    }
}

impl StartAck {
    /// Its octets.
    pub const SIZE: usize = 32;

    /// Reads it, decrypted.
    ///
    /// # Errors
    ///
    /// If octets are missing.
    pub fn decode(octets: &[u8]) -> Result<Self, WireError> {
        let mut fields = Octets::of("Start-Ack", octets);
        let accept = Accept::from_code(fields.u8()?);
        fields.skip::<15>()?;
        fields.skip::<MAC>()?;
        Ok(Self { accept })
    }

    /// Writes it, with zeros for the HMAC.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; Self::SIZE];
        out.splice(..1, [self.accept.code()]);
        out
    }
}

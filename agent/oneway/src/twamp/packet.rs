use crate::Timestamp;
use crate::control::Stamp;
use crate::control::TestProtection;
use crate::control::WireError;
use crate::control::octets::Octets;
use crate::owamp::TestPacket;

const MESSAGE: &str = "a TWAMP-Test reply";
/// Octets before the HMAC in the protected layout.
const FIELDS: usize = 96;

/// A reply of the reflector (RFC 5357 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReflectedPacket {
    /// The reflector's own number, from 0.
    pub sequence: u32,
    /// When the reply was sent (T3).
    pub sent: Stamp,
    /// When the packet that is answered came in (T2), in the format of `sent`.
    pub received: Timestamp,
    /// The number of the packet that is answered.
    pub sender_sequence: u32,
    /// When it was sent (T1), as it says.
    pub sender_sent: Stamp,
    /// The time to live with which it came.
    pub sender_ttl: u8,
}

impl ReflectedPacket {
    /// Its octets without padding.
    pub const fn size(protection: &TestProtection) -> usize {
        if protection.is_protected() {
            FIELDS + 16
        } else {
            41
        }
    }

    /// Writes it with this padding, sealed.
    pub fn encode(&self, protection: &TestProtection, padding: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::size(protection) + padding.len());
        let gaps = Gaps::of(protection);
        out.extend(self.sequence.to_be_bytes());
        out.resize(out.len() + gaps.after_sequence, 0);
        self.sent.encode(&mut out);
        out.resize(out.len() + gaps.after_error, 0);
        out.extend(self.sent.sibling(self.received));
        out.resize(out.len() + gaps.after_received, 0);
        out.extend(self.sender_sequence.to_be_bytes());
        out.resize(out.len() + gaps.after_sequence, 0);
        self.sender_sent.encode(&mut out);
        out.resize(out.len() + gaps.after_error, 0);
        out.push(self.sender_ttl);
        out.resize(Self::size(protection), 0);
        out.extend(padding);
        protection.seal(&mut out, FIELDS);
        out
    }

    /// Opens and reads it. Anything may follow as padding.
    ///
    /// # Errors
    ///
    /// If octets are missing or the HMAC is wrong.
    pub fn decode(protection: &TestProtection, octets: &[u8]) -> Result<Self, WireError> {
        let size = Self::size(protection);
        let missing = size.saturating_sub(octets.len());
        if missing > 0 {
            return Err(WireError::TooShort {
                message: MESSAGE,
                missing,
            });
        }
        let length = if protection.is_protected() { FIELDS } else { size };
        let clear = protection.open(octets, length).ok_or(WireError::BadValue {
            message: MESSAGE,
            field: "the HMAC",
            value: 0,
        })?;
        let mut fields = Octets::of(MESSAGE, &clear);
        if protection.is_protected() {
            Self::read::<12, 6, 8>(&mut fields)
        } else {
            Self::read::<0, 2, 0>(&mut fields)
        }
    }

    fn read<const SEQUENCE: usize, const ERROR: usize, const RECEIVED: usize>(
        fields: &mut Octets<'_>,
    ) -> Result<Self, WireError> {
        let sequence = fields.u32()?;
        fields.skip::<SEQUENCE>()?;
        let sent = Stamp::decode(fields)?;
        fields.skip::<ERROR>()?;
        let received = Timestamp::from_bytes(fields.array()?, sent.error().format());
        fields.skip::<RECEIVED>()?;
        let sender_sequence = fields.u32()?;
        fields.skip::<SEQUENCE>()?;
        let sender_sent = Stamp::decode(fields)?;
        fields.skip::<ERROR>()?;
        Ok(Self {
            sequence,
            sent,
            received,
            sender_sequence,
            sender_sent,
            sender_ttl: fields.u8()?,
        })
    }
}

/// Zeros after fields, which fill the protected layout up to whole blocks.
struct Gaps {
    after_sequence: usize,
    after_error: usize,
    after_received: usize,
}

impl Gaps {
    const fn of(protection: &TestProtection) -> Self {
        if protection.is_protected() {
            Self {
                after_sequence: 12,
                after_error: 6,
                after_received: 8,
            }
        } else {
            Self {
                after_sequence: 0,
                after_error: 2,
                after_received: 0,
            }
        }
    }
}

/// Octets of padding with which a packet is as large as its reply: 27, or 64 if protected.
pub const fn equal_size_padding(protection: &TestProtection) -> usize {
    ReflectedPacket::size(protection) - TestPacket::size(protection)
}

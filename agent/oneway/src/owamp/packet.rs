use crate::control::Stamp;
use crate::control::TestProtection;
use crate::control::WireError;
use crate::control::octets::Octets;

const MESSAGE: &str = "an OWAMP-Test packet";
/// Octets before the HMAC in the protected layout.
const FIELDS: usize = 32;

/// A test packet from its sender, in OWAMP (RFC 4656 section 4.1.2) and alike in TWAMP (RFC 5357 section 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestPacket {
    /// Its number, from 0.
    pub sequence: u32,
    /// When it was sent.
    pub sent: Stamp,
}

impl TestPacket {
    /// Its octets without padding.
    pub const fn size(protection: &TestProtection) -> usize {
        if protection.is_protected() {
            FIELDS + 16
        } else {
            14
        }
    }

    /// Writes it with this padding, sealed.
    pub fn encode(&self, protection: &TestProtection, padding: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::size(protection) + padding.len());
        out.extend(self.sequence.to_be_bytes());
        if protection.is_protected() {
            out.extend([0; 12]);
            self.sent.encode(&mut out);
            out.extend([0; 6 + 16]);
        } else {
            self.sent.encode(&mut out);
        }
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
        let fields = if protection.is_protected() { FIELDS } else { size };
        let clear = protection.open(octets, fields).ok_or(WireError::BadValue {
            message: MESSAGE,
            field: "the HMAC",
            value: 0,
        })?;
        let mut fields = Octets::of(MESSAGE, &clear);
        let sequence = fields.u32()?;
        if protection.is_protected() {
            fields.skip::<12>()?;
        }
        Ok(Self {
            sequence,
            sent: Stamp::decode(&mut fields)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured from the reference.
    #[test]
    fn the_reference_sends_these_octets() {
        let octets = 0x0000_0000_eeab_6e68_8799_b2c4_0001_u128.to_be_bytes();
        let octets = &octets[2..];
        let packet = TestPacket::decode(&TestProtection::Open, octets).unwrap();
        assert_eq!(packet.sequence, 0);
        assert_eq!(packet.sent.time().to_ntp(), 0xeeab_6e68_8799_b2c4);
        assert!(!packet.sent.error().is_synchronised());
        assert_eq!(packet.encode(&TestProtection::Open, &[]), octets);
    }
}

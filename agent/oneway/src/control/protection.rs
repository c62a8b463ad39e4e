//! How test packets are protected (RFC 4656 section 4.1.2, RFC 5357 section 4.2.1).

use super::Modes;
use super::Security;
use super::Sid;
use super::TestKeys;
use super::cbc;
use super::keys::SessionKeys;
use super::keys::equal;

/// Octets at the front of a packet that are protected at most: a TWAMP reply's.
const LONGEST: usize = 96;
const MAC: usize = 16;

/// What is done to the packets of one test session.
#[derive(Clone, Debug)]
pub enum TestProtection {
    /// Nothing.
    Open,
    /// The first 16 octets are encrypted and covered by the HMAC. Timestamps are not.
    Authenticated(TestKeys),
    /// All fields are encrypted and covered by the HMAC. Padding never is.
    Encrypted(TestKeys),
}

impl TestProtection {
    /// What a connection with these modes and keys does to the packets of a session.
    pub(crate) fn of(modes: Modes, keys: Option<&SessionKeys>, sid: Sid) -> Self {
        match (modes.security(), keys) {
            (Some(Security::Authenticated), Some(keys)) => Self::Authenticated(keys.for_session(sid)),
            (Some(Security::Encrypted), Some(keys)) => Self::Encrypted(keys.for_session(sid)),
            _ => Self::Open,
        }
    }

    /// Whether packets have the longer layout, with room for an HMAC.
    pub const fn is_protected(&self) -> bool {
        !matches!(self, Self::Open)
    }

    /// Fills in the HMAC behind the first `fields` octets and encrypts what is to be encrypted. A packet without room
    /// for both stays as it is.
    pub(crate) fn seal(&self, packet: &mut [u8], fields: usize) {
        let Some((keys, covered)) = self.covers(fields) else {
            return;
        };
        let Some((content, rest)) = packet.split_at_mut_checked(fields) else {
            return;
        };
        let Some(field) = rest.first_chunk_mut::<MAC>() else {
            return;
        };
        let content = content.get_mut(..covered).unwrap_or_default();
        *field = keys.tag(content);
        cbc::encrypt(&keys.cipher, &mut [0; 16], content);
    }

    /// The fields of a packet in the clear, `None` if it is too short or its HMAC is wrong.
    pub(crate) fn open(&self, packet: &[u8], fields: usize) -> Option<[u8; LONGEST]> {
        let mut clear = [0; LONGEST];
        let room = clear.get_mut(..fields)?;
        let (sealed, rest) = packet.split_at_checked(fields)?;
        room.copy_from_slice(sealed);
        if let Some((keys, covered)) = self.covers(fields) {
            let content = room.get_mut(..covered)?;
            cbc::decrypt(&keys.cipher, &mut [0; 16], content);
            let field = rest.first_chunk::<MAC>()?;
            return equal(&keys.tag(content), field).then_some(clear);
        }
        Some(clear)
    }

    const fn covers(&self, fields: usize) -> Option<(&TestKeys, usize)> {
        match self {
            Self::Open => None,
            Self::Authenticated(keys) => Some((keys, 16)),
            Self::Encrypted(keys) => Some((keys, fields)),
        }
    }
}

impl TestKeys {
    fn tag(&self, content: &[u8]) -> [u8; MAC] {
        let whole = ring::hmac::sign(&self.hmac, content);
        whole.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> TestKeys {
        let keys = SessionKeys {
            aes: [1; 16],
            hmac: [2; 32],
        };
        keys.for_session(Sid([3; 16]))
    }

    #[test]
    fn authenticated_packets_show_all_but_the_first_block() {
        let mut packet = vec![9; 60];
        TestProtection::Authenticated(keys()).seal(&mut packet, 32);
        assert_ne!(packet[..16], [9; 16]);
        assert_eq!(packet[16..32], [9; 16]);
        assert_eq!(packet[48..], [9; 12]);
        let clear = TestProtection::Authenticated(keys()).open(&packet, 32);
        assert_eq!(clear.unwrap()[..32], [9; 32]);
    }

    #[test]
    fn any_altered_bit_of_an_encrypted_packet_shows() {
        let protection = TestProtection::Encrypted(keys());
        let mut packet = vec![9; 112];
        protection.seal(&mut packet, 96);
        assert_eq!(protection.open(&packet, 96).unwrap(), [9; 96]);
        for bit in 0..112 * 8 {
            let mut altered = packet.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(protection.open(&altered, 96).is_none(), "bit {bit}");
        }
    }

    #[test]
    fn short_packets_are_refused_and_left_alone() {
        for protection in [
            TestProtection::Authenticated(keys()),
            TestProtection::Encrypted(keys()),
        ] {
            for size in 0..48 {
                let mut packet = vec![9; size];
                protection.seal(&mut packet, 32);
                assert_eq!(packet, vec![9; size]);
                assert!(protection.open(&packet, 32).is_none());
            }
        }
    }
}

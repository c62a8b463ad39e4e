//! The two directions of a control connection: encrypted as one long chain of blocks each, with an HMAC at the end of each
//! section that covers all since the one before (RFC 4656 section 3.2).

use aes::Aes128;
use ring::hmac;

use super::cbc;
use super::keys::SessionKeys;
use super::keys::equal;

/// Octets of an HMAC field: SHA-1's 20, cut.
pub(crate) const MAC: usize = 16;

/// One direction of a connection. The default one is open: it changes nothing and checks nothing.
#[derive(Default)]
pub(crate) struct Channel(Option<Protection>);

struct Protection {
    cipher: Aes128,
    chain: [u8; 16],
    key: hmac::Key,
    running: hmac::Context,
}

impl Channel {
    pub(crate) fn protected(keys: &SessionKeys, iv: [u8; 16]) -> Self {
        let key = keys.mac();
        Self(Some(Protection {
            cipher: keys.cipher(),
            chain: iv,
            running: hmac::Context::with_key(&key),
            key,
        }))
    }

    /// Fills in the HMAC that follows each section, and encrypts the whole message.
    pub(crate) fn seal(&mut self, message: &mut [u8], sections: &[usize]) {
        let Some(protection) = &mut self.0 else { return };
        let mut rest = &mut *message;
        for section in sections {
            let Some((content, after)) = rest.split_at_mut_checked(*section) else {
                break;
            };
            let Some((field, after)) = after.split_at_mut_checked(MAC) else {
                break;
            };
            protection.running.update(content);
            field.copy_from_slice(&protection.tag());
            rest = after;
        }
        cbc::encrypt(&protection.cipher, &mut protection.chain, message);
    }

    /// Encrypts blocks that have no HMAC of their own: the next one covers them too.
    pub(crate) fn seal_unsigned(&mut self, blocks: &mut [u8]) {
        let Some(protection) = &mut self.0 else { return };
        protection.running.update(blocks);
        cbc::encrypt(&protection.cipher, &mut protection.chain, blocks);
    }

    /// Decrypts whole blocks as they come in.
    pub(crate) fn open(&mut self, blocks: &mut [u8]) {
        if let Some(protection) = &mut self.0 {
            cbc::decrypt(&protection.cipher, &mut protection.chain, blocks);
        }
    }

    /// Takes note of decrypted blocks without an HMAC of their own.
    pub(crate) fn note(&mut self, blocks: &[u8]) {
        if let Some(protection) = &mut self.0 {
            protection.running.update(blocks);
        }
    }

    /// Whether each section of a decrypted message is followed by its HMAC. Always so on an open connection.
    pub(crate) fn verify(&mut self, message: &[u8], sections: &[usize]) -> bool {
        let Some(protection) = &mut self.0 else {
            return true;
        };
        let mut rest = message;
        sections.iter().all(|section| {
            let Some((content, after)) = rest.split_at_checked(*section) else {
                return false;
            };
            let Some((field, after)) = after.split_at_checked(MAC) else {
                return false;
            };
            rest = after;
            protection.running.update(content);
            equal(&protection.tag(), field)
        })
    }
}

impl Protection {
    fn tag(&mut self) -> [u8; MAC] {
        let fresh = hmac::Context::with_key(&self.key);
        let whole = core::mem::replace(&mut self.running, fresh).sign();
        whole.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: SessionKeys = SessionKeys {
        aes: [1; 16],
        hmac: [2; 32],
    };

    #[test]
    fn what_is_sealed_opens_at_the_other_end_and_only_unaltered() {
        let mut message = vec![7; 32 + 16 + 16 + 16];
        let sections = [32, 16];
        let mut near = Channel::protected(&KEYS, [3; 16]);
        let mut far = Channel::protected(&KEYS, [3; 16]);
        let mut tail = [5; 16];
        near.seal_unsigned(&mut tail);
        near.seal(&mut message, &sections);
        far.open(&mut tail);
        assert_eq!(tail, [5; 16]);
        far.note(&tail);
        far.open(&mut message);
        assert_eq!(message[..32], [7; 32]);
        assert!(far.verify(&message, &sections));
    }

    #[test]
    fn the_block_without_an_hmac_counts_into_the_next() {
        let mut message = vec![7; 32];
        let mut near = Channel::protected(&KEYS, [3; 16]);
        let mut far = Channel::protected(&KEYS, [3; 16]);
        let mut tail = [5; 16];
        near.seal_unsigned(&mut tail);
        near.seal(&mut message, &[16]);
        far.open(&mut tail);
        far.open(&mut message);
        assert!(!far.verify(&message, &[16]));
    }

    #[test]
    fn an_open_channel_changes_nothing() {
        let mut message = vec![7; 32];
        Channel::default().seal(&mut message, &[16]);
        assert_eq!(message, [7; 32]);
        assert!(Channel::default().verify(&message, &[16]));
    }
}

//! The keys of a control connection and of its test sessions (RFC 4656 sections 3.1 and 4.1.2).

use core::fmt;
use core::num::NonZeroU32;
use std::collections::HashMap;

use aes::Aes128;
use aes::cipher::BlockEncrypt;
use aes::cipher::KeyInit;
use ring::hmac;
use ring::pbkdf2;

use super::Sid;
use super::cbc;

/// The name of a shared secret: up to 80 octets of UTF-8. It travels in the clear.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 80]);

/// A shared secret. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PassPhrase(Box<[u8]>);

/// Where a server looks pass-phrases up.
pub trait KeyStore: Send + Sync {
    /// The pass-phrase of this name, if there is one.
    fn pass_phrase(&self, id: &KeyId) -> Option<&PassPhrase>;
}

/// What a client makes up for one connection, and only the two ends know.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SessionKeys {
    pub(crate) aes: [u8; 16],
    pub(crate) hmac: [u8; 32],
}

/// The keys for the packets of one test session.
#[derive(Clone)]
pub struct TestKeys {
    pub(crate) cipher: Aes128,
    pub(crate) hmac: hmac::Key,
}

impl KeyId {
    /// The name, unless it is too long or has a zero octet.
    pub fn new(name: &str) -> Option<Self> {
        let mut octets = [0; 80];
        let room = octets.get_mut(..name.len())?;
        room.copy_from_slice(name.as_bytes());
        (!name.as_bytes().contains(&0)).then_some(Self(octets))
    }

    /// The name as it stands in a Set-Up-Response, filled up with zeros.
    pub const fn from_bytes(octets: [u8; 80]) -> Self {
        Self(octets)
    }

    /// The octets for a Set-Up-Response.
    pub const fn to_bytes(self) -> [u8; 80] {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.split(|octet| *octet == 0).next().unwrap_or_default();
        write!(f, "{}", name.escape_ascii())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl PassPhrase {
    /// A secret of any octets.
    pub fn new(secret: impl Into<Box<[u8]>>) -> Self {
        Self(secret.into())
    }

    /// The key that seals the token. `count` rounds of work.
    pub(crate) fn derive(&self, salt: &[u8; 16], count: NonZeroU32) -> TokenKey {
        let mut key = [0; 16];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, count, salt, &self.0, &mut key);
        TokenKey(Aes128::new(&key.into()))
    }
}

impl fmt::Debug for PassPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassPhrase(…)")
    }
}

impl KeyStore for HashMap<KeyId, PassPhrase> {
    fn pass_phrase(&self, id: &KeyId) -> Option<&PassPhrase> {
        self.get(id)
    }
}

/// Seals and opens the token in which a client sends its session keys.
pub(crate) struct TokenKey(Aes128);

impl TokenKey {
    pub(crate) fn seal(&self, challenge: &[u8; 16], keys: &SessionKeys) -> [u8; 64] {
        let mut token = [0; 64];
        let fields = challenge.iter().chain(&keys.aes).chain(&keys.hmac);
        for (octet, field) in token.iter_mut().zip(fields) {
            *octet = *field;
        }
        cbc::encrypt(&self.0, &mut [0; 16], &mut token);
        token
    }

    /// The keys, if the token holds this challenge.
    pub(crate) fn open(&self, challenge: &[u8; 16], mut token: [u8; 64]) -> Option<SessionKeys> {
        cbc::decrypt(&self.0, &mut [0; 16], &mut token);
        let (proof, keys) = token.split_first_chunk::<16>()?;
        let (aes, hmac) = keys.split_first_chunk()?;
        let keys = SessionKeys {
            aes: *aes,
            hmac: *hmac.first_chunk()?,
        };
        equal(proof, challenge).then_some(keys)
    }
}

impl SessionKeys {
    pub(crate) fn cipher(&self) -> Aes128 {
        Aes128::new(&self.aes.into())
    }

    pub(crate) fn mac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.hmac)
    }

    /// The keys of a session come from the connection's, encrypted under the session's identifier.
    pub(crate) fn for_session(&self, sid: Sid) -> TestKeys {
        let under_sid = Aes128::new(&sid.0.into());
        let mut aes = self.aes;
        under_sid.encrypt_block((&mut aes).into());
        let mut mac = self.hmac;
        cbc::encrypt(&under_sid, &mut [0; 16], &mut mac);
        TestKeys {
            cipher: Aes128::new(&aes.into()),
            hmac: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac),
        }
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys(…)")
    }
}

impl fmt::Debug for TestKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestKeys(…)")
    }
}

/// The first octets of an array and those after them.
pub(crate) fn halves<const N: usize, const M: usize>(octets: &[u8]) -> ([u8; N], [u8; M]) {
    let (first, rest) = octets.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
    (*first, rest.first_chunk().copied().unwrap_or([0; M]))
}

/// Compares in a time that says nothing about where the two differ.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    let differences = a.iter().zip(b).fold(0, |seen, (a, b)| seen | (a ^ b));
    a.len() == b.len() && core::hint::black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_with_its_key_and_challenge() {
        let count = NonZeroU32::new(1024).unwrap();
        let key = PassPhrase::new(*b"open sesame").derive(&[3; 16], count);
        let keys = SessionKeys {
            aes: [1; 16],
            hmac: [2; 32],
        };
        let token = key.seal(&[9; 16], &keys);
        assert_eq!(key.open(&[9; 16], token), Some(keys));
        assert_eq!(key.open(&[8; 16], token), None);
        let other = PassPhrase::new(*b"open barley").derive(&[3; 16], count);
        assert_eq!(other.open(&[9; 16], token), None);
    }

    /// RFC 6070, the vector of 16,777,216 rounds being too slow; cut to 16 octets.
    #[test]
    fn pass_phrases_are_stretched_as_rfc_6070_says() {
        let mut key = [0; 16];
        let count = NonZeroU32::new(4096).unwrap();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, count, b"salt", b"password", &mut key);
        assert_eq!(key, 0x4b00_7901_b765_489a_bead_49d9_26f7_21d0_u128.to_be_bytes());
    }

    #[test]
    fn secrets_do_not_show() {
        let shown = format!(
            "{:?} {:?}",
            PassPhrase::new(*b"sesame"),
            SessionKeys {
                aes: [77; 16],
                hmac: [78; 32]
            }
        );
        assert!(!shown.contains("sesame") && !shown.contains("77") && !shown.contains("115"));
    }

    #[test]
    fn names_have_at_most_eighty_octets_and_no_zero() {
        assert!(KeyId::new(&"a".repeat(80)).is_some());
        assert!(KeyId::new(&"a".repeat(81)).is_none());
        assert!(KeyId::new("a\0b").is_none());
        assert_eq!(KeyId::new("jan").unwrap().to_string(), "jan");
        assert_eq!(
            format!("{:?}", KeyId::new("\u{1b}[31m").unwrap()),
            r"KeyId(\x1b[31m)"
        );
    }

    #[test]
    fn equal_is_equality() {
        assert!(equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd"));
        assert!(!equal(b"abc", b"abcd"));
    }
}

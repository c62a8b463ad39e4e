//! Shared keys: HMAC-SHA-256 cut to 16 octets (RFC 8762 section 4.4), and which key belongs to whom.

use core::fmt;
use core::hint::black_box;
use core::net::IpAddr;
use std::collections::HashMap;

use ring::hmac;

/// The octets of a truncated HMAC.
pub(crate) const TAG: usize = 16;

/// One shared secret. It is never printed.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// From the secret's octets, at best 32 random ones. Any length is possible (RFC 2104).
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    pub(crate) fn tag(&self, texts: &[&[u8]]) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.0);
        for text in texts {
            context.update(text);
        }
        let full = context.sign();
        super::octets::field_or_zero(full.as_ref(), 0)
    }

    /// Whether the tag is right, in a time that does not depend on where it is wrong.
    pub(crate) fn verifies(&self, texts: &[&[u8]], tag: [u8; TAG]) -> bool {
        let difference = u128::from_ne_bytes(self.tag(texts)) ^ u128::from_ne_bytes(tag);
        black_box(difference) == 0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// A key and the one before it, so that both ends need not change theirs at the same moment.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: Key,
    previous: Option<Key>,
}

impl KeyRing {
    /// One key.
    pub const fn new(current: Key) -> Self {
        Self {
            current,
            previous: None,
        }
    }

    /// Signs with `next` from now on, and accepts the key before it until the next rotation.
    pub fn rotate(&mut self, next: Key) {
        self.previous = Some(core::mem::replace(&mut self.current, next));
    }

    /// Accepts only the current key from now on.
    pub fn forget_previous(&mut self) {
        self.previous = None;
    }

    /// The key that new packets are signed with.
    pub(crate) const fn current(&self) -> &Key {
        &self.current
    }

    /// The key that made this tag. A reply is signed with the key of its request, which the peer has for certain.
    pub(crate) fn maker(&self, texts: &[&[u8]], tag: [u8; TAG]) -> Option<&Key> {
        let keys = [Some(&self.current), self.previous.as_ref()];
        keys.into_iter().flatten().find(|key| key.verifies(texts, tag))
    }
}

/// Which keys belong to whom: by the peer's address, else by session identifier, else those of everybody.
#[derive(Clone, Debug, Default)]
pub struct KeyStore {
    by_peer: HashMap<IpAddr, KeyRing>,
    by_ssid: HashMap<u16, KeyRing>,
    everybody: Option<KeyRing>,
}

impl KeyStore {
    /// Keys for whoever has none of their own.
    #[must_use]
    pub fn with_default(mut self, keys: KeyRing) -> Self {
        self.everybody = Some(keys);
        self
    }

    /// Keys of one peer.
    #[must_use]
    pub fn with_peer(mut self, peer: IpAddr, keys: KeyRing) -> Self {
        self.by_peer.insert(peer.to_canonical(), keys);
        self
    }

    /// Keys of one session identifier.
    #[must_use]
    pub fn with_ssid(mut self, ssid: u16, keys: KeyRing) -> Self {
        self.by_ssid.insert(ssid, keys);
        self
    }

    pub(crate) fn of(&self, peer: IpAddr, ssid: u16) -> Option<&KeyRing> {
        let by_peer = self.by_peer.get(&peer);
        by_peer
            .or_else(|| self.by_ssid.get(&ssid))
            .or(self.everybody.as_ref())
    }

    pub(crate) fn has_peer(&self, peer: IpAddr) -> bool {
        self.by_peer.contains_key(&peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 section 4.3, test case 2, cut to 128 bits.
    #[test]
    fn a_tag_is_the_first_half_of_hmac_sha_256() {
        let tag = Key::new(b"Jefe").tag(&[b"what do ya want ", b"for nothing?"]);
        let known = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
        ];
        assert_eq!(tag, known);
    }

    #[test]
    fn after_a_rotation_the_key_before_is_accepted_and_the_one_before_that_is_not() {
        let [first, second, third] = [&b"1"[..], b"2", b"3"].map(Key::new);
        let tags = [&first, &second, &third].map(|key| key.tag(&[b"text"]));
        let mut keys = KeyRing::new(first);
        keys.rotate(second);
        keys.rotate(third);
        assert_eq!(
            tags.map(|tag| keys.maker(&[b"text"], tag).is_some()),
            [false, true, true]
        );
        keys.forget_previous();
        assert_eq!(
            tags.map(|tag| keys.maker(&[b"text"], tag).is_some()),
            [false, false, true]
        );
    }

    #[test]
    fn a_peers_own_key_comes_before_that_of_its_session_and_that_before_everybodys() {
        let peer = IpAddr::from([192, 0, 2, 1]);
        let tag_of = |store: &KeyStore, ip, ssid| store.of(ip, ssid).map(|keys| keys.current().tag(&[b""]));
        let made = |secret: &[u8]| Some(Key::new(secret).tag(&[b""]));
        let store = KeyStore::default()
            .with_default(KeyRing::new(Key::new(b"all")))
            .with_ssid(7, KeyRing::new(Key::new(b"seven")))
            .with_peer(peer, KeyRing::new(Key::new(b"peer")));
        assert_eq!(tag_of(&store, peer, 7), made(b"peer"));
        assert_eq!(tag_of(&store, IpAddr::from([192, 0, 2, 2]), 7), made(b"seven"));
        assert_eq!(tag_of(&store, IpAddr::from([192, 0, 2, 2]), 8), made(b"all"));
        assert_eq!(tag_of(&KeyStore::default(), peer, 7), None);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Key::new(b"hunter2")), "Key(secret)");
    }
}

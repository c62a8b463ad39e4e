//! Where the TLVs of a list are, so that they can be edited in their place; and the HMAC over them.

use super::HEADER;
use super::MAX_TLVS;
use super::TlvFlags;
use super::TlvKind;
use super::Tlvs;
use crate::stamp::keys::Key;
use crate::stamp::keys::TAG;
use crate::stamp::octets::field;
use crate::stamp::octets::put;

/// One TLV's place in its list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) kind: TlvKind,
    pub(crate) flags: TlvFlags,
    at: usize,
    length: usize,
}

const NOTHING: Entry = Entry {
    kind: TlvKind(0),
    flags: TlvFlags::UNDERSTOOD,
    at: 0,
    length: 0,
};

impl Entry {
    pub(crate) fn value<'a>(&self, list: &'a [u8]) -> &'a [u8] {
        let start = self.at + HEADER;
        list.get(start..start + self.length).unwrap_or_default()
    }

    pub(crate) fn value_mut<'a>(&self, list: &'a mut [u8]) -> &'a mut [u8] {
        let start = self.at + HEADER;
        list.get_mut(start..start + self.length).unwrap_or_default()
    }

    pub(crate) fn set_flags(&self, list: &mut [u8], flags: TlvFlags) {
        put(list, self.at, &[flags.octet()]);
    }

    pub(crate) fn set_kind(&self, list: &mut [u8], kind: TlvKind) {
        put(list, self.at + 1, &[kind.0]);
    }
}

/// What a list says about its own integrity (RFC 8972 section 4.8).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hmac {
    /// There is no HMAC TLV.
    Absent,
    /// It stands where it must. What comes before it is covered.
    Proper { covered: usize, tag: [u8; TAG] },
    /// Something else than padding follows it, or its length is wrong: as if it did not verify.
    Unusable,
}

/// The places of all TLVs of a list. No memory is allocated for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    entries: [Entry; MAX_TLVS],
    count: usize,
    /// Where the first TLV begins that is longer than what is left.
    pub(crate) truncated: Option<usize>,
}

impl Outline {
    pub(crate) fn of(list: &[u8]) -> Self {
        let mut outline = Self {
            entries: [NOTHING; MAX_TLVS],
            count: 0,
            truncated: None,
        };
        for (tlv, place) in Tlvs::new(list).zip(0..) {
            match (tlv, outline.entries.get_mut(place)) {
                (Ok(tlv), Some(entry)) => {
                    *entry = Entry {
                        kind: tlv.kind,
                        flags: tlv.flags,
                        at: tlv.at,
                        length: tlv.value.len(),
                    };
                    outline.count = place + 1;
                }
                (Err(truncated), _) => outline.truncated = Some(truncated.at),
                (Ok(_), None) => {}
            }
        }
        outline
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        self.entries.get(..self.count).unwrap_or_default()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0 && self.truncated.is_none()
    }

    /// The only list that an authenticated packet may carry without an HMAC over it.
    pub(crate) fn is_one_padding(&self) -> bool {
        let entries = self.entries();
        self.truncated.is_none()
            && entries.len() == 1
            && entries.iter().all(|entry| entry.kind == TlvKind::EXTRA_PADDING)
    }

    pub(crate) fn hmac(&self, list: &[u8]) -> Hmac {
        let mut entries = self.entries().iter();
        let Some(hmac) = entries.find(|entry| entry.kind == TlvKind::HMAC) else {
            return Hmac::Absent;
        };
        let only_padding_follows = entries.all(|entry| entry.kind == TlvKind::EXTRA_PADDING);
        match field(hmac.value(list), 0) {
            Some(tag) if hmac.length == TAG && only_padding_follows && self.truncated.is_none() => {
                Hmac::Proper {
                    covered: hmac.at,
                    tag,
                }
            }
            _ => Hmac::Unusable,
        }
    }

    /// Writes the HMAC over the list as it is now.
    pub(crate) fn sign(&self, sequence: u32, list: &mut [u8], covered: usize, key: &Key) {
        let text = list.get(..covered).unwrap_or_default();
        let tag = key.tag(&[&sequence.to_be_bytes(), text]);
        put(list, covered + HEADER, &tag);
    }
}

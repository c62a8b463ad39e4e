//! Reading a list of TLVs out of borrowed octets.

use super::HEADER;
use super::TlvFlags;
use super::TlvKind;

/// More TLVs than this are not looked at: a packet of 64 KiB could have 16,000.
pub const MAX_TLVS: usize = 32;

/// One TLV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// U, M and I.
    pub flags: TlvFlags,
    /// What it is.
    pub kind: TlvKind,
    /// What it says.
    pub value: &'a [u8],
    /// Where its header begins in the list.
    pub(crate) at: usize,
}

/// The list ends in the middle of a TLV, or is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the TLV at octet {at} of the list is longer than what is left, or one too many")]
pub struct Truncated {
    /// Where the offending TLV begins in the list.
    pub at: usize,
}

/// The TLVs behind a base packet, in their order. Ends after the first [`Truncated`].
///
/// A header of zeros ends the list: no sender of TLVs writes one (it sets the U flag), but TWAMP Light's padding
/// is full of them (RFC 8762 section 4.6).
#[derive(Clone, Debug)]
pub struct Tlvs<'a> {
    list: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Tlvs<'a> {
    /// The TLVs in these octets, which begin where the base packet ends.
    pub const fn new(list: &'a [u8]) -> Self {
        Self {
            list,
            at: 0,
            left: MAX_TLVS,
        }
    }

    fn read(&self, rest: &'a [u8]) -> Option<Tlv<'a>> {
        let (header, rest) = rest.split_first_chunk::<HEADER>()?;
        let [flags, kind, length @ ..] = *header;
        Some(Tlv {
            flags: TlvFlags::from_octet(flags),
            kind: TlvKind(kind),
            value: rest.get(..usize::from(u16::from_be_bytes(length)))?,
            at: self.at,
        })
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, Truncated>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.list.get(self.at..)?;
        if rest.iter().take(HEADER).all(|octet| *octet == 0) {
            return None;
        }
        let tlv = self.read(rest).filter(|_| self.left > 0);
        self.left = self.left.saturating_sub(1);
        let Some(tlv) = tlv else {
            let at = core::mem::replace(&mut self.at, usize::MAX);
            return Some(Err(Truncated { at }));
        };
        self.at += HEADER + tlv.value.len();
        Some(Ok(tlv))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read: the type and length of each, and where it broke.
    fn read(list: &[u8]) -> (Vec<(u8, usize)>, Option<usize>) {
        let mut found = Vec::new();
        for tlv in Tlvs::new(list) {
            match tlv {
                Ok(tlv) => found.push((tlv.kind.0, tlv.value.len())),
                Err(Truncated { at }) => return (found, Some(at)),
            }
        }
        (found, None)
    }

    #[test]
    fn lists_end_where_they_end() {
        type Case = (&'static [u8], &'static [(u8, usize)], Option<usize>);
        let cases: [Case; 8] = [
            (&[], &[], None),
            (&[0x80, 1, 0, 0], &[(1, 0)], None),
            (&[0x80, 1, 0, 1, 9, 0x80, 9, 0, 0], &[(1, 1), (9, 0)], None),
            (&[0x80, 1, 0, 2, 9], &[], Some(0)),
            (&[0x80, 1, 0, 0, 0x80, 4, 0], &[(1, 0)], Some(4)),
            (&[0x80], &[], Some(0)),
            (&[0, 0, 0, 0, 0x80, 4, 0, 0], &[], None),
            (&[0x80, 1, 0, 0, 0, 0], &[(1, 0)], None),
        ];
        for (list, found, broken) in cases {
            assert_eq!(read(list), (found.to_vec(), broken), "{list:02x?}");
        }
    }

    #[test]
    fn more_than_the_bound_are_not_read() {
        let list = [0x80, 1, 0, 0].repeat(MAX_TLVS + 1);
        let (found, broken) = read(&list);
        assert_eq!((found.len(), broken), (MAX_TLVS, Some(4 * MAX_TLVS)));
    }
}

//! Writing TLVs into a caller's buffer.

use super::HEADER;
use super::TlvFlags;
use super::TlvKind;

/// The buffer is full. What was written before stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the buffer has no room for another TLV")]
pub struct NoRoom;

/// Appends TLVs, as a sender flags them, behind what is already in the buffer.
#[derive(Debug)]
pub struct TlvWriter<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl<'a> TlvWriter<'a> {
    /// Goes on at octet `at`, where the base packet or another list ends.
    pub const fn new(out: &'a mut [u8], at: usize) -> Self {
        Self { out, at }
    }

    /// Where the packet ends so far.
    pub const fn len(&self) -> usize {
        self.at
    }

    /// Whether nothing was written, not even a base packet.
    pub const fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// What was written so far, the base packet with it.
    pub fn written(&self) -> &[u8] {
        self.out.get(..self.at).unwrap_or_default()
    }

    /// Appends one with this value.
    pub fn push(&mut self, kind: TlvKind, value: &[u8]) -> Result<(), NoRoom> {
        self.reserve(kind, value.len())?.copy_from_slice(value);
        Ok(())
    }

    /// Appends one whose value is so many zeros.
    pub fn push_zeros(&mut self, kind: TlvKind, length: usize) -> Result<(), NoRoom> {
        self.reserve(kind, length)?.fill(0);
        Ok(())
    }

    /// Appends a header, and hands out the place of its value.
    fn reserve(&mut self, kind: TlvKind, length: usize) -> Result<&mut [u8], NoRoom> {
        let short = u16::try_from(length).map_err(|_| NoRoom)?;
        let room = self.out.get_mut(self.at..).ok_or(NoRoom)?;
        let room = room.get_mut(..HEADER + length).ok_or(NoRoom)?;
        let (header, value) = room.split_first_chunk_mut::<HEADER>().ok_or(NoRoom)?;
        let [high, low] = short.to_be_bytes();
        *header = [TlvFlags::OF_SENDER.octet(), kind.0, high, low];
        self.at += HEADER + length;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tlvs;
    use super::*;

    #[test]
    fn what_is_written_is_read_and_flagged_as_a_sender_must() {
        let mut out = [0xff; 16];
        let mut writer = TlvWriter::new(&mut out, 2);
        writer.push(TlvKind::CLASS_OF_SERVICE, &[1, 2, 3, 4]).unwrap();
        writer.push_zeros(TlvKind(240), 2).unwrap();
        assert_eq!(writer.push(TlvKind(240), &[]), Err(NoRoom));
        assert_eq!(writer.len(), 16);
        assert_eq!(out[2..], [0x80, 4, 0, 4, 1, 2, 3, 4, 0x80, 240, 0, 2, 0, 0]);
        assert_eq!(Tlvs::new(&out[2..]).filter(Result::is_ok).count(), 2);
    }
}

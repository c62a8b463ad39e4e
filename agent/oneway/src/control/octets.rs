//! Fields of a message, one after the other.

use super::WireError;

/// Reads the fields of one message in order.
pub(crate) struct Octets<'a> {
    message: &'static str,
    rest: &'a [u8],
}

impl<'a> Octets<'a> {
    pub(crate) const fn of(message: &'static str, octets: &'a [u8]) -> Self {
        Self {
            message,
            rest: octets,
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let short = WireError::TooShort {
            message: self.message,
            missing: N.saturating_sub(self.rest.len()),
        };
        let (field, rest) = self.rest.split_first_chunk().ok_or(short)?;
        self.rest = rest;
        Ok(*field)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Passes over octets that must be zero, and are not looked at: later documents give them meanings.
    pub(crate) fn skip<const N: usize>(&mut self) -> Result<(), WireError> {
        self.array::<N>().map(drop)
    }
}

/// How many octets so many are in whole blocks of 16.
pub(crate) const fn whole_blocks(octets: usize) -> usize {
    octets.next_multiple_of(16)
}

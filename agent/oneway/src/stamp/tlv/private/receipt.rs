//! Type 250 in a reply: which of the sender's latest packets had arrived.

use crate::stamp::octets::field;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;
use crate::stamp::tlv::TlvKind;

use super::RoundReport;
use super::begin;
use super::is_ours;
use super::octet;

/// So many packets before the highest are told.
const TOLD: u32 = u64::BITS;
const IS_RECEIPT: u8 = 8;

/// Which of the sender's latest packets had arrived at the reflector (type 250, in a reply): which way a packet without a reply
/// was lost is then known even where order and duplicates make the reflector's own numbers ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Receipt {
    highest: u32,
    /// Bit n: the packet n + 1 before the highest has arrived.
    before: u64,
}

impl Receipt {
    /// This packet has arrived, before any other.
    pub const fn new(first: u32) -> Self {
        Self {
            highest: first,
            before: 0,
        }
    }

    /// This one has too.
    pub fn note(&mut self, sequence: u32) {
        let ahead = sequence.wrapping_sub(self.highest);
        if ahead.cast_signed() > 0 {
            // The highest so far becomes one of those before.
            let by_one = self.before << 1 | 1;
            self.before = by_one.checked_shl(ahead - 1).unwrap_or_default();
            self.highest = sequence;
        } else if let Some(bit) = self.bit(sequence) {
            self.before |= bit;
        }
    }

    /// Each packet that is told of, and whether it had arrived.
    pub fn packets(&self) -> impl Iterator<Item = (u32, bool)> + use<> {
        let Self { highest, before } = *self;
        let told = (0..TOLD).map(move |bit| (highest.wrapping_sub(bit + 1), before >> bit & 1 == 1));
        core::iter::once((highest, true)).chain(told)
    }

    fn bit(&self, sequence: u32) -> Option<u64> {
        let behind = self.highest.wrapping_sub(sequence).checked_sub(1)?;
        1_u64.checked_shl(behind)
    }

    /// Reads a value. Nothing if it is not ours, or of a reflector that remembers nothing.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let told = is_ours(TlvKind::ROUND_REPORT, value) && octet(value, 5) & IS_RECEIPT != 0;
        told.then_some(Self {
            highest: u32_at(value, 8),
            before: u64::from_be_bytes(field(value, 12)?),
        })
    }

    /// The value.
    pub fn to_bytes(self) -> [u8; RoundReport::LENGTH] {
        let mut value = begin();
        put(&mut value, 5, &[IS_RECEIPT]);
        put(&mut value, 8, &self.highest.to_be_bytes());
        put(&mut value, 12, &self.before.to_be_bytes());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(receipt: &Receipt) -> Vec<u32> {
        let arrived = receipt.packets().filter(|(_, arrived)| *arrived);
        arrived.map(|(sequence, _)| sequence).collect()
    }

    #[test]
    fn what_has_arrived_is_told_in_whatever_order_it_came() {
        let mut receipt = Receipt::new(u32::MAX - 1);
        for sequence in [1, u32::MAX, 0, 1, u32::MAX - 1, 5] {
            receipt.note(sequence);
        }
        assert_eq!(arrived(&receipt), [5, 1, 0, u32::MAX, u32::MAX - 1]);
        receipt.note(5 + TOLD);
        assert_eq!(arrived(&receipt), [5 + TOLD, 5]);
        receipt.note(4);
        receipt.note(6 + TOLD);
        assert_eq!(arrived(&receipt), [6 + TOLD, 5 + TOLD]);
        receipt.note(900);
        assert_eq!(arrived(&receipt), [900]);
        assert_eq!(receipt.packets().count(), 65);
    }

    #[test]
    fn a_receipt_has_its_fields_where_they_are_documented() {
        let mut receipt = Receipt::new(0x0102_0304);
        receipt.note(0x0102_0303);
        let octets = [
            b'W', 1, 0, 0, 0, 8, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(receipt.to_bytes(), octets);
        assert_eq!(Receipt::from_bytes(&octets), Some(receipt));
        assert_eq!(
            RoundReport::default().to_bytes(crate::TimestampFormat::Ntp).len(),
            octets.len()
        );
        assert_eq!(
            Receipt::from_bytes(&RoundReport::default().to_bytes(crate::TimestampFormat::Ntp)),
            None
        );
    }
}

//! Type 251: where both ends are.

use crate::stamp::Position;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;
use crate::stamp::tlv::TlvKind;

use super::begin;
use super::is_ours;
use super::octet;

/// Where both ends are (type 251).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PositionReport {
    /// Where the sender is.
    pub sender: Option<Position>,
    /// Where the reflector is; nothing in a request.
    pub reflector: Option<Position>,
}

impl PositionReport {
    /// The octets of a value.
    pub const LENGTH: usize = 20;

    /// Reads a value. Nothing if it is not ours; no position that is not on Earth.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let read = |bit: u8, at: usize| {
            let [latitude, longitude] = [at, at + 4].map(|at| u32_at(value, at).cast_signed());
            Position::new(latitude, longitude).filter(|_| octet(value, 2) & bit != 0)
        };
        is_ours(TlvKind::POSITION_REPORT, value).then(|| Self {
            sender: read(1, 4),
            reflector: read(2, 12),
        })
    }

    /// The value.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut value = begin();
        let bits = u8::from(self.sender.is_some()) | (u8::from(self.reflector.is_some()) << 1);
        put(&mut value, 2, &[bits]);
        for (position, at) in [(self.sender, 4), (self.reflector, 12)] {
            let Some(position) = position else { continue };
            put(&mut value, at, &position.latitude().to_be_bytes());
            put(&mut value, at + 4, &position.longitude().to_be_bytes());
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_report_has_its_fields_where_they_are_documented() {
        let report = PositionReport {
            sender: Position::new(525_200_000, 134_050_000),
            reflector: Position::new(-1, -2),
        };
        let octets = [
            b'W', 1, 3, 0, 0x1f, 0x4d, 0xea, 0x80, 0x07, 0xfd, 0x70, 0xd0, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xfe,
        ];
        assert_eq!(report.to_bytes(), octets);
        assert_eq!(PositionReport::from_bytes(&octets), Some(report));
        let nowhere = [b'W', 1, 3, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(
            PositionReport::from_bytes(&nowhere).and_then(|report| report.sender),
            None
        );
    }
}

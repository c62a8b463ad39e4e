//! Type 248: when an earlier packet of the sender really left.

use crate::Timestamp;
use crate::TimestampFormat;
use crate::stamp::Stamp;
use crate::stamp::octets::field;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;
use crate::stamp::tlv::TlvKind;

use super::begin;
use super::is_ours;
use super::octet;
use super::source_from_octet;
use super::source_to_octet;

/// When an earlier packet of the sender really left it (type 248): the twin of [`crate::stamp::FollowUp`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SentFollowUp {
    /// Which packet, and when; nothing if no stamp of it has come.
    pub sent: Option<(u32, Stamp)>,
}

impl SentFollowUp {
    /// The octets of a value.
    pub const LENGTH: usize = 16;

    /// Reads a value. Nothing if it is not ours.
    pub fn from_bytes(value: &[u8], format: TimestampFormat) -> Option<Self> {
        if !is_ours(TlvKind::SENT_FOLLOW_UP, value) {
            return None;
        }
        let stamp = Stamp {
            at: Timestamp::from_bytes(field(value, 8)?, format),
            source: source_from_octet(octet(value, 2)),
        };
        let known = octet(value, 2) != 0;
        Some(Self {
            sent: known.then(|| (u32_at(value, 4), stamp)),
        })
    }

    /// The value.
    pub fn to_bytes(self, format: TimestampFormat) -> [u8; Self::LENGTH] {
        let mut value = begin();
        if let Some((sequence, stamp)) = self.sent {
            put(&mut value, 2, &[source_to_octet(stamp.source)]);
            put(&mut value, 4, &sequence.to_be_bytes());
            put(&mut value, 8, &stamp.at.to_bytes(format));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T4: Timestamp = Timestamp::from_ntp(0x1112_1314_1516_1718);

    #[test]
    fn a_sent_follow_up_has_its_fields_where_they_are_documented() {
        let report = SentFollowUp {
            sent: Some((0x0102_0304, Stamp::kernel(T4))),
        };
        let octets = [
            b'W', 1, 2, 0, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        ];
        assert_eq!(report.to_bytes(TimestampFormat::Ntp), octets);
        assert_eq!(
            SentFollowUp::from_bytes(&octets, TimestampFormat::Ntp),
            Some(report)
        );
    }
}

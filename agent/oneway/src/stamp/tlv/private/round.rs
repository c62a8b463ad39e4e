//! Type 250: how an earlier reply arrived at the sender.

use crate::Timestamp;
use crate::TimestampFormat;
use crate::stamp::Seen;
use crate::stamp::Stamp;
use crate::stamp::TrafficClass;
use crate::stamp::octets::field;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;
use crate::stamp::tlv::TlvKind;

use super::begin;
use super::is_ours;
use super::octet;
use super::source_from_octet;
use super::source_to_octet;

/// How an earlier reply arrived at the sender (type 250).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoundReport {
    /// Which, when and how; nothing if none has come since the last report.
    pub round: Option<Round>,
    /// How many replies have come in all, each counted once.
    pub received: u32,
}

/// A reply as its receiver saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Round {
    /// The sender's sequence number.
    pub sequence: u32,
    /// The reflector's.
    pub reflected: u32,
    /// T4.
    pub arrived: Stamp,
    /// The reply's header.
    pub seen: Seen,
}

impl RoundReport {
    /// The octets of a value.
    pub const LENGTH: usize = 28;

    /// Reads a value. Nothing if it is not ours.
    pub fn from_bytes(value: &[u8], format: TimestampFormat) -> Option<Self> {
        if !is_ours(TlvKind::ROUND_REPORT, value) {
            return None;
        }
        let bits = octet(value, 5);
        let round = Round {
            sequence: u32_at(value, 8),
            reflected: u32_at(value, 12),
            arrived: Stamp {
                at: Timestamp::from_bytes(field(value, 20)?, format),
                source: source_from_octet(octet(value, 2)),
            },
            seen: Seen {
                ttl: (bits & 2 != 0).then(|| octet(value, 3)),
                class: (bits & 4 != 0).then(|| TrafficClass::from_octet(octet(value, 4))),
            },
        };
        Some(Self {
            round: (bits & 1 != 0).then_some(round),
            received: u32_at(value, 16),
        })
    }

    /// The value.
    pub fn to_bytes(self, format: TimestampFormat) -> [u8; Self::LENGTH] {
        let mut value = begin();
        put(&mut value, 16, &self.received.to_be_bytes());
        let Some(round) = self.round else {
            return value;
        };
        let Seen { ttl, class } = round.seen;
        let bits = 1 | (u8::from(ttl.is_some()) << 1) | (u8::from(class.is_some()) << 2);
        let source = source_to_octet(round.arrived.source);
        let class = class.map_or(0, TrafficClass::octet);
        put(&mut value, 2, &[source, ttl.unwrap_or_default(), class, bits]);
        put(&mut value, 8, &round.sequence.to_be_bytes());
        put(&mut value, 12, &round.reflected.to_be_bytes());
        put(&mut value, 20, &round.arrived.at.to_bytes(format));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T4: Timestamp = Timestamp::from_ntp(0x1112_1314_1516_1718);

    #[test]
    fn a_round_report_has_its_fields_where_they_are_documented() {
        let round = Round {
            sequence: 0x0102_0304,
            reflected: 0x0506_0708,
            arrived: Stamp::kernel(T4),
            seen: Seen {
                ttl: Some(64),
                class: Some(TrafficClass::new(46, 1)),
            },
        };
        let report = RoundReport {
            round: Some(round),
            received: 9,
        };
        let octets = [
            b'W', 1, 2, 64, 0xb9, 7, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0x11, 0x12, 0x13, 0x14, 0x15,
            0x16, 0x17, 0x18,
        ];
        assert_eq!(report.to_bytes(TimestampFormat::Ntp), octets);
        assert_eq!(
            RoundReport::from_bytes(&octets, TimestampFormat::Ntp),
            Some(report)
        );
        let none = RoundReport {
            round: None,
            received: 9,
        };
        assert_eq!(
            RoundReport::from_bytes(&none.to_bytes(TimestampFormat::Ntp), TimestampFormat::Ntp),
            Some(none)
        );
    }
}

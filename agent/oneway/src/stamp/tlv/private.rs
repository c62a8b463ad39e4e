//! What two of our ends tell each other beyond the standard, in types for experimental use (RFC 8972 section 5.1: 240 to 251).
//!
//! A reflector that does not know them sets U and copies them, and everything else works. Their values begin with two
//! octets, `W` and the version (1), so that somebody else's experiment under the same number is not taken for ours: it
//! then counts as unknown, not as malformed. Everything is big-endian, in the format of timestamps that the packet
//! declares; what is reserved is sent as zero and ignored. A request has room for both ends, and the reflector fills in its
//! own, so that reply and request have one length.
//!
//! ```text
//! 248 sent follow-up   0 'W' 1   2 source of the stamp   3 reserved   4 sequence   8 timestamp                16 octets
//!     When the sender's packet with this sequence number really left. A source of 0: not known, the rest is zero.
//!
//! 249 clock            0 'W' 1   2 sender's state   3 reflector's state                                      28 octets
//!                      4 sender's epoch   8 reflector's epoch   12 sender's bound   20 reflector's bound (ns)
//!     A state is, in bits 0-1, 0 unknown, 1 unsynchronised, 2 synchronised; in bits 2-3 the source of the stamps with
//!     which this end receives. A new epoch means that this end has forgotten everything.
//!
//! 250 round            0 'W' 1   2 source of T4   3 TTL   4 DSCP and ECN   5 bits: 0 there is a round, 1 TTL known, 2 class known
//!                      6 reserved   8 sequence   12 reflected sequence   16 replies received   20 T4           28 octets
//!     How a reply arrived at the sender, so that the reflector knows the way back too.
//!
//! 251 position         0 'W' 1   2 bits: 0 the sender's is known, 1 the reflector's                          20 octets
//!                      3 reserved   4 sender's latitude   8 longitude   12 reflector's latitude   16 longitude (10⁻⁷ degrees)
//!
//! A source is 0 not known, 1 a program, 2 the kernel, 3 the network card.
//! ```

use crate::Timestamp;
use crate::TimestampFormat;
use crate::stamp::ClockClaim;
use crate::stamp::Position;
use crate::stamp::Seen;
use crate::stamp::Stamp;
use crate::stamp::StampSource;
use crate::stamp::TrafficClass;
use crate::stamp::octets::field;
use crate::stamp::octets::field_or_zero;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;

use super::TlvKind;

const MAGIC: [u8; 2] = [b'W', 1];

/// Whether a value is ours and of a version known here.
pub(crate) fn is_ours(kind: TlvKind, value: &[u8]) -> bool {
    let length = match kind {
        TlvKind::SENT_FOLLOW_UP => SentFollowUp::LENGTH,
        TlvKind::CLOCK_REPORT => ClockReport::LENGTH,
        TlvKind::ROUND_REPORT => RoundReport::LENGTH,
        TlvKind::POSITION_REPORT => PositionReport::LENGTH,
        _ => return false,
    };
    value.len() == length && field(value, 0) == Some(MAGIC)
}

fn begin<const N: usize>() -> [u8; N] {
    let mut value = [0; N];
    put(&mut value, 0, &MAGIC);
    value
}

fn octet(value: &[u8], at: usize) -> u8 {
    let [octet] = field_or_zero(value, at);
    octet
}

const fn source_to_octet(source: StampSource) -> u8 {
    match source {
        StampSource::User => 1,
        StampSource::Kernel => 2,
        StampSource::Hardware => 3,
    }
}

const fn source_from_octet(octet: u8) -> StampSource {
    match octet {
        2 => StampSource::Kernel,
        3 => StampSource::Hardware,
        _ => StampSource::User,
    }
}

/// When an earlier packet of the sender really left it (type 248): the twin of [`super::FollowUp`].
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
        Some(Self { sent: known.then(|| (u32_at(value, 4), stamp)) })
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

/// One end's part of a [`ClockReport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EndOfClock {
    /// What it claims about its clock.
    pub claim: ClockClaim,
    /// Who takes the stamps of what it receives; the least it can promise.
    pub receives: StampSource,
    /// Changes when this end has forgotten everything.
    pub epoch: u32,
}

impl EndOfClock {
    fn read(value: &[u8], state: usize, epoch: usize, bound: usize) -> Self {
        let octet = octet(value, state);
        let bound_nanos = u64::from_be_bytes(field_or_zero(value, bound));
        Self {
            claim: match octet & 3 {
                1 => ClockClaim::Unsynchronised,
                2 => ClockClaim::Synchronised { bound_nanos },
                _ => ClockClaim::Unknown,
            },
            receives: source_from_octet((octet >> 2) & 3),
            epoch: u32_at(value, epoch),
        }
    }

    fn write(self, value: &mut [u8], state: usize, epoch: usize, bound: usize) {
        let claim = match self.claim {
            ClockClaim::Unknown => 0,
            ClockClaim::Unsynchronised => 1,
            ClockClaim::Synchronised { .. } => 2,
        };
        put(value, state, &[claim | (source_to_octet(self.receives) << 2)]);
        put(value, epoch, &self.epoch.to_be_bytes());
        let bound_nanos = self.claim.bound_nanos().unwrap_or_default();
        put(value, bound, &bound_nanos.to_be_bytes());
    }
}

/// What both ends say of their clocks (type 249), more exactly than the error estimates can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClockReport {
    /// The sender's end.
    pub sender: EndOfClock,
    /// The reflector's end; unknown in a request.
    pub reflector: EndOfClock,
}

impl ClockReport {
    /// The octets of a value.
    pub const LENGTH: usize = 28;

    /// Reads a value. Nothing if it is not ours.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        is_ours(TlvKind::CLOCK_REPORT, value).then(|| Self {
            sender: EndOfClock::read(value, 2, 4, 12),
            reflector: EndOfClock::read(value, 3, 8, 20),
        })
    }

    /// The value.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut value = begin();
        self.sender.write(&mut value, 2, 4, 12);
        self.reflector.write(&mut value, 3, 8, 20);
        value
    }
}

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

    const T4: Timestamp = Timestamp::from_ntp(0x1112_1314_1516_1718);

    #[test]
    fn a_sent_follow_up_has_its_fields_where_they_are_documented() {
        let report = SentFollowUp { sent: Some((0x0102_0304, Stamp::kernel(T4))) };
        let octets = [
            b'W', 1, 2, 0, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        ];
        assert_eq!(report.to_bytes(TimestampFormat::Ntp), octets);
        assert_eq!(SentFollowUp::from_bytes(&octets, TimestampFormat::Ntp), Some(report));
    }

    #[test]
    fn a_clock_report_has_its_fields_where_they_are_documented() {
        let report = ClockReport {
            sender: EndOfClock {
                claim: ClockClaim::Synchronised { bound_nanos: 0x0a0b },
                receives: StampSource::Hardware,
                epoch: 0x0102_0304,
            },
            reflector: EndOfClock {
                claim: ClockClaim::Unsynchronised,
                receives: StampSource::Kernel,
                epoch: 0x0506_0708,
            },
        };
        let octets = [
            b'W', 1, 0b1110, 0b1001, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0x0a, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(report.to_bytes(), octets);
        assert_eq!(ClockReport::from_bytes(&octets), Some(report));
    }

    #[test]
    fn a_round_report_has_its_fields_where_they_are_documented() {
        let round = Round {
            sequence: 0x0102_0304,
            reflected: 0x0506_0708,
            arrived: Stamp::kernel(T4),
            seen: Seen { ttl: Some(64), class: Some(TrafficClass::new(46, 1)) },
        };
        let report = RoundReport { round: Some(round), received: 9 };
        let octets = [
            b'W', 1, 2, 64, 0xb9, 7, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
            0x18,
        ];
        assert_eq!(report.to_bytes(TimestampFormat::Ntp), octets);
        assert_eq!(RoundReport::from_bytes(&octets, TimestampFormat::Ntp), Some(report));
        let none = RoundReport { round: None, received: 9 };
        assert_eq!(
            RoundReport::from_bytes(&none.to_bytes(TimestampFormat::Ntp), TimestampFormat::Ntp),
            Some(none)
        );
    }

    #[test]
    fn a_position_report_has_its_fields_where_they_are_documented() {
        let report = PositionReport {
            sender: Position::new(525_200_000, 134_050_000),
            reflector: Position::new(-1, -2),
        };
        let octets = [
            b'W', 1, 3, 0, 0x1f, 0x4d, 0xea, 0x80, 0x07, 0xfd, 0x70, 0xd0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
        ];
        assert_eq!(report.to_bytes(), octets);
        assert_eq!(PositionReport::from_bytes(&octets), Some(report));
        let nowhere = [b'W', 1, 3, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(PositionReport::from_bytes(&nowhere).and_then(|report| report.sender), None);
    }

    #[test]
    fn another_experiment_under_the_same_number_is_not_ours() {
        let ours = ClockReport::default().to_bytes();
        assert!(is_ours(TlvKind::CLOCK_REPORT, &ours));
        assert!(!is_ours(TlvKind::ROUND_REPORT, &[0; 28]));
        assert!(!is_ours(TlvKind::CLOCK_REPORT, &ours[..27]));
        assert!(!is_ours(TlvKind(240), &ours));
        assert_eq!(ClockReport::from_bytes(&[&[b'W', 2], &ours[2..]].concat()), None);
    }
}

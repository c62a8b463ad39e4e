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
//!     In a reply               5 bits: 3 set   8 highest sequence that has arrived   12 of the 64 before it, the nearest in the
//!                              last bit: each whether it has (8 octets)   20 zero
//!     Which packets arrived, so that the sender knows which way the others were lost.
//!
//! 251 position         0 'W' 1   2 bits: 0 the sender's is known, 1 the reflector's                          20 octets
//!                      3 reserved   4 sender's latitude   8 longitude   12 reflector's latitude   16 longitude (10⁻⁷ degrees)
//!
//! A source is 0 not known, 1 a program, 2 the kernel, 3 the network card.
//! ```

mod clock;
mod follow_up;
mod position;
mod receipt;
mod round;

pub use clock::ClockReport;
pub use clock::EndOfClock;
pub use follow_up::SentFollowUp;
pub use position::PositionReport;
pub use receipt::Receipt;
pub use round::Round;
pub use round::RoundReport;

use crate::stamp::StampSource;
use crate::stamp::octets::field;
use crate::stamp::octets::field_or_zero;
use crate::stamp::octets::put;

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

/// A value of zeros, and that it is ours.
pub(super) fn begin<const N: usize>() -> [u8; N] {
    let mut value = [0; N];
    put(&mut value, 0, &MAGIC);
    value
}

/// One octet of a value.
pub(super) fn octet(value: &[u8], at: usize) -> u8 {
    let [octet] = field_or_zero(value, at);
    octet
}

pub(super) const fn source_to_octet(source: StampSource) -> u8 {
    match source {
        StampSource::User => 1,
        StampSource::Kernel => 2,
        StampSource::Hardware => 3,
    }
}

pub(super) const fn source_from_octet(octet: u8) -> StampSource {
    match octet {
        2 => StampSource::Kernel,
        3 => StampSource::Hardware,
        _ => StampSource::User,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! Type 249: what both ends say of their clocks.

use crate::stamp::ClockClaim;
use crate::stamp::StampSource;
use crate::stamp::octets::field_or_zero;
use crate::stamp::octets::put;
use crate::stamp::octets::u32_at;
use crate::stamp::tlv::TlvKind;

use super::begin;
use super::is_ours;
use super::octet;
use super::source_from_octet;
use super::source_to_octet;

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

#[cfg(test)]
mod tests {
    use super::*;

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
            b'W', 1, 0b1110, 0b1001, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0x0a, 0x0b, 0, 0, 0, 0, 0, 0,
            0, 0,
        ];
        assert_eq!(report.to_bytes(), octets);
        assert_eq!(ClockReport::from_bytes(&octets), Some(report));
    }
}

//! What the socket shell knows about a packet that came.

use core::net::SocketAddr;

use crate::Timestamp;

/// Who took a timestamp, worst first: what it is worth as an instant at the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StampSource {
    /// Nobody said, or a program read the clock: the host's own delays are in it.
    #[default]
    User,
    /// The kernel, where the packet meets the driver (`SOF_TIMESTAMPING_*_SOFTWARE`).
    Kernel,
    /// The network card, brought to the system's clock.
    Hardware,
}

impl StampSource {
    /// Whether the host's queues and wake-ups are outside of it.
    pub const fn is_at_the_wire(self) -> bool {
        !matches!(self, Self::User)
    }
}

/// A timestamp, and who took it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The instant.
    pub at: Timestamp,
    /// Who took it.
    pub source: StampSource,
}

impl Stamp {
    /// A program's reading of the clock.
    pub const fn user(at: Timestamp) -> Self {
        Self {
            at,
            source: StampSource::User,
        }
    }

    /// The kernel's software timestamp.
    pub const fn kernel(at: Timestamp) -> Self {
        Self {
            at,
            source: StampSource::Kernel,
        }
    }

    /// The network card's timestamp, by the system's clock.
    pub const fn hardware(at: Timestamp) -> Self {
        Self {
            at,
            source: StampSource::Hardware,
        }
    }

    /// Whether it tells more about a packet than another that came for the same one.
    pub(crate) fn is_better_than(self, other: Self) -> bool {
        self.source > other.source
    }
}

/// The octet of an IP header that holds DSCP and ECN (RFC 2474, RFC 3168).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TrafficClass(u8);

impl TrafficClass {
    /// From its two parts; what is beyond 6 and 2 bits is cut off.
    pub const fn new(dscp: u8, ecn: u8) -> Self {
        Self((dscp << 2) | (ecn & 3))
    }

    /// From the octet, as `IP_TOS` and `IPV6_TCLASS` tell it.
    pub const fn from_octet(octet: u8) -> Self {
        Self(octet)
    }

    /// The octet, as `IP_TOS` and `IPV6_TCLASS` take it.
    pub const fn octet(self) -> u8 {
        self.0
    }

    /// The differentiated services code point, 6 bits.
    pub const fn dscp(self) -> u8 {
        self.0 >> 2
    }

    /// Explicit congestion notification, 2 bits: 3 is "congestion experienced".
    pub const fn ecn(self) -> u8 {
        self.0 & 3
    }
}

/// What the network made of a packet's header, as its receiver saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// TTL or hop limit; it was 255 when sent (RFC 8762 section 4.2.1).
    pub ttl: Option<u8>,
    /// DSCP and ECN.
    pub class: Option<TrafficClass>,
}

/// A packet came: everything but its octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// When it came, by whoever could tell best.
    pub stamp: Stamp,
    /// What the wall clock says now that a program handles it.
    pub wall: Timestamp,
    /// Its header.
    pub seen: Seen,
    /// The address it was sent to, if known.
    pub local: Option<SocketAddr>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_octet_is_six_bits_of_dscp_and_two_of_ecn() {
        let class = TrafficClass::new(46, 3);
        assert_eq!((class.octet(), class.dscp(), class.ecn()), (0xbb, 46, 3));
        assert_eq!(TrafficClass::new(0xff, 0xff).octet(), 0xff);
    }

    #[test]
    fn a_stamp_of_the_card_is_worth_more_than_the_kernels_and_that_more_than_a_programs() {
        assert!(StampSource::Hardware > StampSource::Kernel && StampSource::Kernel > StampSource::User);
    }
}

//! The four octets before a value: flags, type, length.

use core::fmt;

/// The octets of flags, type and length.
pub(crate) const HEADER: usize = 4;

/// The flags of a TLV (RFC 8972 section 4, registry in 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlvFlags(u8);

impl TlvFlags {
    /// What a sender sets: not understood, until a reflector says otherwise.
    pub const OF_SENDER: Self = Self(0x80);
    /// The reflector knew the type and liked the length.
    pub const UNDERSTOOD: Self = Self(0);
    /// The reflector did not know the type.
    pub const UNRECOGNISED: Self = Self(0x80);
    /// The length does not suit the type, or the packet.
    pub const MALFORMED: Self = Self(0x40);
    /// The HMAC over the TLVs was wrong.
    pub const INTEGRITY_FAILED: Self = Self(0x20);

    /// From the octet. The reserved bits are ignored.
    pub const fn from_octet(octet: u8) -> Self {
        Self(octet & 0xe0)
    }

    /// The octet.
    pub const fn octet(self) -> u8 {
        self.0
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// U.
    pub const fn is_unrecognised(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// M.
    pub const fn is_malformed(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// I.
    pub const fn has_failed_integrity(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// The type of a TLV (registry in RFC 8972 section 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TlvKind(pub u8);

impl TlvKind {
    /// Section 4.1: any length, any octets.
    pub const EXTRA_PADDING: Self = Self(1);
    /// Section 4.2.
    pub const LOCATION: Self = Self(2);
    /// Section 4.3.
    pub const TIMESTAMP_INFORMATION: Self = Self(3);
    /// Section 4.4.
    pub const CLASS_OF_SERVICE: Self = Self(4);
    /// Section 4.5.
    pub const DIRECT_MEASUREMENT: Self = Self(5);
    /// Section 4.6.
    pub const ACCESS_REPORT: Self = Self(6);
    /// Section 4.7.
    pub const FOLLOW_UP: Self = Self(7);
    /// Section 4.8: last but for padding.
    pub const HMAC: Self = Self(8);
    /// Ours: [`super::SentFollowUp`].
    pub const SENT_FOLLOW_UP: Self = Self(248);
    /// Ours: [`super::ClockReport`].
    pub const CLOCK_REPORT: Self = Self(249);
    /// Ours: [`super::RoundReport`].
    pub const ROUND_REPORT: Self = Self(250);
    /// Ours: [`super::PositionReport`].
    pub const POSITION_REPORT: Self = Self(251);

    /// Whether RFC 8972 says what it means.
    pub(crate) const fn is_standard(self) -> bool {
        matches!(self.0, 1..=8)
    }
}

impl fmt::Debug for TlvKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlvKind({})", self.0)
    }
}

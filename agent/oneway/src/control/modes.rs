/// The modes that a server offers and a client chooses, as bits (RFC 4656 section 3.1; for TWAMP the IANA's TWAMP-Modes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modes(u32);

/// How a control connection and its test packets are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// Not at all.
    Open,
    /// Control encrypted; test packets carry an HMAC over their sequence number, their timestamps are in the clear.
    Authenticated,
    /// Control and test packets encrypted.
    Encrypted,
    /// Control encrypted, test packets open (TWAMP only, RFC 5618).
    Mixed,
}

impl Modes {
    /// No mode: the server wants no client.
    pub const NONE: Self = Self(0);
    /// [`Security::Open`].
    pub const OPEN: Self = Self(1);
    /// [`Security::Authenticated`].
    pub const AUTHENTICATED: Self = Self(2);
    /// [`Security::Encrypted`].
    pub const ENCRYPTED: Self = Self(4);
    /// [`Security::Mixed`], only in TWAMP.
    pub const MIXED: Self = Self(8);
    /// Test packets are as large as their replies (RFC 6038), only in TWAMP.
    pub const SYMMETRICAL_SIZE: Self = Self(64);
    /// Either side may write timestamps in PTP's format (RFC 8186), only in TWAMP.
    pub const PTP_TIMESTAMPS: Self = Self(512);

    const SECURITY: u32 = 15;

    /// The modes of these bits; unknown ones are kept.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both have.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of the other's are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The kind of protection, if exactly one is named.
    pub const fn security(self) -> Option<Security> {
        match self.0 & Self::SECURITY {
            1 => Some(Security::Open),
            2 => Some(Security::Authenticated),
            4 => Some(Security::Encrypted),
            8 => Some(Security::Mixed),
            _ => None,
        }
    }

    /// Whether a protection is offered at all. A client must not go on without one.
    pub const fn offers_any(self) -> bool {
        self.0 & Self::SECURITY != 0
    }
}

impl Security {
    /// Its bit.
    pub const fn mode(self) -> Modes {
        match self {
            Self::Open => Modes::OPEN,
            Self::Authenticated => Modes::AUTHENTICATED,
            Self::Encrypted => Modes::ENCRYPTED,
            Self::Mixed => Modes::MIXED,
        }
    }

    /// Whether the control connection is encrypted.
    pub const fn protects_control(self) -> bool {
        !matches!(self, Self::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_protection_is_a_choice() {
        for (bits, expected) in [
            (0, None),
            (1, Some(Security::Open)),
            (3, None),
            (8 + 64, Some(Security::Mixed)),
            (64, None),
        ] {
            assert_eq!(Modes::from_bits(bits).security(), expected);
        }
    }
}

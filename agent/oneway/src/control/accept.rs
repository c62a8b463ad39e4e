use core::fmt;

/// The answer to a request (RFC 4656 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accept {
    /// Yes.
    Ok,
    /// No, for a reason that is not given.
    Failure,
    /// No: something broke inside.
    InternalError,
    /// No: this is not supported.
    NotSupported,
    /// No, and never: it is more than is allowed.
    PermanentLimit,
    /// Not now: too much is going on.
    TemporaryLimit,
    /// A code without a meaning yet; it is a no.
    Unknown(u8),
}

impl Accept {
    /// The answer with this code.
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Ok,
            1 => Self::Failure,
            2 => Self::InternalError,
            3 => Self::NotSupported,
            4 => Self::PermanentLimit,
            5 => Self::TemporaryLimit,
            other => Self::Unknown(other),
        }
    }

    /// Its code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failure => 1,
            Self::InternalError => 2,
            Self::NotSupported => 3,
            Self::PermanentLimit => 4,
            Self::TemporaryLimit => 5,
            Self::Unknown(code) => code,
        }
    }

    /// Whether it is a yes.
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }
}

impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("accepted"),
            Self::Failure => f.write_str("no reason given (code 1)"),
            Self::InternalError => f.write_str("an internal error (code 2)"),
            Self::NotSupported => f.write_str("not supported (code 3)"),
            Self::PermanentLimit => f.write_str("more than is allowed (code 4)"),
            Self::TemporaryLimit => f.write_str("too much at the moment (code 5)"),
            Self::Unknown(code) => write!(f, "code {code}"),
        }
    }
}

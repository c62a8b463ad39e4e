//! Why an intensity is not known, or not renewed.

use crate::fetch::FetchError;

/// What is wrong, in a few words that are the same for the same trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The first answer has not come.
    Waiting,
    /// The service refuses the token.
    Refused,
    /// The service wants to be asked less often.
    TooMany,
    /// The service knows no such zone, or has moved.
    NotFound,
    /// The service has trouble of its own.
    Broken,
    /// Nobody answers.
    Unreachable,
    /// Nothing came in time.
    Slow,
    /// TLS: not who it should be.
    NotTrusted,
    /// The file of the token cannot be read, or holds none.
    NoToken,
    /// An answer that is not understood.
    Strange,
    /// An answer that says of the zone or of the kind of intensity asked for nothing.
    NoValue,
    /// The newest value is too old.
    Stale,
    /// The file cannot be read.
    NoFile,
    /// The file is in no known form.
    NoTrace,
    /// The file has more rows than are kept.
    TooLong,
    /// The recording has come to its end.
    Ended,
    /// It begins later.
    NotYet,
    /// The table has no such country.
    NoCountry,
    /// No country is known.
    WhichCountry,
}

impl Trouble {
    /// What is wrong: the label `reason` of `wattle_sensor_info`.
    pub fn reason(self) -> &'static str {
        self.words().0
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Waiting => ("no answer yet", ""),
            Self::Refused => (
                "the service refuses the token",
                "put a valid one into carbon.token-file",
            ),
            Self::TooMany => ("the service was asked too often", "give carbon.poll more time"),
            Self::NotFound => (
                "the service knows nothing at this address",
                "check carbon.zone and carbon.http.url",
            ),
            Self::Broken => ("the service has trouble of its own", ""),
            Self::Unreachable => (
                "the service cannot be reached",
                "check carbon.http.url, name service and firewall",
            ),
            Self::Slow => ("the service does not answer in time", ""),
            Self::NotTrusted => (
                "the certificate of the service is not trusted",
                "name its authority with carbon.ca-file",
            ),
            Self::NoToken => (
                "no token",
                "let carbon.token-file name a file that the agent may read",
            ),
            Self::Strange => (
                "the answer is not understood",
                "check carbon.http.provider and carbon.http.pointer",
            ),
            Self::NoValue => (
                "the answer has no value for this",
                "check carbon.zone, carbon.accounting and carbon.http.pointer",
            ),
            Self::Stale => ("the newest value is too old", ""),
            Self::NoFile => (
                "the file cannot be read",
                "check carbon.file.path and its permissions",
            ),
            Self::NoTrace => (
                "the file is in no known form",
                "rows of seconds,grams or a header with timestamp and carbon_intensity_avg are needed",
            ),
            Self::TooLong => ("the file has too many rows", "shorten it to 300000"),
            Self::Ended => (
                "the recording has ended",
                "restart it with carbon.file.start or use a longer one",
            ),
            Self::NotYet => ("the recording begins later", ""),
            Self::NoCountry => (
                "the table has no such country",
                "give a country of ISO 3166-1 with carbon.zone",
            ),
            Self::WhichCountry => (
                "no country is known",
                "give one with carbon.zone or location.country",
            ),
        }
    }

    /// The trouble with a status that is no success.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Refused,
            429 => Self::TooMany,
            500.. => Self::Broken,
            _ => Self::NotFound,
        }
    }
}

impl From<&FetchError> for Trouble {
    fn from(error: &FetchError) -> Self {
        match error {
            FetchError::Timeout => Self::Slow,
            FetchError::Tls(_) | FetchError::Authorities { .. } => Self::NotTrusted,
            FetchError::Open | FetchError::Header => Self::NoToken,
            FetchError::Body | FetchError::Http(_) => Self::Strange,
            FetchError::Connect { .. } | FetchError::Io(_) => Self::Unreachable,
        }
    }
}

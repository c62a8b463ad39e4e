use super::WireError;
use super::octets::Octets;
use crate::ErrorEstimate;
use crate::Timestamp;

/// A timestamp and its error estimate, as they stand in a packet: what comes in goes out bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    time: [u8; 8],
    error: ErrorEstimate,
}

impl Stamp {
    /// This time, written in the format that the estimate names.
    pub const fn new(time: Timestamp, error: ErrorEstimate) -> Self {
        Self {
            time: time.to_bytes(error.format()),
            error,
        }
    }

    /// The time.
    pub const fn time(self) -> Timestamp {
        Timestamp::from_bytes(self.time, self.error.format())
    }

    /// How wrong it may be.
    pub const fn error(self) -> ErrorEstimate {
        self.error
    }

    pub(crate) fn decode(fields: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            time: fields.array()?,
            error: ErrorEstimate::from_bytes(fields.array()?),
        })
    }

    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        out.extend(self.time);
        out.extend(self.error.to_bytes());
    }

    /// A time without an estimate of its own beside it, in the format of this one.
    pub(crate) fn sibling(self, time: Timestamp) -> [u8; 8] {
        time.to_bytes(self.error.format())
    }
}

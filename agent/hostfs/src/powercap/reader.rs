//! The energy counter of one zone, read each tick.

use std::path::Path;

use super::Zone;
use crate::Error;
use crate::ParseError;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::text;

/// Why a counter could not be read this time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneFault {
    /// The file is there and not for us.
    #[error(
        "permission denied: energy_uj is for root alone since CVE-2020-8694; \
         run the agent with the capability CAP_DAC_READ_SEARCH"
    )]
    Permission,
    /// The zone is no longer there.
    #[error("the zone has gone")]
    Gone,
    /// The file holds no number.
    #[error("energy_uj: {0}")]
    Garbage(ParseError),
    /// The kernel answered something else.
    #[error("{0}")]
    Failed(String),
}

impl ZoneFault {
    /// One word for it, for labels.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Gone => "gone",
            Self::Garbage(_) => "garbage",
            Self::Failed(_) => "failed",
        }
    }
}

impl From<Error> for ZoneFault {
    fn from(error: Error) -> Self {
        match error {
            error if error.is_permission() => Self::Permission,
            error if error.is_gone() => Self::Gone,
            Error::Parse { source, .. } => Self::Garbage(source),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// A zone and its counter, kept open.
#[derive(Debug)]
pub struct ZoneReader {
    zone: Zone,
    energy: LastingFile,
}

impl ZoneReader {
    pub(super) fn new(zone: Zone, directory: &Path) -> Self {
        Self {
            zone,
            energy: LastingFile::new(directory.join("energy_uj")),
        }
    }

    /// What is counted.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The counter in microjoules, with one system call as long as nothing is wrong.
    ///
    /// After a fault the file is opened by name again at the next call: the zone may come back.
    pub fn read(&mut self, scratch: &mut Scratch) -> Result<u64, ZoneFault> {
        Ok(self.energy.parse_record(scratch, text::number)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use nix::libc;

    use super::*;

    #[test]
    fn faults_are_told_apart_by_what_the_kernel_answered() {
        let answer = |number| Error::io(Path::new("energy_uj"), io::Error::from_raw_os_error(number));
        let table = [
            (libc::EACCES, "permission"),
            (libc::EPERM, "permission"),
            (libc::ENOENT, "gone"),
            (libc::ENODEV, "gone"),
            (libc::EINVAL, "failed"),
            (libc::ENODATA, "failed"),
        ];
        for (number, word) in table {
            assert_eq!(ZoneFault::from(answer(number)).as_str(), word, "errno {number}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        assert!(ZoneFault::Permission.to_string().contains("CAP_DAC_READ_SEARCH"));
    }
}

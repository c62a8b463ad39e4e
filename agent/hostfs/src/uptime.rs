//! `/proc/uptime`: how long ago the host was booted, proc_uptime(5).

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::text;

/// The time since boot in clock ticks: the unit and origin of the start times of processes.
pub fn parse(file: &[u8]) -> std::result::Result<u64, ParseError> {
    let wrong = || ParseError::new("seconds with two decimals", file);
    let first = text::words(file).next().ok_or_else(wrong)?;
    let dot = first.iter().position(|&byte| byte == b'.').ok_or_else(wrong)?;
    let (seconds, decimals) = (&first[..dot], &first[dot + 1..]);
    if decimals.len() != 2 {
        return Err(wrong());
    }
    let seconds = text::digits(seconds).ok_or_else(wrong)?;
    let hundredths = text::digits(decimals).ok_or_else(wrong)?;
    seconds
        .checked_mul(100)
        .and_then(|ticks| ticks.checked_add(hundredths))
        .ok_or_else(wrong)
}

/// The file, kept open.
#[derive(Debug)]
pub struct UptimeReader(LastingFile);

impl UptimeReader {
    /// The file below `roots`, which is opened at the first reading.
    pub fn new(roots: &Roots) -> Self {
        Self(LastingFile::new(roots.proc.join("uptime")))
    }

    /// Clock ticks since boot.
    pub fn read_ticks(&mut self, scratch: &mut Scratch) -> Result<u64> {
        self.0.parse_record(scratch, parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_hundredths_are_ticks() {
        assert_eq!(parse(b"350735.47 234388.90\n"), Ok(35_073_547));
        assert_eq!(parse(b"0.00 0.00\n"), Ok(0));
        for bad in [
            &b""[..],
            b"\n",
            b"12",
            b"12.3 1.00",
            b".00",
            b"-1.00",
            b"184467440737095516.16 0",
        ] {
            assert!(parse(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }
}

//! How many want to run, `/proc/loadavg`, proc_loadavg(5).

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::text;

/// Those that run or wait for a CPU or a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadAverage {
    /// Means over the last minute, five and fifteen, in hundredths.
    pub hundredths: [u64; 3],
    /// Threads that run or want to at this moment.
    pub runnable: u64,
}

/// Parses the file.
pub fn parse(file: &[u8]) -> std::result::Result<LoadAverage, ParseError> {
    understood(file).ok_or_else(|| ParseError::new("three means and how many are runnable", file))
}

fn understood(file: &[u8]) -> Option<LoadAverage> {
    let mut words = text::words(file);
    let mut mean = || hundredths(words.next()?);
    let hundredths = [mean()?, mean()?, mean()?];
    let runnable = words.next()?.split(|&byte| byte == b'/').next()?;
    Some(LoadAverage {
        hundredths,
        runnable: text::digits(runnable)?,
    })
}

fn hundredths(word: &[u8]) -> Option<u64> {
    let dot = word.iter().position(|&byte| byte == b'.')?;
    let (whole, rest) = (text::digits(&word[..dot])?, &word[dot + 1..]);
    let rest = text::digits(rest).filter(|_| rest.len() == 2)?;
    whole.checked_mul(100)?.checked_add(rest)
}

/// The file, kept open.
#[derive(Debug)]
pub struct LoadReader(LastingFile);

impl LoadReader {
    /// The file below `roots`, which is opened at the first reading.
    pub fn new(roots: &Roots) -> Self {
        Self(LastingFile::new(roots.proc.join("loadavg")))
    }

    /// What it says now.
    pub fn read(&mut self, scratch: &mut Scratch) -> Result<LoadAverage> {
        self.0.parse_record(scratch, parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_the_runnable_are_read() {
        let load = LoadAverage {
            hundredths: [20, 118, 1200],
            runnable: 3,
        };
        assert_eq!(parse(b"0.20 1.18 12.00 3/829 11206\n"), Ok(load));
        for bad in [
            &b""[..],
            b"0.20 1.18 12.00\n",
            b"0.2 1.18 12.00 3/829 1\n",
            b"-0.20 1.18 12.00 3/829 1\n",
            b"0.20 1.18 12.00 x/829 1\n",
        ] {
            assert!(parse(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }
}

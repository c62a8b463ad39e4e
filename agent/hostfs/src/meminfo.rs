//! Memory of the host, `/proc/meminfo`.
//!
//! Kernel page: `Documentation/filesystems/proc.rst`, "meminfo".

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::text;

/// The kernel writes `kB` and means 1024 bytes.
const UNIT: u64 = 1024;

/// Memory in bytes; None for what the file does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meminfo {
    /// Memory the kernel can use.
    pub total_bytes: Option<u64>,
    /// Memory that nothing uses, not even a cache.
    pub free_bytes: Option<u64>,
    /// Memory that new work could have without swapping. Kernels before 3.14 do not say.
    pub available_bytes: Option<u64>,
    /// Swap space.
    pub swap_total_bytes: Option<u64>,
    /// Swap space that nothing uses.
    pub swap_free_bytes: Option<u64>,
}

impl Meminfo {
    fn place(&mut self, key: &[u8]) -> Option<&mut Option<u64>> {
        match key {
            b"MemTotal:" => Some(&mut self.total_bytes),
            b"MemFree:" => Some(&mut self.free_bytes),
            b"MemAvailable:" => Some(&mut self.available_bytes),
            b"SwapTotal:" => Some(&mut self.swap_total_bytes),
            b"SwapFree:" => Some(&mut self.swap_free_bytes),
            _ => None,
        }
    }
}

/// Parses the file; only the lines that are wanted must be well formed.
pub fn parse(file: &[u8]) -> std::result::Result<Meminfo, ParseError> {
    let mut memory = Meminfo::default();
    for line in text::lines(file) {
        let mut words = text::words(line);
        if let Some(place) = words.next().and_then(|key| memory.place(key)) {
            let kilobytes = words
                .next()
                .and_then(text::digits)
                .filter(|_| words.next() == Some(b"kB"));
            let bytes = kilobytes.and_then(|kilobytes| kilobytes.checked_mul(UNIT));
            *place = Some(bytes.ok_or_else(|| ParseError::new("a number of kB", line))?);
        }
    }
    if memory == Meminfo::default() {
        return Err(ParseError::new("lines of /proc/meminfo", file));
    }
    Ok(memory)
}

/// `/proc/meminfo`, kept open.
#[derive(Debug)]
pub struct MeminfoReader(LastingFile);

impl MeminfoReader {
    /// The file below `roots`, which is opened at the first reading.
    pub fn new(roots: &Roots) -> Self {
        Self(LastingFile::new(roots.proc.join("meminfo")))
    }

    /// Reads it now.
    pub fn read(&mut self, scratch: &mut Scratch) -> Result<Meminfo> {
        self.0.parse_all(scratch, parse)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    const SERVER: &str = "\
MemTotal:       263802180 kB
MemFree:        12077216 kB
MemAvailable:   198263044 kB
Buffers:         1187424 kB
Cached:         172220108 kB
SwapCached:            0 kB
SwapTotal:       8388604 kB
SwapFree:        8388604 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
";

    #[test]
    fn the_file_of_a_server_is_read_in_bytes() {
        let expected = Meminfo {
            total_bytes: Some(263_802_180 * 1024),
            free_bytes: Some(12_077_216 * 1024),
            available_bytes: Some(198_263_044 * 1024),
            swap_total_bytes: Some(8_388_604 * 1024),
            swap_free_bytes: Some(8_388_604 * 1024),
        };
        assert_eq!(parse(SERVER.as_bytes()), Ok(expected));
    }

    #[test]
    fn what_the_kernel_does_not_say_is_absent_and_not_zero() {
        let memory = parse(b"MemTotal: 2048 kB\nMemFree: 0 kB\n").unwrap();
        assert_eq!(
            (memory.total_bytes, memory.free_bytes),
            (Some(2_097_152), Some(0))
        );
        assert_eq!((memory.available_bytes, memory.swap_total_bytes), (None, None));
    }

    #[test]
    fn a_wanted_line_that_is_cut_or_odd_is_an_error_with_its_text() {
        let table = [
            "MemTotal:",
            "MemTotal: 12",
            "MemTotal: 12 MB",
            "MemTotal: -12 kB",
            "MemTotal: 18446744073709551615 kB",
            "MemTotal: 99999999999999999999 kB",
        ];
        for bad in table {
            assert_eq!(parse(bad.as_bytes()).unwrap_err().text, bad);
        }
        for nothing in [&b""[..], b"\0\xff", b"Buffers: 1 kB\n"] {
            assert!(parse(nothing).is_err());
        }
    }

    #[test]
    fn a_reading_after_the_first_allocates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(&roots.proc).unwrap();
        fs::write(roots.proc.join("meminfo"), SERVER).unwrap();
        let (mut reader, mut scratch) = (MeminfoReader::new(&roots), Scratch::default());
        let first = reader.read(&mut scratch).unwrap();
        let used = allocation_counter::measure(|| assert_eq!(reader.read(&mut scratch).unwrap(), first));
        assert_eq!(used.count_total, 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_line_like_those_of_the_file_is_parsed_without_a_panic(file in "(MemTotal:|SwapFree:)[ 0-9a-zA-Z]{0,30}") {
            let _ = parse(file.as_bytes());
        }
    }
}

//! Pressure stall information, `/proc/pressure`.
//!
//! Kernel page: `Documentation/accounting/psi.rst`.

use crate::Error;
use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::lasting::LastingFile;
use crate::text;

/// What tasks wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A CPU to run on.
    Cpu,
    /// Memory to be reclaimed or read back.
    Memory,
    /// A disk.
    Io,
    /// Interrupts to be done with; since Linux 6.1, and only if the kernel accounts for them.
    Irq,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Memory, Self::Io, Self::Irq];

    /// The name of its file, and the word for it in labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Io => "io",
            Self::Irq => "irq",
        }
    }
}

/// How long tasks were stalled since boot, in microseconds; None for what the kernel does not keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// At least one task waited. Not kept for interrupts.
    pub some_usec: Option<u64>,
    /// All tasks waited at once. Not kept for the CPU before Linux 5.13.
    pub full_usec: Option<u64>,
}

/// Parses one of the files.
pub fn parse(file: &[u8]) -> std::result::Result<Pressure, ParseError> {
    let mut pressure = Pressure::default();
    for line in text::lines(file) {
        let mut words = text::words(line);
        let place = match words.next() {
            Some(b"some") => &mut pressure.some_usec,
            Some(b"full") => &mut pressure.full_usec,
            _ => continue,
        };
        let total = words
            .find_map(|word| word.strip_prefix(b"total="))
            .and_then(text::digits);
        *place = Some(total.ok_or_else(|| ParseError::new("total= and microseconds", line))?);
    }
    if pressure == Pressure::default() {
        return Err(ParseError::new("a line some or full", file));
    }
    Ok(pressure)
}

/// One file of `/proc/pressure`, kept open.
#[derive(Debug)]
pub struct PressureReader {
    /// None once the kernel has said that it does not keep this; it decides so at boot.
    file: Option<LastingFile>,
}

impl PressureReader {
    /// The file of `resource` below `roots`, which is opened at the first reading.
    pub fn new(roots: &Roots, resource: Resource) -> Self {
        Self {
            file: Some(LastingFile::new(
                roots.proc.join("pressure").join(resource.as_str()),
            )),
        }
    }

    /// Reads it now; None on a kernel that does not keep this, or was told not to (`psi=0`).
    pub fn read(&mut self, scratch: &mut Scratch) -> Result<Option<Pressure>> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        match file.parse_record(scratch, parse) {
            Err(error) if is_unsupported(&error) => {
                self.file = None;
                Ok(None)
            }
            other => other.map(Some),
        }
    }
}

fn is_unsupported(error: &Error) -> bool {
    let refused = matches!(error, Error::Io { source, .. }
        if source.raw_os_error() == Some(nix::libc::EOPNOTSUPP));
    refused || error.is_gone()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    const MEMORY: &str = "\
some avg10=0.00 avg60=0.15 avg300=0.45 total=8362440
full avg10=0.00 avg60=0.00 avg300=0.06 total=2222791
";

    #[test]
    fn totals_are_found_whatever_the_averages() {
        let table = [
            (MEMORY, Some(8_362_440), Some(2_222_791)),
            ("some avg10=1.00 avg60=0.00 avg300=0.00 total=5\n", Some(5), None),
            ("full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", None, Some(0)),
            ("later avg10=0 total=x\nsome total=1 more=2\n", Some(1), None),
        ];
        for (file, some_usec, full_usec) in table {
            assert_eq!(
                parse(file.as_bytes()),
                Ok(Pressure { some_usec, full_usec }),
                "{file}"
            );
        }
    }

    #[test]
    fn a_line_without_its_total_is_an_error_with_its_text() {
        for bad in [
            "some",
            "some avg10=0.00",
            "full total=",
            "some total=-1",
            "some total=99999999999999999999",
        ] {
            assert_eq!(parse(bad.as_bytes()).unwrap_err().text, bad);
        }
        for nothing in [&b""[..], b"\n", b"\xff\0"] {
            assert!(parse(nothing).is_err());
        }
    }

    #[test]
    fn a_kernel_without_pressure_is_no_failure() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        for resource in Resource::ALL {
            let mut reader = PressureReader::new(&roots, resource);
            assert_eq!(reader.read(&mut Scratch::default()).unwrap(), None);
            assert_eq!(reader.read(&mut Scratch::default()).unwrap(), None);
        }
        let off = Error::io(
            Path::new("cpu"),
            io::Error::from_raw_os_error(nix::libc::EOPNOTSUPP),
        );
        assert!(is_unsupported(&off));
        let refused = Error::io(Path::new("cpu"), io::Error::from_raw_os_error(nix::libc::EACCES));
        assert!(!is_unsupported(&refused));
    }

    #[test]
    fn a_reading_after_the_first_allocates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        fs::create_dir_all(roots.proc.join("pressure")).unwrap();
        fs::write(roots.proc.join("pressure/memory"), MEMORY).unwrap();
        let (mut reader, mut scratch) = (PressureReader::new(&roots, Resource::Memory), Scratch::default());
        let first = reader.read(&mut scratch).unwrap();
        let used = allocation_counter::measure(|| assert_eq!(reader.read(&mut scratch).unwrap(), first));
        assert_eq!((used.count_total, first.is_some()), (0, true));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_line_like_those_of_the_files_is_parsed_without_a_panic(file in "(some|full) [a-z0-9=. ]{0,40}") {
            let _ = parse(file.as_bytes());
        }
    }
}

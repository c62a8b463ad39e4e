//! What the host is called, `/proc/sys/kernel/hostname`.
//!
//! Kernel page: `Documentation/admin-guide/sysctl/kernel.rst`, `hostname`. It is the name in the UTS namespace of whoever reads.

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::kept::read_once;

/// `__NEW_UTS_LEN`.
const MAX_BYTES: usize = 64;

/// Parses the file. Whoever may set the name may set it to anything printable.
pub fn parse(file: &[u8]) -> std::result::Result<Box<str>, ParseError> {
    let name = file.trim_ascii();
    let printable = name.iter().all(u8::is_ascii_graphic);
    match std::str::from_utf8(name) {
        Ok(text) if printable && !text.is_empty() && text.len() <= MAX_BYTES => Ok(text.into()),
        _ => Err(ParseError::new("the name of a host", file)),
    }
}

/// Reads it.
pub fn read(roots: &Roots) -> Result<Box<str>> {
    let path = roots.proc.join("sys/kernel/hostname");
    parse(&read_once(&path)?).map_err(|error| error.at(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_without_its_line_end_and_nothing_else_is_a_name() {
        assert_eq!(parse(b"node7.example.org\n").as_deref(), Ok("node7.example.org"));
        let long = [b'a'; MAX_BYTES + 1];
        for bad in [&b""[..], b"\n", b"a b", b"a\x1b[2J", b"\xff", &long] {
            assert!(parse(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }
}

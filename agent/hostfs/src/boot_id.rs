//! The identity of this boot, `/proc/sys/kernel/random/boot_id`.
//!
//! Kernel page: `Documentation/admin-guide/sysctl/kernel.rst`, `random`. Counters saved under another identity have
//! started again since.

use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::kept::read_once;

/// A UUID has 36 bytes.
const MAX_BYTES: usize = 64;

/// Parses the file: hexadecimal digits and dashes.
pub fn parse(file: &[u8]) -> std::result::Result<Box<str>, ParseError> {
    let id = file.trim_ascii();
    let well_formed = id.iter().any(u8::is_ascii_hexdigit)
        && id.len() <= MAX_BYTES
        && id.iter().all(|&byte| byte.is_ascii_hexdigit() || byte == b'-');
    match std::str::from_utf8(id) {
        Ok(text) if well_formed => Ok(text.into()),
        _ => Err(ParseError::new(
            "a boot id of hexadecimal digits and dashes",
            file,
        )),
    }
}

/// Reads it; it does not change while the host runs.
pub fn read(roots: &Roots) -> Result<Box<str>> {
    let path = roots.proc.join("sys/kernel/random/boot_id");
    parse(&read_once(&path)?).map_err(|error| error.at(&path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_boot_id_is_read_without_its_line_end() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        assert!(read(&roots).unwrap_err().is_gone());
        fs::create_dir_all(roots.proc.join("sys/kernel/random")).unwrap();
        fs::write(
            roots.proc.join("sys/kernel/random/boot_id"),
            "552c60b3-a21f-4f0d-9bc8-db87ad9efdf4\n",
        )
        .unwrap();
        assert_eq!(&*read(&roots).unwrap(), "552c60b3-a21f-4f0d-9bc8-db87ad9efdf4");
    }

    #[test]
    fn what_is_no_boot_id_is_refused() {
        let long = [b'a'; MAX_BYTES + 1];
        for bad in [
            &b""[..],
            b"\n",
            b"----",
            b"552c60b3 a21f",
            b"../../etc",
            b"\xff\xfe",
            &long,
        ] {
            assert!(parse(bad).is_err(), "{:?}", String::from_utf8_lossy(bad));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }
    }
}

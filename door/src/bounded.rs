//! Files that the web configuration is made of.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;

/// Longer than any certificate chain; a path to something endless by mistake does not fill the memory.
const LONGEST: u64 = 1 << 20;

/// The bytes of a file of moderate length.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("longer than {LONGEST} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_refused() {
        assert_eq!(
            read(Path::new("/dev/zero")).unwrap_err().to_string(),
            "longer than 1048576 bytes"
        );
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
    }
}

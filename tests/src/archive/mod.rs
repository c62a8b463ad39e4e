//! Hosts as text: a captured or made-up host in one file that can be read, compared and reviewed.
//!
//! ```text
//! # wattle host archive 1
//! ## proc/uptime
//! 3600.00 14400.00
//! ## sys/class/powercap/intel-rapl:0 -> ../../devices/virtual/powercap/intel-rapl/intel-rapl:0
//! ## boot/efi/
//! ## proc/812 gone
//! ```
//!
//! A line that starts with `## ` opens an entry: a file, whose text follows; a symbolic link; a directory that may be empty; or,
//! in an archive that is laid over another, something that is not there any more. Entries are sorted. In paths, targets and
//! texts, `\\` is a backslash and `\xNN` any byte that is not a printable ASCII character (or a tab in a text); a space in a path or
//! target and a `#` that starts a line of text are escaped too. A lone `\` at the end of a line means that the text ends there
//! without a line end.
//!
//! Modes, owners and times are not kept.

mod capture;
mod disk;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

pub use capture::Capture;

/// The entries of an archive by path; the paths are relative and have no `..`.
pub type Entries = BTreeMap<String, Entry>;

/// What a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file and what it says.
    File(Vec<u8>),
    /// A symbolic link and where it leads.
    Link(String),
    /// A directory.
    Directory,
    /// Not there any more, with all below it.
    Gone,
}

/// The host in `directory` as text.
pub fn pack(directory: &Path) -> Result<String> {
    Ok(text::format(&disk::read(directory)?))
}

/// Writes the host that `archive` holds into `directory`, over what is there. Files that are there are rewritten in place, so that
/// kept descriptors see the new text. A path that leads out of the directory is refused before anything is written.
pub fn unpack(archive: &str, directory: &Path) -> Result<()> {
    disk::write(&text::parse(archive)?, directory)
}

/// What has to be laid over `before` to make it `after`, as text.
pub fn overlay(before: &Path, after: &Path) -> Result<String> {
    let (before, mut after) = (disk::read(before)?, disk::read(after)?);
    let mut gone = Entries::new();
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        let whole = above(path)
            .find(|above| !disk::has(&after, above))
            .unwrap_or(path);
        gone.insert(whole.to_owned(), Entry::Gone);
    }
    after.retain(|path, entry| before.get(path) != Some(entry));
    after.append(&mut gone);
    Ok(text::format(&after))
}

/// The directories that a path is in, from the outermost.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn sample() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("proc/1")).unwrap();
        fs::create_dir_all(dir.path().join("boot/efi")).unwrap();
        fs::write(dir.path().join("proc/1/cmdline"), b"/sbin/init\0\xff\\x").unwrap();
        fs::write(dir.path().join("proc/empty"), "").unwrap();
        fs::write(dir.path().join("proc/line"), "\n## not a header\n").unwrap();
        fs::create_dir(dir.path().join("machine-qemu\\x2d1 a")).unwrap();
        fs::write(dir.path().join("machine-qemu\\x2d1 a/cpu.stat"), "usage_usec 1\n").unwrap();
        symlink("proc/1", dir.path().join("self")).unwrap();
        dir
    }

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let (from, to) = (sample(), tempfile::tempdir().unwrap());
        let archive = pack(from.path()).unwrap();
        unpack(&archive, to.path()).unwrap();
        assert_eq!(pack(to.path()).unwrap(), archive);
        assert_eq!(
            fs::read(to.path().join("proc/1/cmdline")).unwrap(),
            b"/sbin/init\0\xff\\x"
        );
        assert_eq!(
            fs::read_to_string(to.path().join("proc/line")).unwrap(),
            "\n## not a header\n"
        );
        assert_eq!(
            fs::read_link(to.path().join("self")).unwrap(),
            Path::new("proc/1")
        );
        assert!(to.path().join("boot/efi").is_dir());
    }

    #[test]
    fn an_overlay_holds_what_differs_and_makes_the_one_the_other() {
        let (before, after) = (sample(), sample());
        fs::write(after.path().join("proc/empty"), "full\n").unwrap();
        fs::remove_dir_all(after.path().join("machine-qemu\\x2d1 a")).unwrap();
        let later = overlay(before.path(), after.path()).unwrap();
        let lines: Vec<&str> = later.lines().skip(1).collect();
        assert_eq!(
            lines,
            ["## machine-qemu\\\\x2d1\\x20a gone", "## proc/empty", "full"]
        );
        unpack(&later, before.path()).unwrap();
        assert_eq!(pack(before.path()).unwrap(), pack(after.path()).unwrap());
    }
}

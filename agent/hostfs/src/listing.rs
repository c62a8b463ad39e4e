//! Directories that are listed again and again.
//!
//! `getdents64(2)` into one reused buffer: neither the standard library's nor the C library's reader lists a
//! directory without allocating for each entry or each directory.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::Seek;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::FileType;
use rustix::fs::RawDir;

use crate::Error;
use crate::Result;

/// As much as the C library asks for at once; a longer directory takes more calls.
const SIZE: usize = 32 << 10;

/// The memory into which directories are listed.
pub(crate) struct DirBuffer(Box<[MaybeUninit<u8>]>);

impl Default for DirBuffer {
    fn default() -> Self {
        Self(vec![MaybeUninit::uninit(); SIZE].into_boxed_slice())
    }
}

impl fmt::Debug for DirBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirBuffer").finish_non_exhaustive()
    }
}

/// One name in a directory.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a OsStr,
    pub(crate) inode: u64,
    /// `None` on a file system that does not say; a symbolic link is no directory.
    pub(crate) is_dir: Option<bool>,
}

/// Opens a directory for [`list`].
pub(crate) fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| Error::io(path, source))
}

/// Hands out the entries of `dir` but `.` and `..`, from the first.
///
/// # Errors
/// `path` serves only to say where. A directory removed since it was opened [is gone](Error::is_gone), or lists nothing.
pub(crate) fn list(
    dir: &File,
    path: &Path,
    buffer: &mut DirBuffer,
    mut each: impl FnMut(Entry<'_>),
) -> Result<()> {
    let mut position = dir;
    position.rewind().map_err(|source| Error::io(path, source))?;
    let mut entries = RawDir::new(dir, &mut buffer.0);
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(|errno| Error::io(path, errno.into()))?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            let is_dir = match entry.file_type() {
                FileType::Unknown => None,
                kind => Some(kind.is_dir()),
            };
            each(Entry {
                name: OsStr::from_bytes(name),
                inode: entry.ino(),
                is_dir,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_directory_is_listed_anew_each_time_however_long_it_is() {
        let tree = tempfile::tempdir().unwrap();
        let dir = open(tree.path()).unwrap();
        let mut buffer = DirBuffer::default();
        for count in [0, 1, 1000] {
            for name in 0..count {
                std::fs::write(tree.path().join(format!("a-rather-long-name-{name}")), "").unwrap();
            }
            let mut seen = BTreeMap::new();
            list(&dir, tree.path(), &mut buffer, |entry| {
                seen.insert(entry.name.to_owned(), entry.is_dir);
            })
            .unwrap();
            assert_eq!(seen.len(), count);
            assert!(seen.values().all(|is_dir| *is_dir != Some(true)));
        }
    }

    #[test]
    fn a_removed_directory_is_gone() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("inner");
        std::fs::create_dir(&path).unwrap();
        let dir = open(&path).unwrap();
        std::fs::remove_dir(&path).unwrap();
        let error = list(&dir, &path, &mut DirBuffer::default(), |_| {}).unwrap_err();
        assert!(error.is_gone(), "{error}");
    }
}

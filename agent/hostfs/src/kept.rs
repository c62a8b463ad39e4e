//! Files that stay open between ticks.
//!
//! `open` and `close` cost more than the read itself for most files of procfs and cgroupfs, so a reader opens
//! once and reads again from offset 0 each tick. A kept descriptor also pins what it names: after a process has ended, its `stat`
//! answers `ESRCH` even when the number is in use again, and a removed cgroup answers `ENODEV`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

use nix::sys::statfs::CGROUP_SUPER_MAGIC;
use nix::sys::statfs::CGROUP2_SUPER_MAGIC;
use nix::sys::statfs::FsType;
use nix::sys::statfs::PROC_SUPER_MAGIC;
use nix::sys::statfs::SYSFS_MAGIC;
use nix::sys::statfs::fstatfs;

use crate::Error;
use crate::Result;

/// No file that is read each tick is longer than this; `/proc/stat` of a thousand CPUs has about 100 kB.
const LIMIT: usize = 4 << 20;
/// Enough for any file with one record.
const FIRST: usize = 16 << 10;

/// Where a descriptor of what has gone cannot be read any more.
const KERNELS_OWN: [FsType; 4] = [
    PROC_SUPER_MAGIC,
    SYSFS_MAGIC,
    CGROUP_SUPER_MAGIC,
    CGROUP2_SUPER_MAGIC,
];

/// The memory into which files are read, reused from file to file and tick to tick.
#[derive(Debug)]
pub struct Scratch(Vec<u8>);

impl Default for Scratch {
    fn default() -> Self {
        Self(vec![0; FIRST])
    }
}

/// An open file of the kernel that is read from its start each time.
#[derive(Debug)]
pub struct KeptFile {
    file: File,
    path: Box<Path>,
}

impl KeptFile {
    /// Opens `path` for reading.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            file: open(path)?,
            path: path.into(),
        })
    }

    /// A file that was opened elsewhere, by `path`.
    pub(crate) fn of(file: File, path: PathBuf) -> Self {
        Self {
            file,
            path: path.into(),
        }
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file that the kernel writes as one record, with one system call where it fits 16 KiB.
    pub fn read_record<'s>(&self, scratch: &'s mut Scratch) -> Result<&'s [u8]> {
        record(&self.file, &self.path, scratch)
    }

    /// Reads a file of many records, which the kernel may hand out in pieces, to its end.
    pub fn read_all<'s>(&self, scratch: &'s mut Scratch) -> Result<&'s [u8]> {
        rest(&self.file, &self.path, scratch, 0)
    }

    /// Whether the kernel's own file systems hold the file: a read tells when what it describes has gone.
    pub(crate) fn tells_its_end(&self) -> bool {
        fstatfs(&self.file).is_ok_and(|found| KERNELS_OWN.contains(&found.filesystem_type()))
    }

    /// Whether the file has lost its name. An ordinary file system lets it be read all the same.
    pub(crate) fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }
}

impl Scratch {
    /// [`KeptFile::read_record`] of a file that is opened for this once, without allocating.
    pub(crate) fn read_record(&mut self, path: &Path) -> Result<&[u8]> {
        record(&open(path)?, path, self)
    }

    /// The same where a file that is not there is nothing to speak of: nothing is allocated for an error.
    pub(crate) fn read_if_there(&mut self, path: &Path) -> Option<&[u8]> {
        record(&File::open(path).ok()?, path, self).ok()
    }

    /// [`Self::read_all`] where a file that is not there is nothing to speak of.
    pub(crate) fn read_all_if_there(&mut self, path: &Path) -> Option<&[u8]> {
        rest(&File::open(path).ok()?, path, self, 0).ok()
    }

    /// [`KeptFile::read_all`] of a file that is opened for this once, without allocating.
    pub(crate) fn read_all(&mut self, path: &Path) -> Result<&[u8]> {
        rest(&open(path)?, path, self, 0)
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| Error::io(path, source))
}

fn record<'s>(file: &File, path: &Path, scratch: &'s mut Scratch) -> Result<&'s [u8]> {
    let count = read_at(file, path, &mut scratch.0, 0)?;
    if count == scratch.0.len() {
        return rest(file, path, scratch, count);
    }
    Ok(&scratch.0[..count])
}

fn rest<'s>(file: &File, path: &Path, scratch: &'s mut Scratch, already: usize) -> Result<&'s [u8]> {
    let mut filled = already;
    loop {
        if filled == scratch.0.len() {
            if filled >= LIMIT {
                return Err(Error::TooLong {
                    path: path.to_path_buf(),
                    limit: LIMIT,
                });
            }
            scratch.0.resize(filled * 2, 0);
        }
        match read_at(file, path, &mut scratch.0[filled..], filled as u64)? {
            0 => return Ok(&scratch.0[..filled]),
            count => filled += count,
        }
    }
}

fn read_at(file: &File, path: &Path, buffer: &mut [u8], offset: u64) -> Result<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(|source| Error::io(path, source)),
        }
    }
}

/// Reads a whole file once, for what is not read again.
pub(crate) fn read_once(path: &Path) -> Result<Vec<u8>> {
    let mut scratch = Scratch::default();
    Ok(KeptFile::open(path)?.read_all(&mut scratch)?.to_vec())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_kept_file_is_read_from_its_start_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("value");
        fs::write(&path, "first\n").unwrap();
        let kept = KeptFile::open(&path).unwrap();
        let mut scratch = Scratch::default();
        assert_eq!(kept.read_record(&mut scratch).unwrap(), b"first\n");
        fs::write(&path, "2\n").unwrap();
        assert_eq!(kept.read_record(&mut scratch).unwrap(), b"2\n");
    }

    #[test]
    fn a_file_longer_than_the_scratch_is_read_to_its_end_and_one_beyond_the_bound_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long");
        let mut scratch = Scratch::default();
        fs::write(&path, vec![b'x'; FIRST * 3 + 1]).unwrap();
        let kept = KeptFile::open(&path).unwrap();
        assert_eq!(kept.read_record(&mut scratch).unwrap().len(), FIRST * 3 + 1);
        assert_eq!(kept.read_all(&mut scratch).unwrap().len(), FIRST * 3 + 1);
        fs::write(&path, vec![b'x'; LIMIT + 1]).unwrap();
        assert!(matches!(
            kept.read_record(&mut scratch),
            Err(Error::TooLong { .. })
        ));
    }

    #[test]
    fn a_missing_file_is_gone_and_its_error_names_it() {
        let error = KeptFile::open(Path::new("/nonexistent/energy_uj")).unwrap_err();
        assert!(error.is_gone());
        assert!(
            error.to_string().starts_with("/nonexistent/energy_uj: "),
            "{error}"
        );
    }
}

//! The file under the database, with its space reserved as it grows.
//!
//! Without that a file has holes, and a full disk shows itself only when they are written to, in the middle of a commit.

use std::fs::File;
use std::io;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::fcntl::FallocateFlags;
use nix::fcntl::fallocate;
use redb::BackendError;
use redb::DatabaseError;
use redb::StorageBackend;
use redb::backends::FileBackend;

#[derive(Debug)]
pub(super) struct Disk {
    file: File,
    inner: FileBackend,
    sync_failed: Arc<AtomicBool>,
}

impl Disk {
    pub(super) fn new(file: File, sync_failed: Arc<AtomicBool>) -> Result<Self, DatabaseError> {
        let inner = FileBackend::new(file.try_clone()?)?;
        Ok(Self {
            file,
            inner,
            sync_failed,
        })
    }

    /// fallocate(2); a file system that cannot do it is left to itself.
    fn reserve(&self, from: u64, to: u64) -> io::Result<()> {
        let (Ok(offset), Ok(length)) = (i64::try_from(from), i64::try_from(to.saturating_sub(from))) else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        match fallocate(&self.file, FallocateFlags::empty(), offset, length) {
            Ok(()) => Ok(()),
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => self.inner.set_len(to),
            Err(errno) => {
                // Part of it may have been given: what was not asked for in vain is given back.
                self.inner.set_len(from)?;
                Err(errno.into())
            }
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let now = self.inner.len()?;
        if len > now {
            return self.reserve(now, len);
        }
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        let synchronised = self.inner.sync_data();
        if synchronised.is_err() {
            self.sync_failed.store(true, Ordering::Release);
        }
        synchronised
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.inner.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }
}

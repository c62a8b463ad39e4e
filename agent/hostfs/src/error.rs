//! Errors that carry the path and the offending text.

use std::io;
use std::path::Path;
use std::path::PathBuf;

/// The most of an offending line that an error repeats.
const EXCERPT: usize = 80;

/// What can go wrong when a file of the kernel is read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the kernel answered.
        source: io::Error,
    },
    /// The file was read and is not what the kernel documents.
    #[error("{}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Which part of it, and what was expected.
        source: ParseError,
    },
    /// The file holds more than its reader is ready to keep in memory.
    #[error("{}: longer than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The reader's bound.
        limit: usize,
    },
}

/// Text that is not what the kernel documents.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {wanted}, found {text:?}")]
pub struct ParseError {
    /// What the kernel's page promises here.
    pub wanted: &'static str,
    /// The start of what stood there instead.
    pub text: String,
}

/// The result of reading a file of the kernel.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An I/O error at `path`.
    pub fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// What was read has gone since: the process ended, the cgroup or device was removed.
    pub fn is_gone(&self) -> bool {
        use nix::libc::{ENODEV, ENOENT, ESRCH};
        matches!(self, Self::Io { source, .. }
            if matches!(source.raw_os_error(), Some(ENOENT | ESRCH | ENODEV)))
    }

    /// The kernel refused: the reader lacks a privilege.
    pub fn is_permission(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl ParseError {
    /// An error that repeats the start of `text`.
    pub fn new(wanted: &'static str, text: &[u8]) -> Self {
        let excerpt = &text[..text.len().min(EXCERPT)];
        Self {
            wanted,
            text: String::from_utf8_lossy(excerpt).into_owned(),
        }
    }

    /// Says in which file the text stood.
    pub fn at(self, path: &Path) -> Error {
        Error::Parse {
            path: path.to_path_buf(),
            source: self,
        }
    }
}

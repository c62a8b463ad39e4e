//! Opens the file, or says who has it, what is wrong with it and what to do.

use std::fmt::Debug;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::fcntl::Flock;
use nix::fcntl::FlockArg;
use redb::Builder;
use redb::Database;
use redb::DatabaseError;
use redb::StorageBackend;
use redb::StorageError;

use super::super::transaction::Revision;
use super::disk::Disk;
use super::tables;

/// Something that a database can be opened on, more than once.
pub(super) trait Open: Debug + Send {
    /// The database and its revision.
    fn open(&mut self) -> Result<(Database, Revision), OpenError>;

    /// Makes sure that what can be read is on the disk. Once a synchronisation has failed that cannot be known any more: the kernel
    /// reports such a failure once, and a second attempt succeeds without having written anything (fsync(2)).
    fn confirm(&mut self) -> io::Result<()>;
}

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error(
        "{holder} has it open, and only one process can: stop that one, or give this one a file of its own, \
         or use etcd for several controllers"
    )]
    Locked { holder: String },
    #[error(
        "it is damaged ({0}): move it away and put a copy of it in its place; without a copy a new file is made, and agents and \
         claims have to be registered again"
    )]
    Damaged(String),
    #[error("it is a database of something else: give the controller a file of its own")]
    Foreign,
    #[error(
        "it has format {0}, and this version reads {expected}: use the version that wrote it",
        expected = tables::FORMAT
    )]
    Format(u64),
}

/// The file at a path, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct Opener {
    path: PathBuf,
    cache_bytes: usize,
    lock: Option<Flock<File>>,
    sync_failed: Arc<AtomicBool>,
}

impl Opener {
    pub(super) fn new(path: &Path, cache_bytes: usize) -> Self {
        Self {
            path: path.to_owned(),
            cache_bytes,
            lock: None,
            sync_failed: Arc::default(),
        }
    }

    fn disk(&self, file: File) -> Result<Disk, OpenError> {
        Disk::new(file, Arc::clone(&self.sync_failed)).map_err(explain)
    }

    /// A new file appears under its name only when it is whole, so that a crash cannot leave half of one.
    fn make(&self) -> Result<(), OpenError> {
        let new = with_suffix(&self.path, ".new");
        let file = options().truncate(true).create(true).open(&new)?;
        let database = database(self.disk(file)?, self.cache_bytes)?;
        tables::initialise(&database).map_err(explain)?;
        drop(database);
        File::open(&new)?.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        File::open(directory(&self.path))?.sync_all()?;
        Ok(())
    }
}

impl Open for Opener {
    fn open(&mut self) -> Result<(Database, Revision), OpenError> {
        if self.lock.is_none() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(0o750)
                .create(directory(&self.path))?;
            self.lock = Some(lock(&with_suffix(&self.path, ".lock"))?);
        }
        if !self.path.try_exists()? {
            self.make()?;
        }
        let file = options().open(&self.path)?;
        if file.metadata()?.len() == 0 {
            return Err(OpenError::Damaged("it is empty".to_owned()));
        }
        opened(self.disk(file)?, self.cache_bytes)
    }

    fn confirm(&mut self) -> io::Result<()> {
        if self.sync_failed.load(Ordering::Acquire) {
            return Err(io::Error::other("an earlier synchronisation failed"));
        }
        File::open(&self.path)?.sync_all()
    }
}

/// Opens and checks what is there.
pub(super) fn opened(
    backend: impl StorageBackend,
    cache_bytes: usize,
) -> Result<(Database, Revision), OpenError> {
    let mut database = database(backend, cache_bytes)?;
    // Reads every page and compares its checksum: a flipped bit is found now, not when somebody asks for that key.
    without_panic(|| database.check_integrity().map_err(explain))?;
    let header = without_panic(|| tables::header(&database).map_err(explain))?.ok_or(OpenError::Foreign)?;
    if header.format != tables::FORMAT {
        return Err(OpenError::Format(header.format));
    }
    Ok((database, header.revision))
}

fn database(backend: impl StorageBackend, cache_bytes: usize) -> Result<Database, OpenError> {
    without_panic(|| {
        Builder::new()
            .set_cache_size(cache_bytes)
            .create_with_backend(backend)
            .map_err(explain)
    })
}

/// The database asserts what it believes of its file; what a damaged one breaks is an error here.
fn without_panic<T>(work: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(OpenError::Damaged("reading it failed an assertion".to_owned())))
}

fn explain(error: impl Into<redb::Error>) -> OpenError {
    match error.into() {
        redb::Error::DatabaseAlreadyOpen => OpenError::Locked {
            holder: "another process".to_owned(),
        },
        redb::Error::Io(error) if is_about_content(&error) => OpenError::Damaged(error.to_string()),
        redb::Error::Io(error) => OpenError::Io(error),
        redb::Error::PreviousIo => OpenError::Io(io::Error::other("reading it failed")),
        error => OpenError::Damaged(error.to_string()),
    }
}

fn is_about_content(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn directory(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The lock file names its holder. It stays when the process ends; only the lock on it counts.
fn lock(path: &Path) -> Result<Flock<File>, OpenError> {
    let file = options().create(true).truncate(false).open(path)?;
    let mut file =
        Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(file, errno)| match errno {
            Errno::EWOULDBLOCK => OpenError::Locked { holder: holder(file) },
            errno => OpenError::Io(errno.into()),
        })?;
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

fn holder(file: File) -> String {
    let mut text = String::new();
    // It is only for the message, and at most a number.
    let _ = file.take(20).read_to_string(&mut text);
    match text.trim().parse::<u32>() {
        Ok(pid) => format!("process {pid}"),
        Err(_) => "another process".to_owned(),
    }
}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        explain(error)
    }
}

impl From<StorageError> for OpenError {
    fn from(error: StorageError) -> Self {
        explain(error)
    }
}

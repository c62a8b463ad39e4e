//! The open file: reads, writes, and what happens when a write fails.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use redb::Database;
use redb::Error;
use redb::ReadTransaction;
use redb::ReadableDatabase;

use super::super::error::StoreError;
use super::super::transaction::Revision;
use super::open::Open;
use super::open::OpenError;
use super::tables::Tables;
use super::write::Verdict;
use super::write::Write;

/// A database that is opened anew after a failure.
#[derive(Debug)]
pub(super) struct StoreFile {
    place: String,
    disk: Box<dyn Open>,
    database: Option<Database>,
    /// The last commit that is known to be on the disk.
    revision: Revision,
    /// A write that failed while it was being made durable, before and after which the revision was this.
    doubt: Option<Doubt>,
    /// Why nothing is done any more.
    broken: Option<String>,
    /// The last write failed.
    troubled: bool,
}

/// Where a group of writes failed.
enum Failed {
    /// Before anything could count.
    Early(String),
    /// While it was being made durable.
    Late(Doubt, Vec<Verdict>),
}

#[derive(Debug)]
struct Doubt {
    before: Revision,
    intended: Revision,
    reason: String,
}

impl StoreFile {
    pub(super) fn open(mut disk: Box<dyn Open>, place: String) -> Result<Self, StoreError> {
        let (database, revision) = disk.open().map_err(|error| explain(&place, &error))?;
        Ok(Self {
            place,
            disk,
            database: Some(database),
            revision,
            doubt: None,
            broken: None,
            troubled: false,
        })
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// Whether it is worth finding out whether writes succeed again.
    pub(super) fn is_troubled(&self) -> bool {
        self.troubled
    }

    pub(super) fn read<T>(
        &mut self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.ready()?;
        let database = self.database()?;
        let result = guarded(|| read(&database.begin_read()?));
        result.map_err(|reason| {
            self.close();
            self.unavailable(reason)
        })
    }

    /// Makes all of them durable, or none.
    pub(super) fn write(&mut self, writes: &[Write]) -> Result<Vec<Verdict>, StoreError> {
        self.ready()?;
        let before = self.revision;
        match write_all(self.database()?, writes, before) {
            Ok((verdicts, last)) => {
                self.revision = last;
                self.troubled = false;
                Ok(verdicts)
            }
            Err(failed) => {
                self.troubled = true;
                self.close();
                self.after_failure(failed)
            }
        }
    }

    /// A failed write leaves the database unusable; what is in the file now tells whether the write was made.
    fn after_failure(&mut self, failed: Failed) -> Result<Vec<Verdict>, StoreError> {
        let (doubt, verdicts) = match failed {
            Failed::Early(reason) => return Err(self.unavailable(reason)),
            Failed::Late(doubt, verdicts) => (doubt, verdicts),
        };
        let (intended, reason) = (doubt.intended, doubt.reason.clone());
        let changed = intended != doubt.before;
        self.doubt = Some(doubt);
        match self.ready() {
            // Only what follows a commit failed, giving back space for one.
            Ok(()) if changed && self.revision == intended => Ok(verdicts),
            Ok(()) => Err(self.unavailable(reason)),
            Err(_) => Err(StoreError::Unresolved {
                place: self.place.clone(),
                reason,
            }),
        }
    }

    /// Opens the database again if it had to be closed. It may be at another revision then.
    pub(super) fn ready(&mut self) -> Result<(), StoreError> {
        if self.database.is_none() && self.broken.is_none() {
            let (database, revision) = self.disk.open().map_err(|error| explain(&self.place, &error))?;
            self.revision = revision;
            self.database = Some(database);
            if let Some(doubt) = self.doubt.take() {
                self.settle(&doubt);
            }
        }
        match &self.broken {
            None => Ok(()),
            Some(reason) => Err(StoreError::Broken {
                place: self.place.clone(),
                reason: reason.clone(),
            }),
        }
    }

    /// What can be read of a failed write may be gone after a loss of power, unless the disk confirms it now.
    fn settle(&mut self, doubt: &Doubt) {
        if doubt.intended == doubt.before || self.revision != doubt.intended {
            return;
        }
        let Err(error) = self.disk.confirm() else {
            return;
        };
        self.close();
        self.broken = Some(format!(
            "the disk did not confirm a write ({}; {error}): see to the disk, then start the controller again",
            doubt.reason
        ));
    }

    fn database(&self) -> Result<&Database, StoreError> {
        self.database
            .as_ref()
            .ok_or_else(|| self.unavailable("it is closed".to_owned()))
    }

    fn close(&mut self) {
        let database = self.database.take();
        // It may find once more that its file cannot be written to.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }

    fn unavailable(&self, reason: String) -> StoreError {
        StoreError::Unavailable {
            place: self.place.clone(),
            reason,
        }
    }
}

fn write_all(
    database: &Database,
    writes: &[Write],
    before: Revision,
) -> Result<(Vec<Verdict>, Revision), Failed> {
    let mut last = before;
    let mut verdicts = Vec::with_capacity(writes.len());
    let prepared = guarded(|| {
        let transaction = database.begin_write()?;
        let mut tables = Tables::open(&transaction)?;
        for write in writes {
            let verdict = write.apply(&mut tables, last)?;
            if let Verdict::Made(batch) = &verdict {
                last = batch.revision;
            }
            verdicts.push(verdict);
        }
        tables.set_revision(last)?;
        drop(tables);
        Ok(transaction)
    });
    let transaction = prepared.map_err(Failed::Early)?;
    // Conflicts alone need no disk.
    if last == before && !writes.iter().any(Write::is_probe) {
        guarded(|| Ok(transaction.abort()?)).map_err(Failed::Early)?;
    } else {
        if let Err(reason) = guarded(|| Ok(transaction.commit()?)) {
            let doubt = Doubt {
                before,
                intended: last,
                reason,
            };
            return Err(Failed::Late(doubt, verdicts));
        }
    }
    Ok((verdicts, last))
}

/// The database asserts what it believes of its file; a failed assertion is an error here, and the file is opened anew.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| advise(&error)),
        Err(_) => Err("the database failed an assertion".to_owned()),
    }
}

fn advise(error: &Error) -> String {
    match error {
        Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => {
            format!("{io}: make room on its file system")
        }
        Error::Io(io) if io.kind() == std::io::ErrorKind::QuotaExceeded => {
            format!("{io}: raise the quota of its file system")
        }
        error => error.to_string(),
    }
}

fn explain(place: &str, error: &OpenError) -> StoreError {
    let place = place.to_owned();
    let reason = error.to_string();
    match error {
        OpenError::Io(_) => StoreError::Unavailable { place, reason },
        _ => StoreError::Broken { place, reason },
    }
}

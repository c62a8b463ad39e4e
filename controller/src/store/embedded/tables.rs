//! How entries stand in the file.

use redb::Database;
use redb::Error;
use redb::ReadTransaction;
use redb::ReadableDatabase;
use redb::ReadableTable;
use redb::Table;
use redb::TableDefinition;
use redb::WriteTransaction;

use super::super::service::Listing;
use super::super::transaction::Entry;
use super::super::transaction::Revision;

/// The version of this format.
pub(super) const FORMAT: u64 = 1;

/// Revision, lease (0: none), value.
type Row = (u64, i64, &'static [u8]);

const ENTRIES: TableDefinition<'_, &str, Row> = TableDefinition::new("entries");
/// The keys under a lease, once more.
const LEASED: TableDefinition<'_, &str, i64> = TableDefinition::new("leased");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

const META_FORMAT: &str = "format";
const META_REVISION: &str = "revision";
const META_PROBE: &str = "probe";

/// What a file says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) format: u64,
    pub(super) revision: Revision,
}

/// Makes an empty store.
pub(super) fn initialise(database: &Database) -> Result<(), Error> {
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        meta.insert(META_FORMAT, FORMAT)?;
        meta.insert(META_REVISION, 0)?;
        transaction.open_table(ENTRIES)?;
        transaction.open_table(LEASED)?;
    }
    transaction.commit()?;
    Ok(())
}

/// `None`: it is no store, but some other database.
pub(super) fn header(database: &Database) -> Result<Option<Header>, Error> {
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    let number = |key| Ok::<_, Error>(meta.get(key)?.map(|guard| guard.value()));
    let (format, revision) = (number(META_FORMAT)?, number(META_REVISION)?);
    Ok(format.zip(revision).map(|(format, revision)| Header {
        format,
        revision: Revision(revision),
    }))
}

pub(super) fn get(transaction: &ReadTransaction, key: &str) -> Result<Option<Entry>, Error> {
    let entries = transaction.open_table(ENTRIES)?;
    let row = entries.get(key)?;
    Ok(row.map(|row| entry(key, row.value())))
}

pub(super) fn list(transaction: &ReadTransaction, prefix: &str) -> Result<Listing, Error> {
    let mut listed = Vec::new();
    for row in transaction.open_table(ENTRIES)?.range(prefix..)? {
        let (key, row) = row?;
        if !key.value().starts_with(prefix) {
            break;
        }
        listed.push(entry(key.value(), row.value()));
    }
    let meta = transaction.open_table(META)?;
    let revision = meta.get(META_REVISION)?.map_or(0, |guard| guard.value());
    Ok(Listing {
        entries: listed,
        revision: Revision(revision),
    })
}

fn entry(key: &str, (revision, _, value): (u64, i64, &[u8])) -> Entry {
    Entry {
        key: key.to_owned(),
        value: value.to_vec(),
        revision: Revision(revision),
    }
}

/// The tables while they are written.
pub(super) struct Tables<'t> {
    entries: Table<'t, &'static str, Row>,
    leased: Table<'t, &'static str, i64>,
    meta: Table<'t, &'static str, u64>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, Error> {
        Ok(Self {
            entries: transaction.open_table(ENTRIES)?,
            leased: transaction.open_table(LEASED)?,
            meta: transaction.open_table(META)?,
        })
    }

    /// The commit that wrote a key.
    pub(super) fn revision_of(&self, key: &str) -> Result<Option<Revision>, Error> {
        let row = self.entries.get(key)?;
        Ok(row.map(|row| Revision(row.value().0)))
    }

    pub(super) fn put(
        &mut self,
        key: &str,
        revision: Revision,
        lease: i64,
        value: &[u8],
    ) -> Result<(), Error> {
        self.entries.insert(key, (revision.0, lease, value))?;
        if lease == 0 {
            self.leased.remove(key)?;
        } else {
            self.leased.insert(key, lease)?;
        }
        Ok(())
    }

    /// Whether there was such a key.
    pub(super) fn remove(&mut self, key: &str) -> Result<bool, Error> {
        self.leased.remove(key)?;
        Ok(self.entries.remove(key)?.is_some())
    }

    /// The keys under these leases.
    pub(super) fn held_by(&self, is_meant: impl Fn(i64) -> bool) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        for row in self.leased.iter()? {
            let (key, lease) = row?;
            if is_meant(lease.value()) {
                keys.push(key.value().to_owned());
            }
        }
        Ok(keys)
    }

    pub(super) fn set_revision(&mut self, revision: Revision) -> Result<(), Error> {
        self.meta.insert(META_REVISION, revision.0)?;
        Ok(())
    }

    /// Writes something that nobody reads.
    pub(super) fn probe(&mut self) -> Result<(), Error> {
        let last = self.meta.get(META_PROBE)?.map_or(0, |guard| guard.value());
        self.meta.insert(META_PROBE, last.wrapping_add(1))?;
        Ok(())
    }
}

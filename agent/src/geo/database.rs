//! A database that knows where addresses are.

use std::io::Read;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;

use maxminddb::Reader;
use serde_json::Value;

use super::record::Record;

/// The largest in use has some 150 MB; what is far beyond is no such file.
const LARGEST: u64 = 1 << 30;

/// Why a file is no database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is larger than any database.
    #[error("it has more than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// It is not in MaxMind's format, or damaged.
    #[error("no whole MMDB file ({0}): download it again, unpacked")]
    Broken(String),
    /// It is sound, and knows nothing of places.
    #[error(
        "an MMDB file of type {0:?}, which does not say where addresses are: a City or Country database is needed"
    )]
    Foreign(String),
}

/// A database in MaxMind's format, whole in memory.
pub struct Database(Reader<Vec<u8>>);

impl Database {
    /// Reads and checks a file: every record in it can be read from then on.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(DatabaseError::TooLarge);
        }
        Self::parse(bytes)
    }

    /// Checks a database.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        let broken = |text: String| DatabaseError::Broken(text);
        // The reader is somebody else's, and the file may be anything.
        let reader = catch_unwind(AssertUnwindSafe(|| {
            let reader = Reader::from_source(bytes)?;
            reader.verify().map(|()| reader)
        }));
        let reader = reader
            .map_err(|_| broken("it cannot be followed".to_owned()))?
            .map_err(|error| broken(error.to_string()))?;
        let database = Self(reader);
        if !database.knows_places() {
            return Err(DatabaseError::Foreign(
                database.0.metadata().database_type.clone(),
            ));
        }
        Ok(database)
    }

    /// What it says of an address; nothing if it does not know it.
    pub(super) fn look_up(&self, address: IpAddr) -> Option<Record> {
        let found = catch_unwind(AssertUnwindSafe(|| {
            self.0.lookup(address).ok()?.decode::<Value>().ok()?
        }));
        Record::of(&found.ok()??)
    }

    /// Whether any of its first records says where.
    fn knows_places(&self) -> bool {
        let Ok(networks) = self.0.networks(maxminddb::WithinOptions::default()) else {
            return false;
        };
        networks
            .take(SAMPLED)
            .filter_map(|network| network.ok()?.decode::<Value>().ok()?)
            .any(|value| Record::of(&value).is_some())
    }
}

/// Records that are looked at to see whether a database is of places.
const SAMPLED: usize = 4096;

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let about = self.0.metadata();
        f.debug_struct("Database")
            .field("type", &about.database_type)
            .field("built", &about.build_epoch)
            .finish()
    }
}

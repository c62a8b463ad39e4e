//! A database that knows where addresses are.

use std::collections::HashSet;
use std::io::Read;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::Path;

use bytes::Bytes;
use maxminddb::MaxMindDbError;
use maxminddb::Metadata;
use maxminddb::Reader;
use maxminddb::WithinOptions;
use serde::de::IgnoredAny;
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
pub struct Database(Reader<Bytes>);

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
        let bytes = Bytes::from(bytes);
        let broken = |text: String| DatabaseError::Broken(text);
        // The reader is somebody else's, and the file may be anything.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let reader = Reader::from_source(bytes.clone())?;
            if !is_separated(&bytes, reader.metadata()) {
                return Err(MaxMindDbError::invalid_database("tree and data are not apart"));
            }
            knows_places(&reader).map(|knows| (reader, knows))
        }));
        let (reader, knows) = checked
            .map_err(|_| broken("it cannot be followed".to_owned()))?
            .map_err(|error| broken(error.to_string()))?;
        if knows {
            Ok(Self(reader))
        } else {
            Err(DatabaseError::Foreign(reader.metadata().database_type.clone()))
        }
    }

    /// What it says of an address; nothing if it does not know it.
    pub(super) fn look_up(&self, address: IpAddr) -> Option<Record> {
        let found = catch_unwind(AssertUnwindSafe(|| {
            self.0.lookup(address).ok()?.decode::<Value>().ok()?
        }));
        Record::of(&found.ok()??)
    }
}

/// Whether there are zeros between the tree and the data, as the format wants it: in a file that lacks a part of its tree there are none.
fn is_separated(bytes: &[u8], about: &Metadata) -> bool {
    const SEPARATOR: usize = 16;
    let node = usize::from(about.record_size) / 4;
    let nodes = usize::try_from(about.node_count).unwrap_or(usize::MAX);
    let end = nodes.saturating_mul(node);
    let between = bytes.get(end..end.saturating_add(SEPARATOR));
    between.is_some_and(|zeros| zeros.iter().all(|byte| *byte == 0))
}

/// Walks the whole tree and reads every record once: whether any says where. What cannot be followed is an error.
///
/// The crate's own check asks for more than the format does: databases in use have no description.
fn knows_places(reader: &Reader<Bytes>) -> Result<bool, MaxMindDbError> {
    let (mut seen, mut knows) = (HashSet::new(), false);
    for network in reader.networks(WithinOptions::default())? {
        let network = network?;
        if network.offset().is_some_and(|offset| seen.insert(offset)) {
            if knows {
                network.decode::<IgnoredAny>()?;
            } else {
                let value = network.decode::<Value>()?;
                knows = value.is_some_and(|value| Record::of(&value).is_some());
            }
        }
    }
    Ok(knows)
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let about = self.0.metadata();
        f.debug_struct("Database")
            .field("type", &about.database_type)
            .field("built", &about.build_epoch)
            .finish()
    }
}

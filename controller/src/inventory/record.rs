//! What lies in the store under the ledger's keys, as JSON with a version.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::promise::Promises;
use super::stock::Inventory;
use super::uuid::Uuid;

/// The version of all records that are written here.
const VERSION: u32 = 1;

/// How much of each resource class.
pub(super) type Amounts = BTreeMap<String, u32>;

/// A provider, whole: one claim changes this and its consumer, and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ProviderRecord {
    pub(super) name: String,
    pub(super) generation: u64,
    /// When it was written, in seconds since 1970.
    pub(super) modified: u64,
    /// Trees of providers are not made yet: nobody's child, and the root of itself.
    pub(super) parent: Option<Uuid>,
    pub(super) root: Uuid,
    pub(super) inventories: BTreeMap<String, Inventory>,
    pub(super) traits: Vec<String>,
    pub(super) aggregates: Vec<String>,
    /// What each consumer takes from it.
    pub(super) allocations: BTreeMap<String, Amounts>,
}

/// A consumer: its allocations lie with the providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ConsumerRecord {
    pub(super) generation: u64,
    pub(super) project: String,
    pub(super) user: String,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Where it has allocations.
    pub(super) providers: Vec<Uuid>,
    /// What it was promised; absent for who came through Placement's API, and in records of older releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) promises: Option<Box<Promises>>,
}

/// Whose a provider's name is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NameRecord {
    pub(super) provider: Uuid,
}

/// A resource class or a trait: all is said by its key.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WordRecord {}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u32,
    #[serde(flatten)]
    record: T,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

/// The bytes of a record.
pub(super) fn write<T: Serialize>(record: &T) -> Vec<u8> {
    let versioned = Versioned { v: VERSION, record };
    // Strings as keys and finite numbers: there is nothing that JSON could not hold.
    serde_json::to_vec(&versioned).unwrap_or_default()
}

/// Reads the bytes of a record, or says why that cannot be.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let said = |error: serde_json::Error| error.to_string();
    let VersionOnly { v } = serde_json::from_slice(bytes).map_err(said)?;
    if v != VERSION {
        return Err(format!("its version is {v}, and {VERSION} is the only one known"));
    }
    serde_json::from_slice(bytes).map_err(said)
}

#[cfg(test)]
mod tests {
    use super::ConsumerRecord;
    use super::Promises;
    use super::WordRecord;
    use super::read;
    use super::write;
    use crate::inventory::Uuid;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let consumer = ConsumerRecord {
            generation: 3,
            project: "p".into(),
            user: "u".into(),
            kind: None,
            providers: vec![Uuid::from_bits(9)],
            promises: None,
        };
        let promises = Promises {
            busy_cpus: Some(0.1),
            policy: "balanced".into(),
            ..Promises::default()
        };
        let promised = ConsumerRecord {
            promises: Some(Box::new(promises)),
            ..consumer.clone()
        };
        assert_eq!(read(&write(&promised)), Ok(promised));
        assert_eq!(read(&write(&consumer)), Ok(consumer));
        assert_eq!(write(&WordRecord {}), b"{\"v\":1}");
    }

    #[test]
    fn a_consumer_that_an_older_release_wrote_has_no_promises_and_is_written_as_it_was() {
        let old = br#"{"v":1,"generation":1,"project":"p","user":"u","type":null,"providers":[]}"#;
        let consumer: ConsumerRecord = read(old).unwrap();
        assert_eq!(consumer.promises, None);
        assert_eq!(write(&consumer), old);
    }

    #[test]
    fn a_record_of_the_future_is_refused_with_its_version() {
        assert_eq!(
            read::<WordRecord>(b"{\"v\":2}"),
            Err("its version is 2, and 1 is the only one known".to_owned())
        );
        assert!(read::<WordRecord>(b"").is_err());
    }
}

//! What the fleet wrote on a provider, so that what others wrote is told apart.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::inventory::Inventory;
use crate::inventory::Shape;
use crate::inventory::Uuid;
use crate::inventory::escaped;

/// Under which all marks lie.
pub(super) const PREFIX: &str = "fleet/hosts/";
/// The version of the records that are written here.
const VERSION: u32 = 1;

/// Why a host is offered to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Why {
    /// An operator empties it.
    Draining,
    /// An operator works on it.
    Maintenance,
    /// Nothing was heard of it for too long.
    Silent,
    /// Nobody is asked for it any more.
    Gone,
}

/// What was written to hide a host, and what stood there before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) why: Why,
    /// By class: what was reserved before, and what was written then. What somebody else has changed since stays.
    pub(super) reserved: BTreeMap<String, [u32; 2]>,
    /// Whether the trait that says so was set here.
    pub(super) said: bool,
}

/// What the fleet wrote on one provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) provider: Uuid,
    /// Whether the fleet looks after its shape, or only hid it because somebody ordered that.
    pub(super) own: bool,
    /// As written last, without what hides it.
    pub(super) inventories: BTreeMap<String, Inventory>,
    pub(super) traits: Vec<String>,
    pub(super) held: Option<Held>,
}

impl Mark {
    /// Of a provider on which nothing was written yet.
    pub(super) fn new(provider: Uuid, own: bool) -> Self {
        Self {
            provider,
            own,
            inventories: BTreeMap::new(),
            traits: Vec::new(),
            held: None,
        }
    }

    /// What was written on it.
    pub(super) fn base(&self) -> Shape {
        Shape {
            inventories: self.inventories.clone(),
            traits: self.traits.iter().cloned().collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    v: u32,
    host: String,
    #[serde(flatten)]
    mark: Mark,
}

/// Where the mark of a host lies.
pub(super) fn key(host: &str) -> String {
    format!("{PREFIX}{}", escaped(host))
}

pub(super) fn write(host: &str, mark: &Mark) -> Vec<u8> {
    let record = Record {
        v: VERSION,
        host: host.to_owned(),
        mark: mark.clone(),
    };
    // Strings as keys and finite numbers: there is nothing that JSON could not hold.
    serde_json::to_vec(&record).unwrap_or_default()
}

/// Reads a mark and the host that it is for, or says why that cannot be.
pub(super) fn read(bytes: &[u8]) -> Result<(String, Mark), String> {
    let Record { v, host, mark } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if v == VERSION {
        Ok((host, mark))
    } else {
        Err(format!("its version is {v}, and {VERSION} is the only one known"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mark = Mark {
            inventories: BTreeMap::from([("VCPU".to_owned(), Inventory::of(3))]),
            traits: vec!["CUSTOM_A".to_owned()],
            held: Some(Held {
                why: Why::Silent,
                reserved: BTreeMap::from([("VCPU".to_owned(), [1, 3])]),
                said: true,
            }),
            ..Mark::new(Uuid::from_bits(9), true)
        };
        assert_eq!(read(&write("h/1", &mark)), Ok(("h/1".to_owned(), mark.clone())));
        let text = String::from_utf8(write("h", &mark))
            .unwrap()
            .replace("\"v\":1", "\"v\":2");
        assert!(read(text.as_bytes()).unwrap_err().contains("version is 2"));
    }
}

//! Which keys are ours in etcd: `<prefix>data/<key>` and `<prefix>commits/<lease>/<number>`.

use super::super::transaction::Entry;
use super::super::transaction::Revision;
use super::wire;

#[derive(Clone, Debug)]
pub(super) struct Names {
    root: String,
    data: String,
}

impl Names {
    /// With one slash at the end.
    pub(super) fn new(prefix: &str) -> Self {
        let root = format!("{}/", prefix.trim_end_matches('/'));
        let data = format!("{root}data/");
        Self { root, data }
    }

    pub(super) fn root(&self) -> &str {
        &self.root
    }

    pub(super) fn data(&self, key: &str) -> String {
        format!("{}{key}", self.data)
    }

    pub(super) fn marker(&self, lease: i64, number: u64) -> String {
        format!("{}commits/{lease:x}/{number}", self.root)
    }

    /// Our key under one of etcd's.
    pub(super) fn key(&self, encoded: &str) -> Result<String, String> {
        let bytes = wire::decoded(encoded)?;
        let full = String::from_utf8(bytes).map_err(|_| "a key is not UTF-8".to_owned())?;
        match full.strip_prefix(&self.data) {
            Some(key) => Ok(key.to_owned()),
            None => Err(format!("{full:?} is no key of ours")),
        }
    }

    pub(super) fn entry(&self, kv: &wire::KeyValue) -> Result<Entry, String> {
        Ok(Entry {
            key: self.key(&kv.key)?,
            value: wire::decoded(&kv.value)?,
            revision: Revision(kv.mod_revision.unsigned_abs()),
        })
    }
}

/// The end of the range of all keys that begin with `prefix`, in etcd's way: the prefix with its last byte one higher. No byte of
/// UTF-8 is 0xff.
pub(super) fn range_end(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

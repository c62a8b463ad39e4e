//! What a workload is called.

use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use super::Kind;

/// No label value is longer than this, in bytes.
const LONGEST: usize = 256;

/// The name of a workload, stable for its life: the labels of its series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What it is.
    pub kind: Kind,
    /// Unique within the kind on this host.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What runs it, where that is known: `systemd`, `cgroup`.
    pub runtime: String,
}

impl Identity {
    /// An identity with labels that are safe to print: valid, bounded, without control characters.
    pub fn new(kind: Kind, id: &str, name: &str, runtime: &str) -> Arc<Self> {
        Arc::new(Self {
            kind,
            id: label(id),
            name: label(name),
            runtime: label(runtime),
        })
    }

    /// The one workload of a permanent kind.
    pub fn permanent(kind: Kind) -> Arc<Self> {
        Self::new(kind, kind.as_str(), kind.as_str(), "")
    }
}

/// Keeps what fits; of a longer text the start and a checksum of the whole, so that two long names stay two.
fn label(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if clean.len() <= LONGEST {
        return clean;
    }
    let end = clean.floor_char_boundary(LONGEST - 11);
    format!("{}…{:08x}", &clean[..end], crc32fast::hash(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_printable_labels() {
        let identity = Identity::new(Kind::Container, "/a\nb\"c\0", "\u{7}", "");
        assert_eq!(identity.id, "/a\u{fffd}b\"c\u{fffd}");
        assert_eq!(identity.name, "\u{fffd}");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (one, two) = ("ä".repeat(9000) + "1", "ä".repeat(9000) + "2");
        let (one, two) = (label(&one), label(&two));
        assert!(one.len() <= LONGEST && two.len() <= LONGEST);
        assert_ne!(one, two);
    }
}

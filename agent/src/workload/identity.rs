//! What a workload is called.

use std::cmp::Ordering;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use super::Details;
use super::Kind;
use super::clean::clean;

/// The name of a workload, stable for its life: the labels of its series.
///
/// Two identities are the same if kind, id and name are, whatever else is known: that is what an account is kept for, and
/// details may become known later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// What it is.
    pub kind: Kind,
    /// Unique within the kind on this host.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What more is known: the labels of its info series.
    pub details: Details,
}

impl Identity {
    /// An identity with labels that are safe to print: valid, bounded, without control characters.
    pub fn new(kind: Kind, id: &str, name: &str, details: Details) -> Arc<Self> {
        Arc::new(Self {
            kind,
            id: clean(id),
            name: clean(name),
            details,
        })
    }

    /// The one workload of a permanent kind.
    pub fn permanent(kind: Kind) -> Arc<Self> {
        Self::new(kind, kind.as_str(), kind.as_str(), Details::default())
    }

    fn key(&self) -> (Kind, &str, &str) {
        (self.kind, &self.id, &self.name)
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Identity {}

impl PartialOrd for Identity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Label;

    #[test]
    fn hostile_names_become_printable_labels() {
        let identity = Identity::new(Kind::Container, "/a\nb\"c\0", "\u{7}\u{202e}", Details::default());
        assert_eq!(identity.id, "/a\u{fffd}b\"c\u{fffd}");
        assert_eq!(identity.name, "\u{fffd}\u{fffd}");
    }

    #[test]
    fn details_do_not_make_another_account_and_a_new_name_does() {
        let about = Details::default().with(Label::Image, "nginx");
        let one = Identity::new(Kind::Container, "a", "web", Details::default());
        let known = Identity::new(Kind::Container, "a", "web", about);
        let renamed = Identity::new(Kind::Container, "a", "www", Details::default());
        assert_eq!(one, known);
        assert!(one < renamed && one != renamed);
    }
}

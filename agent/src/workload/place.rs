//! Where a cgroup stands while its path is read from the root down.

use super::Details;
use super::Kind;
use super::Label;
use super::Subject;
use super::Wants;

/// One component of a path, and what those above it have said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    /// The path down to here.
    pub(super) path: &'p str,
    /// Its last component.
    pub(super) leaf: &'p str,
    /// The components above.
    pub(super) above: &'p [&'p str],
    /// The pod around it.
    pub(super) pod_uid: Option<&'p str>,
}

impl<'p> Place<'p> {
    /// The component directly above; nothing at the root.
    pub(super) fn parent(&self) -> &'p str {
        self.above.last().copied().unwrap_or_default()
    }

    /// Whether a component above has this name.
    pub(super) fn is_below(&self, name: &str) -> bool {
        self.above.contains(&name)
    }

    /// A subject of this place, by its path and last component, until more is said of it.
    pub(super) fn subject(&self, kind: Kind, runtime: &str) -> Subject {
        Subject {
            kind,
            id: self.path.to_owned(),
            name: self.leaf.to_owned(),
            details: Details::default().with(Label::Runtime, runtime),
            wants: Wants::Nothing,
        }
    }

    /// A service that several cgroups share: helpers that engines start beside each container.
    pub(super) fn helpers(name: &str, runtime: &str) -> Subject {
        Subject {
            kind: Kind::Service,
            id: name.to_owned(),
            name: name.to_owned(),
            details: Details::default().with(Label::Runtime, runtime),
            wants: Wants::Nothing,
        }
    }
}

/// A decimal number that fits a PID, a UID or the like.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Hexadecimal digits only.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A UUID with its dashes.
pub(super) fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    parts.len() == 5
        && parts
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(part, length)| part.len() == length && is_hex(part))
}

//! What a rule does.

use std::fmt;
use std::sync::Arc;

use super::Template;
use crate::workload::Details;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Label;

/// Before the name in the id of a group. No other workload has such an id, so nothing falls into a group by its own name.
const GROUP: &str = "group:";

/// What becomes of a workload that a rule matches, besides its labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// It stays what it is called.
    Keep,
    /// It is called this.
    Name(Template),
    /// It is one with all others that are put into the group of this name.
    Group {
        /// The group's name.
        name: Template,
        /// The group's kind; otherwise its members'.
        kind: Option<Kind>,
    },
    /// It has no series of its own and is summed with those over the limit.
    Drop,
}

/// A workload under way from rule to rule.
#[derive(Debug)]
pub(super) struct Draft<'i> {
    found: &'i Identity,
    changed: Option<Identity>,
}

impl<'i> Draft<'i> {
    pub(super) fn of(found: &'i Identity) -> Self {
        Self { found, changed: None }
    }

    /// Who it is by the rules so far.
    pub(super) fn identity(&self) -> &Identity {
        self.changed.as_ref().unwrap_or(self.found)
    }

    pub(super) fn change(&mut self) -> &mut Identity {
        self.changed.get_or_insert_with(|| self.found.clone())
    }

    /// The outcome, cleaned and cut as all names are. Labels alone do not make a workload of a process that is in none.
    pub(super) fn finish(self) -> Option<Arc<Identity>> {
        let changed = self.changed.filter(|changed| changed.kind != Kind::System)?;
        Some(Identity::new(
            changed.kind,
            &changed.id,
            &changed.name,
            changed.details,
        ))
    }
}

impl Act {
    /// Does it. `expand` puts the groups that the patterns found into a template. What comes out empty is not done.
    pub(super) fn perform(&self, draft: &mut Draft<'_>, expand: impl Fn(&Template) -> String) {
        if *self == Self::Drop {
            *draft.change() = Identity::clone(&Identity::permanent(Kind::Other));
        }
        let name = self.template().map(expand).unwrap_or_default();
        if name.is_empty() {
            return;
        }
        // A process outside of any workload has no name to be replaced: those of one name are one workload.
        let is_loose = draft.identity().kind == Kind::System;
        match self {
            Self::Group { kind, .. } => group(draft.change(), name, *kind),
            _ if is_loose => group(draft.change(), name, None),
            _ => draft.change().name = name,
        }
    }

    pub(super) fn template(&self) -> Option<&Template> {
        match self {
            Self::Name(name) | Self::Group { name, .. } => Some(name),
            Self::Keep | Self::Drop => None,
        }
    }
}

/// Its members have different details, so a group begins with none.
fn group(identity: &mut Identity, name: String, kind: Option<Kind>) {
    identity.kind = kind.unwrap_or(match identity.kind {
        Kind::System => Kind::Service,
        own => own,
    });
    identity.id = format!("{GROUP}{name}");
    identity.name = name;
    identity.details = Details::default();
}

/// Sets a label, or takes it away where the value is empty.
pub(super) fn set_label(identity: &mut Identity, label: Label, value: &str) {
    if value.is_empty() {
        identity.details.remove(label);
    } else {
        identity.details.set(label, value);
    }
}

impl fmt::Display for Act {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => Ok(()),
            Self::Name(name) => write!(formatter, ", call it {name}"),
            Self::Group { name, kind: None } => write!(formatter, ", sum it into {name}"),
            Self::Group {
                name,
                kind: Some(kind),
            } => write!(formatter, ", sum it into {name} of kind {}", kind.as_str()),
            Self::Drop => formatter.write_str(", sum it into other"),
        }
    }
}

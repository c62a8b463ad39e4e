//! What a rule asks for.

use std::fmt;

use super::Facts;
use super::Pattern;
use crate::workload::Label;

/// What a pattern is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The path of the cgroup.
    Cgroup,
    /// The systemd unit.
    Unit,
    /// The executable of its process.
    Executable,
    /// The user of its process.
    User,
    /// The label `kind`.
    Kind,
    /// The label `name`.
    Name,
    /// The label `id`.
    Id,
    /// A label of the info series.
    Label(Label),
}

impl Field {
    /// The labels that every series of a workload has.
    const OF_ALL: [(&'static str, Self); 3] = [("kind", Self::Kind), ("name", Self::Name), ("id", Self::Id)];

    /// The label of this name; fails with the names that there are.
    pub fn label(name: &str) -> Result<Self, String> {
        let of_all = Self::OF_ALL.iter().find(|(known, _)| *known == name);
        let of_info = || Label::named(name).map(Self::Label);
        of_all.map(|(_, field)| *field).or_else(of_info).ok_or_else(|| {
            let names = Self::OF_ALL.iter().map(|(name, _)| *name);
            let all: Vec<_> = names.chain(Label::ALL.map(Label::as_str)).collect();
            format!("no label `{name}`; there are {}", all.join(", "))
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = match self {
            Self::Cgroup => return formatter.write_str("cgroup"),
            Self::Unit => return formatter.write_str("unit"),
            Self::Executable => return formatter.write_str("executable"),
            Self::User => return formatter.write_str("user"),
            Self::Kind => "kind",
            Self::Name => "name",
            Self::Id => "id",
            Self::Label(label) => label.as_str(),
        };
        write!(formatter, "label {label}")
    }
}

/// A pattern that a fact must match.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Which fact.
    pub field: Field,
    /// The pattern.
    pub pattern: Pattern,
}

impl Condition {
    /// The groups that the pattern found, by number; nothing where it does not match.
    pub(super) fn groups(&self, facts: &Facts<'_>) -> Option<Vec<String>> {
        let value = facts.value(self.field);
        let found = self.pattern.captures(&value)?;
        let text = |group: Option<regex::Match<'_>>| group.map_or("", |group| group.as_str()).to_owned();
        Some(found.iter().map(text).collect())
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} matches {}", self.field, self.pattern)
    }
}

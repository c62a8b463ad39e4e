//! What rules are asked about.

use std::borrow::Cow;

use wattle_hostfs::unit_name::unescape_unit;

use super::condition::Field;
use crate::workload::Identity;

/// What is known of one workload, or of a process outside of any. What is not known is the empty text.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// Who it is without rules.
    pub identity: &'f Identity,
    /// The path of its cgroup below the root of the hierarchy.
    pub cgroup: &'f str,
    /// The file that its process runs.
    pub executable: &'f str,
    /// The user whose process it is, by name, or by number where no name is known.
    pub user: &'f str,
}

impl<'f> Facts<'f> {
    pub(super) fn value(&self, field: Field) -> Cow<'f, str> {
        Cow::Borrowed(match field {
            Field::Cgroup => self.cgroup,
            Field::Unit => return unit_of(self.cgroup),
            Field::Executable => self.executable,
            Field::User => self.user,
            Field::Kind => self.identity.kind.as_str(),
            Field::Name => &self.identity.name,
            Field::Id => &self.identity.id,
            Field::Label(label) => self.identity.details.get(label).unwrap_or_default(),
        })
    }
}

/// The suffixes of systemd's units that hold processes.
const UNITS: [&str; 5] = [".service", ".scope", ".socket", ".mount", ".swap"];

/// The systemd unit that a cgroup belongs to, without systemd's escapes: the outermost that is no slice, or else the innermost
/// slice; nothing outside of systemd's tree.
pub fn unit_of(cgroup: &str) -> Cow<'_, str> {
    let mut slice = "";
    for leaf in cgroup.split('/').filter(|leaf| !leaf.is_empty()) {
        if UNITS.iter().any(|suffix| leaf.ends_with(suffix)) {
            return unescape_unit(leaf);
        }
        if !leaf.ends_with(".slice") {
            break;
        }
        slice = leaf;
    }
    unescape_unit(slice)
}

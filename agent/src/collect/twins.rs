//! On a hybrid host: which cgroup of version 2 counts the same processes as one of version 1.
//!
//! Both versions count CPU time there, each in its own tree, and a process has a place in both. What both count must be
//! charged once, so the account of version 1 stands inside that of version 2. Where a tool uses both, they are twins, and
//! one and the same workload; where it uses one alone (Docker with cgroupfs, libvirt without cpuacct), the other tree
//! shows the processes further up, in the service that started them or outside of any.

use std::path::PathBuf;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_members::members;
use wattle_hostfs::cgroup_tree::Cgroup;
use wattle_hostfs::cgroup_tree::CgroupTree;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::process::MembershipReader;
use wattle_hostfs::process::memberships;

use super::trees::Tag;

/// How many processes of a cgroup are asked.
const ASKED: usize = 16;
/// The processes of a cgroup seldom move to another: they are asked again once in so many ticks.
const ASK_AGAIN: u64 = 32;

/// Where the processes of a cgroup of version 1 are in version 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// It has had none so far.
    #[default]
    Unknown,
    /// In no workload, or not all of them in one: nothing else counts their time as a whole.
    Alone,
    /// All in the workload with this account.
    Inside(u64),
    /// Spread over several workloads, none of them this one's twin: those count all that this one counts. This is for
    /// good, since an account that is left out and comes back would be taken for a new one.
    Elsewhere,
}

impl Place {
    /// The account that counts its time too.
    pub(super) fn account(self) -> Option<u64> {
        match self {
            Self::Inside(id) => Some(id),
            Self::Unknown | Self::Alone | Self::Elsewhere => None,
        }
    }
}

/// Asks processes for their places.
#[derive(Debug)]
pub(super) struct Twins {
    /// The root of version 1.
    dir: Option<PathBuf>,
    memberships: MembershipReader,
    found: Vec<Option<u64>>,
}

impl Twins {
    pub(super) fn new(roots: &Roots, hierarchies: &Hierarchies) -> Self {
        Self {
            dir: hierarchies.cpu.as_ref().map(|cpu| cpu.dir.clone()),
            memberships: MembershipReader::new(roots),
            found: Vec::with_capacity(ASKED),
        }
    }

    /// Finds the place of a cgroup, where that is not known or its turn has come.
    pub(super) fn refresh(
        &mut self,
        cgroup: &mut Cgroup<Tag>,
        unified: &CgroupTree<Tag>,
        tick: u64,
        scratch: &mut Scratch,
    ) {
        let is_turn = tick.wrapping_add(cgroup.tag.id).is_multiple_of(ASK_AGAIN);
        let is_due = match cgroup.tag.place {
            Place::Elsewhere => false,
            // Before it has used anything there is nothing to charge twice.
            Place::Unknown => cgroup.cpu_usec > 0,
            Place::Alone | Place::Inside(_) => is_turn,
        };
        if !is_due {
            return;
        }
        self.ask(cgroup, unified, scratch);
        let twin = unified
            .around(cgroup.path.as_bytes())
            .filter(|twin| twin.path == cgroup.path)
            .map(|twin| twin.tag.id);
        if let Some(place) = place(&self.found, twin) {
            cgroup.tag.place = place;
        }
    }

    /// Fills `found` with the accounts of version 2 in which some processes are.
    fn ask(&mut self, cgroup: &Cgroup<Tag>, unified: &CgroupTree<Tag>, scratch: &mut Scratch) {
        self.found.clear();
        let dir = self.dir.as_ref().map(|dir| dir.join(cgroup.path.relative()));
        let pids = dir.map(|dir| members(&dir, ASKED, scratch)).unwrap_or_default();
        for pid in pids {
            let Ok(text) = self.memberships.read(pid, scratch) else {
                continue;
            };
            let mut unified_ones = memberships(text)
                .flatten()
                .filter(|membership| membership.hierarchy == 0);
            if let Some(membership) = unified_ones.next() {
                self.found
                    .push(unified.around(membership.path).map(|around| around.tag.id));
            }
        }
    }
}

/// The place that follows from those of some processes; `None` where there are none.
fn place(found: &[Option<u64>], twin: Option<u64>) -> Option<Place> {
    let first = *found.first()?;
    let place = match first {
        Some(id) if found.iter().all(|&other| other == first) => Place::Inside(id),
        _ => match twin.filter(|_| found.contains(&twin)) {
            Some(twin) => Place::Inside(twin),
            None if found.contains(&None) => Place::Alone,
            None => Place::Elsewhere,
        },
    };
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_follows_from_those_of_the_processes() {
        for (found, twin, expected) in [
            (&[][..], None, None),
            (&[None, None], None, Some(Place::Alone)),
            (&[Some(1), Some(1)], None, Some(Place::Inside(1))),
            (&[Some(1), Some(2)], Some(2), Some(Place::Inside(2))),
            (&[Some(1), None], Some(1), Some(Place::Inside(1))),
            (&[Some(1), None], Some(3), Some(Place::Alone)),
            (&[Some(1), Some(2)], Some(3), Some(Place::Elsewhere)),
        ] {
            assert_eq!(place(found, twin), expected, "{found:?} {twin:?}");
        }
    }
}

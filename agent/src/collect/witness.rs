//! Who a cgroup's workload is, by its path and by what more is found when it is new.

use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_tree::CgroupPath;
use wattle_hostfs::hierarchies::Hierarchy;

use super::evidence;
use crate::workload::Evidence;
use crate::workload::Identity;
use crate::workload::Subject;
use crate::workload::VmProcess;
use crate::workload::Wants;
use crate::workload::inner_names;

/// Ages in ticks, besides 0, at which a workload that is not known well enough is asked about again: its processes may
/// have come after its cgroup, and the files about it after those.
const AGAIN: [u64; 5] = [1, 2, 4, 8, 32];

/// Where evidence of workloads is found.
#[derive(Debug)]
pub(super) struct Witness {
    roots: Roots,
    scratch: Scratch,
}

/// A workload of which more may become known.
#[derive(Debug)]
pub(super) struct Unsettled {
    subject: Subject,
    since: u64,
}

impl Witness {
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            roots: roots.clone(),
            scratch: Scratch::default(),
        }
    }

    /// Who it is; and, while that may change, what to ask about again.
    pub(super) fn identify(
        &mut self,
        (cpu, path): (&Hierarchy, &CgroupPath),
        subject: Subject,
        tick: u64,
    ) -> (Arc<Identity>, Option<Box<Unsettled>>) {
        let (identity, settled) = self.ask((cpu, path), &subject);
        let unsettled = (!settled).then(|| Box::new(Unsettled { subject, since: tick }));
        (identity, unsettled)
    }

    /// Asks again, if it is time; nothing is left to ask about once all is known or the workload is too old.
    pub(super) fn again(
        &mut self,
        (cpu, path): (&Hierarchy, &CgroupPath),
        unsettled: &mut Option<Box<Unsettled>>,
        tick: u64,
    ) -> Option<Arc<Identity>> {
        let about = unsettled.as_ref()?;
        let age = tick.saturating_sub(about.since);
        if !AGAIN.contains(&age) {
            return None;
        }
        let (identity, settled) = self.ask((cpu, path), &about.subject);
        if settled || AGAIN.last() == Some(&age) {
            *unsettled = None;
        }
        Some(identity)
    }

    /// Who a virtual machine is that is no cgroup's.
    pub(super) fn evidence_of(&self, machine: &VmProcess) -> Evidence {
        evidence::gather_vm(&self.roots, machine)
    }

    fn ask(&mut self, (cpu, path): (&Hierarchy, &CgroupPath), subject: &Subject) -> (Arc<Identity>, bool) {
        let members = Some(cpu)
            .filter(|_| *subject.wants() != Wants::Nothing)
            .map(|cpu| evidence::members(cpu, path.relative()))
            .unwrap_or_default();
        let mut found = evidence::gather(&self.roots, &mut self.scratch, subject, &members.pids);
        found.inner = inner_names(subject, members.inner.iter().map(String::as_str));
        (subject.identify(&found), subject.is_settled(&found))
    }
}

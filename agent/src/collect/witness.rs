//! Who a cgroup's workload is, by its path and by what more is found when it is new.

use std::path::PathBuf;
use std::sync::Arc;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::cgroup_tree::CgroupPath;
use wattle_hostfs::hierarchies::Hierarchy;

use super::evidence;
use super::inquiry::Inquiry;
use super::naming::Named;
use super::naming::Naming;
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
    inquiry: Option<Inquiry>,
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
            inquiry: None,
        }
    }

    /// From now on daemons are asked as well.
    pub(super) fn ask_daemons(&mut self, sockets: &[PathBuf]) {
        self.inquiry = Inquiry::start(sockets);
    }

    /// Who it is; and, while that may change, what to ask about again.
    pub(super) fn identify(
        &mut self,
        place: (&Hierarchy, &CgroupPath),
        subject: Subject,
        (naming, tick): (&Naming, u64),
    ) -> (Named, Option<Box<Unsettled>>) {
        let (named, settled) = self.ask(place, &subject, (naming, tick));
        let unsettled = (!settled).then(|| Box::new(Unsettled { subject, since: tick }));
        (named, unsettled)
    }

    /// Asks again, if it is time; nothing is left to ask about once all is known or the workload is too old.
    pub(super) fn again(
        &mut self,
        place: (&Hierarchy, &CgroupPath),
        unsettled: &mut Option<Box<Unsettled>>,
        (naming, tick): (&Naming, u64),
    ) -> Option<Named> {
        let about = unsettled.as_ref()?;
        let age = tick.saturating_sub(about.since);
        if !AGAIN.contains(&age) {
            return None;
        }
        let (named, settled) = self.ask(place, &about.subject, (naming, tick));
        if settled || AGAIN.last() == Some(&age) {
            *unsettled = None;
        }
        Some(named)
    }

    /// What new rules call it.
    pub(super) fn name_again(
        (cpu, path): (&Hierarchy, &CgroupPath),
        found: &Arc<Identity>,
        naming: &Naming,
    ) -> Named {
        naming.of_cgroup(found, path.as_str(), || {
            evidence::members(cpu, path.relative()).pids
        })
    }

    /// Who a virtual machine is that is no cgroup's.
    pub(super) fn evidence_of(&self, machine: &VmProcess) -> Evidence {
        evidence::gather_vm(&self.roots, machine)
    }

    /// What the processes run may change while they are young, so with rules that want to know it nothing is settled.
    fn ask(
        &mut self,
        (cpu, path): (&Hierarchy, &CgroupPath),
        subject: &Subject,
        (naming, tick): (&Naming, u64),
    ) -> (Named, bool) {
        let wanted = *subject.wants() != Wants::Nothing || naming.wants_process();
        let members = Some(cpu)
            .filter(|_| wanted)
            .map(|cpu| evidence::members(cpu, path.relative()))
            .unwrap_or_default();
        let mut found = evidence::gather(&self.roots, &mut self.scratch, subject, &members.pids);
        found.inner = inner_names(subject, members.inner.iter().map(String::as_str));
        let inquiry = self.inquiry.as_mut();
        let is_asking = inquiry.is_some_and(|inquiry| inquiry.complete(subject, &mut found, tick));
        let named = naming.of_cgroup(&subject.identify(&found), path.as_str(), || members.pids);
        (
            named,
            subject.is_settled(&found) && !is_asking && !naming.wants_process(),
        )
    }
}

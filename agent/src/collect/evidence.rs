//! What more there is to know of one workload: gathered once, when it is new, and now and then again while it is young.
//!
//! Only files are read, no daemon is asked. Every one is bounded in size and may be missing, unreadable or nonsense: then
//! fewer details are known, and nothing fails. Homes of users are left alone: they may be on another machine that does not
//! answer, and what is in them is the users' word. Their containers' names come from the engine's monitor instead.

mod containers;
mod files;
mod members;
#[cfg(test)]
mod tests;

use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::process::Cmdline;

pub(super) use self::members::members;

use self::files::Files;
use crate::workload::Domain;
use crate::workload::Evidence;
use crate::workload::MachineFacts;
use crate::workload::Subject;
use crate::workload::VmProcess;
use crate::workload::Wants;

/// How many processes of a workload are looked at.
const LOOKED_AT: usize = 64;
/// A domain with hundreds of devices has some 200 kB.
const LONGEST_XML: u64 = 4 << 20;

/// Gathers what `subject` wants. `pids` are its processes, in the order of their age where that is known.
pub(super) fn gather(roots: &Roots, scratch: &mut Scratch, subject: &Subject, pids: &[u32]) -> Evidence {
    let files = Files::new(&roots.root);
    let mut evidence = Evidence::default();
    match subject.wants() {
        Wants::Nothing => {}
        Wants::Hypervisor => evidence.hypervisor = hypervisor(roots, pids),
        Wants::Machine(registered) => {
            evidence.hypervisor = hypervisor(roots, pids);
            evidence.machine = files
                .text(&["run/systemd/machines", registered], 64 << 10)
                .map(|text| MachineFacts::parse(&text));
            let name = evidence.hypervisor.as_ref().and_then(VmProcess::domain_name);
            evidence.domain = domain(&files, name.unwrap_or(subject.name()));
        }
        Wants::Container { id, pod_uid } => {
            evidence.container = containers::of_engine(&files, roots, scratch, subject, id, pids);
            if evidence.container.is_none() {
                evidence.container = pod_uid
                    .as_deref()
                    .and_then(|uid| containers::of_logs(&files, uid, id));
            }
            evidence.hypervisor = hypervisor(roots, pids);
        }
        Wants::Pod(uid) => evidence.container = containers::of_pod(&files, uid),
        Wants::SystemContainer(name) => {
            evidence.container = containers::of_lxc(&files, roots, scratch, name, pids);
            evidence.hypervisor = hypervisor(roots, pids);
        }
    }
    evidence
}

/// Gathers what there is to know of a hypervisor outside of a cgroup of its own.
pub(super) fn gather_vm(roots: &Roots, vm: &VmProcess) -> Evidence {
    let files = Files::new(&roots.root);
    Evidence {
        domain: vm.domain_name().and_then(|name| domain(&files, name)),
        ..Evidence::default()
    }
}

fn hypervisor(roots: &Roots, pids: &[u32]) -> Option<VmProcess> {
    pids.iter()
        .take(LOOKED_AT)
        .filter_map(|&pid| Cmdline::read(roots, pid).ok())
        .find_map(|cmdline| VmProcess::read(&cmdline))
}

fn domain(files: &Files<'_>, name: &str) -> Option<Domain> {
    let file = format!("{name}.xml");
    ["run/libvirt/qemu", "run/libvirt/ch", "run/libvirt/lxc"]
        .iter()
        .find_map(|dir| Domain::parse(&files.text(&[dir, &file], LONGEST_XML)?))
        .filter(|domain| domain.name == name)
}

//! Is this process a virtual machine, and which?

use std::sync::Arc;

use super::Details;
use super::Evidence;
use super::Identity;
use super::Nesting;

/// A hypervisor's process, as its command line describes the machine that it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmProcess {
    /// The machine's name, if it has one.
    pub name: Option<String>,
    /// Its UUID, in small letters.
    pub uuid: Option<String>,
    /// Runtime, platform and so on.
    pub details: Details,
}

/// The machine that a process runs, if it is a hypervisor. Only the file name of the program as it was called decides; a
/// mention among the arguments does not.
pub fn vm_process(_cmdline: &[u8]) -> Option<VmProcess> {
    None
}

impl VmProcess {
    /// The workload that the process is, if its cgroup at `path` names none that pays for it: a VM of its own within a
    /// service or a session, or outside of any. `born` is its PID and start time, which stand in for a missing UUID.
    pub fn identify(
        &self,
        _path: &str,
        _nesting: Nesting,
        _born: (u32, u64),
        _evidence: &Evidence,
    ) -> Option<Arc<Identity>> {
        None
    }
}

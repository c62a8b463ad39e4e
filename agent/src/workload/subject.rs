//! What the path of a cgroup alone says of a workload.

use std::sync::Arc;

use super::Details;
use super::Evidence;
use super::Identity;
use super::Kind;

/// A workload as the path of its cgroup names it. Evidence tells more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) details: Details,
    pub(super) wants: Wants,
}

/// Which evidence would tell more of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wants {
    /// The path says all.
    #[default]
    Nothing,
    /// The command line of a hypervisor among its processes.
    Hypervisor,
    /// The same, and what the machine manager or libvirt wrote of a machine of this name.
    Machine(String),
    /// What a container engine wrote of the container with this id; in a pod, also a hypervisor's command line.
    Container {
        /// The container's id, as the engine knows it.
        id: String,
        /// It is in a pod.
        pod_uid: Option<String>,
    },
    /// What LXC's monitor says of itself, and the container's own configuration.
    SystemContainer(String),
}

impl Subject {
    /// What would tell more than the path.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    /// Whether the evidence is all that can be expected. Where it is not, a workload that has only just begun is worth
    /// another look: its hypervisor may not have started yet.
    pub fn is_settled(&self, evidence: &Evidence) -> bool {
        match &self.wants {
            Wants::Nothing => true,
            Wants::Hypervisor => evidence.hypervisor.is_some(),
            Wants::Machine(_) => evidence.hypervisor.is_some() || evidence.machine.is_some(),
            Wants::Container { .. } | Wants::SystemContainer(_) => evidence.container.is_some(),
        }
    }

    /// Who it is, by its path and what more was found.
    pub fn identify(&self, _evidence: &Evidence) -> Arc<Identity> {
        Identity::new(self.kind, &self.id, &self.name, self.details.clone())
    }
}

//! What the path of a cgroup alone says of a workload, and what evidence adds.

use std::sync::Arc;

use super::ContainerFacts;
use super::Details;
use super::Evidence;
use super::Identity;
use super::Kind;
use super::Label;
use super::VmProcess;
use super::kubernetes;
use super::platform;

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
    /// The same, and what libvirt and the machine manager wrote of the machine registered by this name.
    Machine(String),
    /// What a container engine wrote of the container with this id; in a pod, also a hypervisor's command line.
    Container {
        /// The container's id, as the engine knows it.
        id: String,
        /// It is in a pod.
        pod_uid: Option<String>,
    },
    /// The pod's name.
    Pod(String),
    /// What LXC's monitor says of itself, and the container's own configuration.
    SystemContainer(String),
}

impl Subject {
    /// What it is, as far as the path tells.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name that the path gives.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What runs it, where the path tells.
    pub fn runtime(&self) -> &str {
        self.details.get(Label::Runtime).unwrap_or_default()
    }

    /// What would tell more than the path.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    /// Whether the evidence is all that can be expected. Where it is not, a workload that has only just begun is worth
    /// another look: its hypervisor may not have started, its name may not have been written yet.
    pub fn is_settled(&self, evidence: &Evidence) -> bool {
        match &self.wants {
            Wants::Nothing => true,
            Wants::Machine(_) if self.kind == Kind::Vm => {
                evidence.hypervisor.is_some() && evidence.domain.is_some()
            }
            Wants::Machine(_) => evidence.machine.is_some(),
            // KubeVirt starts its hypervisor long after the container.
            Wants::Hypervisor | Wants::Container { pod_uid: Some(_), .. } => evidence.hypervisor.is_some(),
            Wants::Container { .. } | Wants::Pod(_) | Wants::SystemContainer(_) => {
                evidence.container.is_some()
            }
        }
    }

    /// Who it is, by its path and what more was found.
    pub fn identify(&self, evidence: &Evidence) -> Arc<Identity> {
        let mut found = self.clone();
        match &self.wants {
            Wants::Nothing => {}
            Wants::Hypervisor => found.be_machine(evidence),
            Wants::Machine(_) => {
                found.believe_manager(evidence);
                found.be_machine(evidence);
            }
            Wants::Container { .. } => found.be_container(evidence),
            Wants::Pod(_) => found.add(evidence.container.as_ref()),
            Wants::SystemContainer(_) => {
                // The path's guess at a project gives way to what its monitor says.
                if evidence
                    .container
                    .as_ref()
                    .is_some_and(ContainerFacts::tells_runtime)
                {
                    found.details.remove(Label::Project);
                }
                found.add(evidence.container.as_ref());
            }
        }
        found.note_inner(evidence);
        Identity::new(found.kind, &found.id, &found.name, found.details)
    }

    /// One of systemd's slices of a user who is not the system's own.
    pub(super) fn is_user(&self) -> bool {
        self.kind == Kind::Service && self.details.get(Label::User).is_some()
    }

    /// The same in a tenant's place: a tenant can give any id to what is the tenant's, so it counts only there.
    pub(super) fn within(mut self, tenant: &Self) -> Self {
        if tenant.is_user() {
            self.id = format!("{}/{}", tenant.name, self.id);
            self.details
                .set(Label::User, tenant.details.get(Label::User).unwrap_or_default());
        } else {
            self.id = format!("{}/{}", tenant.id, self.id);
            self.details.set(Label::Outer, &tenant.title());
        }
        self
    }

    /// A few words for the info of another workload.
    pub(super) fn title(&self) -> String {
        format!("{}:{}", self.runtime(), self.name)
    }

    /// The manager knows a VM from a container where the name of the scope does not tell, or misleads.
    fn believe_manager(&mut self, evidence: &Evidence) {
        let Some(machine) = &evidence.machine else { return };
        let kind = match machine.class.as_str() {
            "vm" => Kind::Vm,
            "container" => Kind::Container,
            _ => return,
        };
        if kind != self.kind || self.runtime() == "machined" {
            if let Wants::Machine(registered) = &self.wants
                && kind != self.kind
            {
                self.name.clone_from(registered);
                self.details = Details::default();
            }
            self.kind = kind;
            self.details.set(Label::Runtime, &machine.service);
        }
    }

    fn be_machine(&mut self, evidence: &Evidence) {
        if self.kind != Kind::Vm {
            return;
        }
        if let Some(vm) = &evidence.hypervisor {
            self.details.add(&vm.details);
            if let Some(name) = &vm.name {
                self.name.clone_from(name);
            }
            if let Some(uuid) = &vm.uuid {
                self.id.clone_from(uuid);
            }
        }
        let uuid = evidence.hypervisor.as_ref().and_then(|vm| vm.uuid.as_deref());
        let domain = evidence.domain.as_ref();
        if let Some(domain) = domain.filter(|domain| uuid.is_none_or(|uuid| uuid == domain.uuid)) {
            domain.name.clone_into(&mut self.name);
            domain.uuid.clone_into(&mut self.id);
            self.details.set(Label::Uuid, &domain.uuid);
            self.details.add(&domain.details);
        }
        self.details.add(&platform::of_name(&self.name));
    }

    fn be_container(&mut self, evidence: &Evidence) {
        let facts = evidence.container.as_ref();
        if facts.is_some_and(|facts| facts.sandbox)
            && let Some(uid) = self.details.get(Label::PodUid)
        {
            *self = kubernetes::pod(uid);
        }
        let runtime = self.details.get(Label::Runtime).is_some();
        self.add(facts);
        if !runtime {
            self.details.remove(Label::Runtime);
        }
        if let Some(vm) = &evidence.hypervisor
            && self.is_of_kubevirt(vm)
        {
            self.be_virtual(vm);
        }
    }

    fn add(&mut self, facts: Option<&ContainerFacts>) {
        let Some(facts) = facts else { return };
        self.details.add(&facts.details);
        if !facts.name.is_empty() {
            self.name.clone_from(&facts.name);
        }
    }

    /// KubeVirt names its machines by namespace and name. Another pod's hypervisor may call itself as it likes; the pod
    /// pays for it.
    fn is_of_kubevirt(&self, vm: &VmProcess) -> bool {
        let of_its_own = || {
            let (namespace, _) = vm.name.as_deref()?.split_once('_')?;
            let known = self.details.get(Label::Namespace).unwrap_or(namespace);
            Some(known == namespace)
        };
        self.details.get(Label::PodUid).is_some()
            && vm.details.get(Label::Platform) == Some(platform::KUBEVIRT)
            && of_its_own() == Some(true)
    }

    /// The machine in a pod's container is what the container is there for: it is the machine, with the pod's details.
    fn be_virtual(&mut self, vm: &VmProcess) {
        self.kind = Kind::Vm;
        self.details.add(&vm.details);
        if let Some(name) = &vm.name {
            self.name.clone_from(name);
            if let Some((namespace, own)) = name.split_once('_') {
                self.details.set(Label::Namespace, namespace);
                self.details.set(Label::VmName, own);
            }
        }
        if let Some(uuid) = &vm.uuid {
            self.id.clone_from(uuid);
        }
    }

    fn note_inner(&mut self, evidence: &Evidence) {
        let mut inner = evidence.inner.clone();
        if self.kind == Kind::Container
            && let Some(vm) = &evidence.hypervisor
        {
            inner.push(vm.title());
        }
        self.details.set(Label::Inner, &enumerate(inner));
    }
}

/// Names so many of those inside; of the others, how many.
const NAMED: usize = 4;

fn enumerate(mut names: Vec<String>) -> String {
    names.sort_unstable();
    names.dedup();
    let rest = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let mut text = names.join(" ");
    if rest > 0 {
        text.push_str(&format!(" +{rest}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_of_those_inside_are_named_and_the_others_counted() {
        let names = |count: usize| (0..count).map(|n| format!("docker:{n}")).collect();
        assert_eq!(enumerate(names(0)), "");
        assert_eq!(enumerate(names(2)), "docker:0 docker:1");
        assert_eq!(enumerate(names(6)), "docker:0 docker:1 docker:2 docker:3 +2");
    }
}

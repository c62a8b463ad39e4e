//! What was found out about one workload besides the path of its cgroup.

use super::Details;
use super::Domain;
use super::Label;
use super::VmProcess;

/// Facts from a workload's processes and from files. Each may be missing; then fewer details are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The hypervisor among its processes.
    pub hypervisor: Option<VmProcess>,
    /// What libvirt wrote of its domain.
    pub domain: Option<Domain>,
    /// What a container engine wrote of it.
    pub container: Option<ContainerFacts>,
    /// What the machine manager wrote of it.
    pub machine: Option<MachineFacts>,
    /// Workloads inside, each by its runtime and name: [`inner_names`](super::inner_names).
    pub inner: Vec<String>,
}

/// What a container engine tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerFacts {
    /// The container's name, or nothing.
    pub name: String,
    /// It only holds a pod's namespaces.
    pub sandbox: bool,
    /// Image, pod, project and so on.
    pub details: Details,
}

impl ContainerFacts {
    /// Whether it is known what runs it.
    pub(super) fn tells_runtime(&self) -> bool {
        self.details.get(Label::Runtime).is_some()
    }
}

/// What the machine manager tells: machinectl(1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineFacts {
    /// The service that registered it, such as `libvirt-qemu`.
    pub service: String,
    /// `vm` or `container`.
    pub class: String,
}

impl MachineFacts {
    /// Parses `/run/systemd/machines/<name>`: lines of `NAME=value`.
    pub fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.map(|value| value.trim_matches('"').to_owned())
                .unwrap_or_default()
        };
        Self {
            service: value("SERVICE="),
            class: value("CLASS="),
        }
    }
}

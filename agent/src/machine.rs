//! What a host is called and made of: what does not change while the agent runs.

use wattle_hostfs::Roots;
use wattle_hostfs::hostname;
use wattle_hostfs::topology::Cpu;
use wattle_hostfs::topology::Topology;

use crate::workload::clean;

/// The machine. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// What it calls itself.
    pub name: String,
    /// Who made the processors.
    pub vendor: String,
    /// Their model.
    pub processor: String,
    /// The CPUs that were online when the agent was started.
    pub cpus: Vec<Cpu>,
}

impl Machine {
    /// The machine below `roots`, whose processors are known already. All text in it is safe to print.
    pub fn read(roots: &Roots, topology: &Topology) -> Self {
        let name = hostname::read(roots).unwrap_or_default();
        Self {
            name: clean(&name),
            vendor: clean(&topology.vendor),
            processor: clean(&topology.model_name),
            cpus: topology.cpus.clone(),
        }
    }
}

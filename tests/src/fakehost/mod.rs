//! fakehost: a made-up host that lives.
//!
//! It writes what the kernel shows of a host (procfs, powercap, the CPUs' topology, cgroups) below any directory and keeps it
//! going in virtual time. Since it has made the load and the energy itself, it knows the true joules of every workload, so an agent's
//! accuracy can be measured. A [`World`] is the host in memory; a [`Host`] is a world in a directory.
//!
//! The model, on purpose simple enough to be right: a socket's power is its static part and a dynamic part in proportion to the
//! CPU time that ran on it; the dynamic energy of a step belongs to those who ran in that step on that socket, by their time.

mod cgroup_files;
mod cgroups;
mod churn;
mod counter;
mod cpuinfo;
mod cpus;
mod energy;
mod fault;
mod hierarchies;
mod host;
mod host_files;
mod kind;
mod load;
mod mounts;
mod network;
mod process;
mod programs;
mod random;
mod share;
mod spec;
mod surroundings;
mod tree;
mod truth;
mod workload;
mod world;
mod zones;

pub use counter::Counter;
pub use cpuinfo::CpuModel;
pub use fault::Fault;
pub use host::Host;
pub use kind::Kind;
pub use load::Load;
pub use random::Random;
pub use spec::Churn;
pub use spec::Hardware;
pub use spec::Layout;
pub use spec::Power;
pub use spec::Spec;
pub use spec::WorkloadSpec;
pub use truth::CpuTruth;
pub use truth::Joules;
pub use truth::ModelTruth;
pub use truth::Truth;
pub use truth::WorkloadTruth;
pub use truth::ZoneTruth;
pub use world::World;

#[cfg(test)]
mod tests;

//! The cgroups of a host: which there are, and the CPU time of those that the caller calls workloads. cgroups(7),
//! Documentation/admin-guide/cgroup-v2.rst.

mod group;
mod growth;
mod members;
mod path;
mod slow;
#[cfg(test)]
mod tests;
mod tree;
mod watch;
mod workload;

pub use path::CgroupPath;
pub use tree::CgroupTree;
pub use tree::Origin;
pub use tree::Sort;
pub use workload::Cgroup;

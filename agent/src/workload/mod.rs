//! Who the workloads of a host are.
//!
//! One obvious room: everything that decides whether a cgroup or a process is a service, a container or the host's own
//! stands here. Today systemd units are known by name and any other cgroup is a container.

mod identity;
mod kind;
mod sort;

pub use identity::Identity;
pub use kind::Kind;
pub use sort::CgroupSort;
pub use sort::sort_cgroup;
pub use sort::sort_membership;

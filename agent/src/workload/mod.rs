//! Who the workloads of a host are.
//!
//! One obvious room: everything that decides whether a cgroup or a process is a VM, a container, a service or the host's
//! own stands here. It is pure: paths and bytes in, identities out. `vectors/` beside it holds the known answers, which
//! can be added to without a line of Rust.

mod clean;
mod details;
mod evidence;
mod identity;
mod kind;
mod sort;
mod subject;
mod vm_process;

pub use details::Details;
pub use details::Label;
pub use evidence::ContainerFacts;
pub use evidence::Evidence;
pub use evidence::MachineFacts;
pub use identity::Identity;
pub use kind::Kind;
pub use sort::CgroupSort;
pub use sort::Nesting;
pub use sort::sort_cgroup;
pub use sort::sort_membership;
pub use subject::Subject;
pub use subject::Wants;
pub use vm_process::VmProcess;
pub use vm_process::vm_process;

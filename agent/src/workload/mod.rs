//! Who the workloads of a host are.
//!
//! One obvious room: everything that decides whether a cgroup or a process is a VM, a container, a service or the host's
//! own stands here. It is pure: paths and bytes in, identities out. `vectors/` beside it holds the known answers, which
//! can be added to without a line of Rust.
//!
//! From a path follows a [`Subject`] ([`sort_cgroup`]), from a subject and [`Evidence`] an [`Identity`]. What runs in its
//! own right outside of any cgroup that says so is found by its command line ([`vm_process()`]).
//! Last, the operator may call it otherwise ([`rules`]).

mod clean;
mod details;
mod domain_xml;
pub mod engine_files;
mod engines;
mod evidence;
mod hypervisors;
mod identity;
mod jobs;
mod kind;
mod kubernetes;
mod machines;
mod nested;
mod place;
mod platform;
mod qemu;
pub mod rules;
mod sort;
mod subject;
mod system_containers;
mod units;
mod vm_process;

pub(crate) use clean::clean;
pub use details::Details;
pub use details::Label;
pub use domain_xml::Domain;
pub use evidence::ContainerFacts;
pub use evidence::Evidence;
pub use evidence::MachineFacts;
pub use identity::Identity;
pub use kind::Kind;
pub use kind::PerKind;
pub use nested::inner_names;
pub use sort::CgroupSort;
pub use sort::Nesting;
pub use sort::sort_cgroup;
pub use sort::sort_membership;
pub use subject::Subject;
pub use subject::Wants;
pub use vm_process::VmProcess;
pub use vm_process::vm_process;

//! What the Linux kernel says about a host.
//!
//! One file per kernel interface. In each, `parse` takes bytes and is pure, and `read` (or a reader that keeps
//! its descriptors open between ticks) takes a [`Roots`]. Nothing here asks the time, logs, waits or starts a thread:
//! the same code reads a live host, a captured one and a made-up one.

pub mod addresses;
mod allowance;
pub mod block_devices;
pub mod boot_id;
pub mod cgroup;
pub mod cgroup_members;
pub mod cgroup_tree;
pub mod cgroup_usage;
pub mod cpu_list;
pub mod cpuinfo;
mod error;
pub mod filesystem;
pub mod hierarchies;
pub mod hostname;
pub mod io_stat;
mod kept;
mod lasting;
mod listing;
pub mod loadavg;
pub mod meminfo;
pub mod memory_stat;
pub mod mountinfo;
pub mod net_dev;
pub mod net_namespace;
mod open_files;
pub mod pids;
pub mod powercap;
pub mod pressure;
pub mod process;
pub mod process_dir;
pub mod process_table;
mod roots;
pub mod self_process;
pub mod stat;
#[cfg(test)]
mod test_tree;
mod text;
pub mod topology;
pub mod tun_handles;
pub mod unit_name;
pub mod uptime;

pub use error::Error;
pub use error::ParseError;
pub use error::Result;
pub use kept::KeptFile;
pub use kept::Scratch;
pub use roots::Roots;

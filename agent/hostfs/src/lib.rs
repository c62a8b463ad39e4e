//! What the Linux kernel says about a host.
//!
//! One file per kernel interface. In each, `parse` takes bytes and is pure, and `read` (or a reader that keeps
//! its descriptors open between ticks) takes a [`Roots`]. Nothing here asks the time, logs, waits or starts a thread:
//! the same code reads a live host, a captured one and a made-up one.

mod allowance;
pub mod cgroup;
pub mod cgroup_tree;
mod error;
pub mod hierarchies;
mod kept;
mod listing;
pub mod pids;
pub mod process;
pub mod process_table;
mod roots;
#[cfg(test)]
mod test_tree;
mod text;
pub mod unit_name;

pub use error::Error;
pub use error::ParseError;
pub use error::Result;
pub use kept::KeptFile;
pub use kept::Scratch;
pub use roots::Roots;

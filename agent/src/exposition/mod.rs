//! From a snapshot to the text that Prometheus reads.
//!
//! [`families::FAMILIES`] is the one table of what is exported. A rendering walks it; so does `generate metrics`. Nothing is
//! registered for a workload, so one that has gone is simply no longer there.

mod carbon;
mod classic;
mod collector;
pub mod compat;
mod families;
mod format;
mod history;
mod host;
#[cfg(test)]
mod hostile_tests;
mod latency;
mod location;
mod mesh;
mod own;
mod paths;
mod point;
mod power;
mod processes;
mod reference;
mod render;
mod report;
mod servers;
mod view;
mod workloads;

pub use collector::Names;
pub use families::FAMILIES;
pub use families::Family;
pub use format::Encoding;
pub use format::Format;
pub use history::History;
pub use mesh::Mesh;
pub use point::Type;
pub use reference::reference;
pub use render::pack;
pub use render::render;
pub use render::render_packed;
pub use report::Report;
pub use view::View;

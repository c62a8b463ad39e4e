//! The fleet as it is now: who its hosts are, what their agents say, and whether they take machines.

mod access;
mod agents;
mod board;
mod forecasts;
mod keeper;
mod names;
mod prometheus;
mod report;
mod roll;
mod running;
mod shown;
pub mod standing;
mod stats;
mod targets;

pub use board::Board;
pub use board::Picture;
pub use forecasts::Forecasts;
pub use report::Report;
pub use report::Reports;
pub use report::Source;
pub use running::Fleet;
pub use running::check;
pub use running::start;

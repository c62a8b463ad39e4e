//! The fleet as it is now: who its hosts are, what their agents say, and whether they take machines.

mod board;
mod report;
mod running;
pub mod standing;

pub use board::Board;
pub use board::Picture;
pub use report::Report;
pub use report::Reports;
pub use report::Source;
pub use running::Fleet;
pub use running::start;

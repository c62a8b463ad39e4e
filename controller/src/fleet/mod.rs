//! The fleet as it is now: who its hosts are, what their agents say, and whether they take machines.

mod board;

pub use board::Board;

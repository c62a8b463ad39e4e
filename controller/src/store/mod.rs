//! Where claims and capacity are kept: what a store is, whichever it is.

mod transaction;

pub use transaction::Change;
pub use transaction::Entry;
pub use transaction::Expectation;
pub use transaction::Outcome;
pub use transaction::Revision;
pub use transaction::Transaction;

//! Every change that the ledger can plan, one file for each thing that changes.

mod aggregates;
mod allocations;
mod inventories;
mod providers;
mod reshape;
mod settle;
mod traits;
mod words;

pub use allocations::Claim;
pub use allocations::ConsumerGeneration;
pub use settle::Shape;

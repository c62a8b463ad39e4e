//! The ledger as a whole.

mod invariants;
mod model;
mod promises;
mod races;
mod scale;
mod steps;

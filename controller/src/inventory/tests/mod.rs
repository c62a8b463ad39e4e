//! The ledger as a whole.

mod invariants;
mod model;
mod races;
mod scale;
mod steps;

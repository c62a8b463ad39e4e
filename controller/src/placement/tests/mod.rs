//! Tests of placement.

mod batches;
mod choices;
mod fleets;
mod properties;
mod refusals;
mod scale;

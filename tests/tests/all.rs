//! Everything that is tested from outside, in one binary, which links once.

mod allocations;
mod commands;
#[macro_use]
mod e2e;
mod golden;
mod harness;
mod oracle;
mod packages;
mod placement_api;
mod simulated;

//! Everything that is tested from outside, in one binary, which links once.

mod allocations;
mod commands;
mod e2e;
mod golden;
mod harness;
mod oracle;
mod placement_api;
mod simulated;

//! What the house is tested with: hosts that are made up, and hosts that were captured.

pub mod archive;
pub mod dashboards;
pub mod fakehost;
pub mod fixtures;
pub mod mmdb;

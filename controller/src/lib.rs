//! The controller: knows the fleet through the agents' figures and decides where a virtual machine or container goes.
//!
//! Data flows one way: agents' metrics or Prometheus → `facts` → `inventory` (the ledger of capacity) → `placement`
//! (filter, score, allocate; pure) → a claim in a [`store`] → API and command line.

pub mod cli;
mod client;
mod clock;
pub mod config;
pub mod extender;
pub mod facts;
pub mod fleet;
pub mod inventory;
mod log;
pub mod placement;
pub mod placement_api;
pub mod rebalance;
pub mod schedule;
mod serve;
pub mod store;
pub mod v1;

//! The controller: knows the fleet through the agents' figures and decides where a virtual machine or container goes.
//!
//! Data flows one way: agents' metrics or Prometheus → `facts` → `inventory` (the ledger of capacity) → `placement`
//! (filter, score, allocate; pure) → a claim in a [`store`] → API and command line.

pub mod facts;
pub mod inventory;
pub mod placement;
pub mod placement_api;
pub mod schedule;
pub mod store;

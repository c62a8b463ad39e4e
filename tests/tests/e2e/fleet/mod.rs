//! The controller that knows its fleet: real agents, a real Prometheus, etcd, and agents that are none.

mod controller;
mod crowd;
mod known;
mod providers;
mod sources;
mod stub;

use super::skip;

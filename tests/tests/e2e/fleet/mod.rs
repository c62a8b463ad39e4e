//! The controller that knows its fleet: real agents, a real Prometheus, etcd, and agents that are none.

mod burst;
mod controller;
mod crowd;
mod ground;
mod known;
mod providers;
mod schedule;
mod sources;
mod stub;
mod whole;

use super::skip;

//! The agent as it is run: the real command on made-up hosts and on this machine.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[macro_use]
pub(crate) mod skip;

pub(crate) mod agent;
pub(crate) mod client;
#[path = "../../../controller/tests/store/etcd.rs"]
#[expect(dead_code, reason = "the store's own tests use more of it")]
mod etcd;
mod exposition;
mod living;
pub(crate) mod patience;
pub(crate) mod program;
mod reader;
mod real_cgroup;

mod balance;
mod busy_cgroup;
mod carbon;
mod churn;
mod compat;
mod crowd;
mod crowded_control;
mod databases;
mod documents;
mod fleet;
mod guests;
mod hostile_names;
mod hybrid;
mod live;
mod location;
mod look;
mod mesh;
mod others;
mod owping;
mod page;
mod permission;
mod platforms;
mod prometheus;
mod promtool;
mod reload;
mod restart;
mod rules;
mod sockets;
mod starting;
mod top;
mod tshark;
mod usage;
mod web;

//! The agent as it is run: the real command on made-up hosts and on this machine.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[macro_use]
pub(crate) mod skip;

mod agent;
pub(crate) mod client;
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
mod crowd;
mod databases;
mod documents;
mod guests;
mod hostile_names;
mod hybrid;
mod live;
mod location;
mod mesh;
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
mod tshark;
mod usage;
mod web;

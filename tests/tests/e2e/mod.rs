//! The agent as it is run: the real command on made-up hosts and on this machine.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[macro_use]
mod skip;

mod agent;
mod client;
mod exposition;
mod living;
mod patience;
mod program;

mod balance;
mod busy_cgroup;
mod crowd;
mod documents;
mod hostile_names;
mod live;
mod mesh;
mod permission;
mod prometheus;
mod promtool;
mod reload;
mod restart;
mod starting;
mod web;

//! The controller as it is run: the real command, asked over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

#[path = "../../../tests/tests/e2e/client.rs"]
mod client;
#[path = "../store/etcd.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod etcd;
#[path = "../../../tests/tests/e2e/patience.rs"]
mod patience;
#[path = "../../../tests/tests/e2e/program.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod program;
#[path = "../../../tests/tests/e2e/skip.rs"]
#[macro_use]
#[expect(dead_code, reason = "other tests use more of it")]
mod skip;

mod bad_input;
mod burst;
mod commands;
mod groups;
mod minds;
mod pages;
mod roles;
mod schedule;
mod served;

//! The controller's ledger beside the real OpenStack Placement: the same requests, the same answers.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod ask;
mod both;
mod conformance;
mod meaning;
mod operations;
mod ours;
mod real;
mod requests;
mod served;
mod speed;
mod suites;
mod world;

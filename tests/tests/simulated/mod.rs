//! The agent on made-up hosts whose truth is known.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod accuracy;
mod carbon;
mod churn;
mod compat;
mod damaged_state;
mod faults;
mod restart;
mod rules;
mod time;
mod worlds;
mod zones;

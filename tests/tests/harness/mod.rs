//! The whole agent below its sockets, in virtual time, and what a scrape of it shows.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail like tests"
)]

mod agent;
mod clock;
mod scrape;
mod simulated;

pub(crate) use agent::Agent;
pub(crate) use clock::VirtualClock;
pub(crate) use scrape::Sample;
pub(crate) use scrape::Scrape;
pub(crate) use simulated::SECOND;
pub(crate) use simulated::Simulated;

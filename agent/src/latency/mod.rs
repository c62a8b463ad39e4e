//! How far away other hosts are, in milliseconds, each way.
//!
//! - [`socket`]: UDP with the kernel's own timestamps;
//! - [`clock_state`]: what this host's clock is worth;
//! - [`peers`]: who the others are, and [`plan`]: which of them this host measures;
//! - [`mesh`]: the thread that measures, and [`report`]: what it publishes;
//! - [`sessions`]: what the ends of an arranged test session share;
//! - [`owping`]: the client, for people;
//! - [`responder`]: the servers, for whoever speaks OWAMP or TWAMP.

pub mod clock_state;
pub mod examine;
pub mod histogram;
pub mod icmp;
pub mod keys;
pub mod mesh;
pub mod owping;
pub mod peers;
pub mod plan;
pub mod random;
pub mod report;
pub mod responder;
pub mod sessions;
pub mod socket;
pub mod start;
pub mod wanted;

//! How far away other hosts are, in milliseconds, each way.
//!
//! - [`socket`]: UDP with the kernel's own timestamps;
//! - [`sessions`]: what the ends of an arranged test session share;
//! - [`owping`]: the client, for people;
//! - [`responder`]: the servers, for whoever speaks OWAMP or TWAMP.

pub mod owping;
pub mod responder;
pub mod sessions;
pub mod socket;

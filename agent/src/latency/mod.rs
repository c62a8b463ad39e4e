//! How far away other hosts are, in milliseconds, each way.
//!
//! - [`socket`]: a UDP socket with the kernel's own timestamps.

pub mod socket;

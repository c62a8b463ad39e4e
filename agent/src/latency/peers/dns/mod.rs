//! Asking name servers for service records (RFC 2782), which the system's resolver does not do.

mod client;
mod message;
mod servers;

pub(super) use client::Client;

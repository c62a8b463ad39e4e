//! What a daemon owes to whoever started it.
//!
//! [`manager`] tells systemd how the service is doing and feeds its watchdog; [`log`] writes messages as the journal, a
//! terminal or a program wants them. Outside of systemd all of this is silent.

mod address;
mod journal;
pub mod log;
pub mod manager;
mod repeats;
#[cfg(test)]
mod tests;

//! What a daemon owes to whoever started it.
//!
//! [`manager`] tells systemd how the service is doing and feeds its watchdog; [`log`] writes messages as the journal, a
//! terminal or a program wants them. Outside of systemd all of this is silent.

/// The exit code of a daemon whose configuration is wrong, `EX_CONFIG` of sysexits.h(3head): to start it again would be in
/// vain, as its unit knows.
pub const WRONG_CONFIGURATION: u8 = 78;

mod address;
mod journal;
pub mod log;
pub mod manager;
mod repeats;
#[cfg(test)]
mod tests;

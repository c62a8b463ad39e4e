//! Asking every agent for its page, spread over time.
//!
//! [`Rota`] says who is asked when, and knows no clock; [`ask`] asks one; [`Target`]s are whom.

mod agents;
mod rota;
mod targets;
#[cfg(test)]
mod tests;

pub use agents::AskError;
pub use agents::ask;
pub use rota::Rota;
pub use targets::MAX_TARGETS;
pub use targets::Target;
pub use targets::TargetError;
pub use targets::Whole;
pub use targets::read_file_sd;

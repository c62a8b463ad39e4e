//! Servers for the standard tools: OWAMP-Control and TWAMP-Control, and the test sessions arranged there.
//!
//! One thread accepts connections, and each connection has a thread of its own, whose number is bounded: deriving a key takes
//! milliseconds, and a client that is slow, or flooded, disturbs only itself. Nothing of the rest of the agent runs on them.
//! Dropping the [`Responder`] ends them all.

mod clients;
mod connection;
mod from_config;
mod listener;
mod ports;
mod session;
mod settings;
mod tally;

pub use from_config::start;
pub use listener::Responder;
pub use listener::StartError;
pub use ports::PortRange;
pub use settings::ClientLimits;
pub use settings::Settings;
pub use tally::Refusal;
pub use tally::ServerReport;
pub use tally::Tally;

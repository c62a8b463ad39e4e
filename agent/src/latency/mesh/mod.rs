//! The thread that measures: STAMP to each peer, and an answer to whoever asks.
//!
//! It has sockets of its own and waits for nobody. What it knows it publishes every second as one immutable
//! [`super::report::LatencyReport`].

mod answering;
mod asking;
mod choice;
mod engine;
mod figures;
mod network;
mod order;
mod pair;
mod path;
mod place;
mod roster;
mod sessions;
mod timers;

pub use engine::Engine;
pub use network::Network;
pub use order::MeshSettings;
pub use order::Order;
pub use order::Tuning;

/// Packets read from one socket before the others have their turn.
const TURN: usize = 64;
/// No STAMP packet that is worth answering is longer than a jumbo frame.
const LONGEST: usize = 9216;

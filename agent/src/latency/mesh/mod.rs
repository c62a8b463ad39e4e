//! The thread that measures: STAMP to each peer, and an answer to whoever asks.
//!
//! It has sockets of its own and waits for nobody. What it knows it publishes every second as one immutable
//! [`super::report::LatencyReport`].

mod engine;
mod figures;
mod pair;
mod reflect;
mod timers;

pub use engine::Engine;
pub use engine::MeshSettings;
pub use engine::Order;
pub use reflect::Network;

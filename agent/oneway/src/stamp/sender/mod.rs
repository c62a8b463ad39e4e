//! The Session-Sender.

mod event;
mod flights;
mod hearing;
mod machine;
mod order;
mod pace;
mod peer;
mod pending;
mod reading;
mod rejection;
mod settings;
mod writing;

pub use event::Event;
pub use event::Sample;
pub use event::Stages;
pub use event::Stamps;
pub use machine::Sender;
pub use machine::Transmit;
pub use pace::Pace;
pub use peer::Peer;
pub use rejection::Rejection;
pub use rejection::SenderCounts;
pub use settings::Extensions;
pub use settings::Security;
pub use settings::Settings;

//! STAMP.

mod arrival;
mod claim;
mod keys;
mod measured;
mod octets;
mod packet;
mod reflector;
mod sender;
mod tlv;
#[cfg(test)]
mod tests;

pub use arrival::Arrival;
pub use arrival::Seen;
pub use arrival::Stamp;
pub use arrival::StampSource;
pub use arrival::TrafficClass;
pub use claim::ClockClaim;
pub use claim::Position;
pub use keys::Key;
pub use keys::KeyRing;
pub use keys::KeyStore;
pub use measured::Direction;
pub use measured::Measured;
pub use measured::Quality;
pub use packet::Mode;
pub use packet::Reply;
pub use packet::Request;
pub use reflector::*;
pub use sender::*;
pub use tlv::*;

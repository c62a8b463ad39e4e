//! What packets tell about the clocks at both ends, whatever those claim.
//!
//! - [`Exchange`]: the four timestamps of one round trip.
//! - [`ClockTrack`]: how far two clocks are apart, how fast that changes, and when one of them was set.
//! - [`judge`]: whether what the ends claim about their clocks can be true.
//! - [`mesh_offsets`]: whose clock is wrong, from the offsets of many pairs.

mod exchange;
mod line;
mod mesh;
mod rate;
mod span;
mod track;
mod verdict;

pub use exchange::Exchange;
pub use exchange::Offset;
pub use mesh::HostOffset;
pub use mesh::PairOffset;
pub use mesh::mesh_offsets;
pub use rate::Rate;
pub use track::ClockTrack;
pub use track::Step;
pub use verdict::Claims;
pub use verdict::ClockState;
pub use verdict::Contradiction;
pub use verdict::Measured;
pub use verdict::judge;

//! What became of the packets of one direction, and how long they took: streaming, in bounded memory.
//!
//! [`Direction`] is the door; what it answers with are [`Counts`], [`Delays`], [`Histogram`], [`LossRuns`],
//! [`Reordering`] and [`Hops`].

mod bucket;
mod counts;
mod deadlines;
mod delays;
mod direction;
mod histogram;
mod hops;
mod loss_runs;
mod minimum;
mod quantile;
mod recent;
mod reordering;
mod sequence;
mod window;

pub use bucket::Bucket;
pub use counts::Counts;
pub use delays::Delays;
pub use direction::Arrival;
pub use direction::Direction;
pub use direction::Packet;
pub use direction::Settings;
pub use histogram::Histogram;
pub use hops::Hops;
pub use loss_runs::LossRuns;
pub use minimum::SlidingMinimum;
pub use quantile::Quantile;
pub use reordering::Reordering;

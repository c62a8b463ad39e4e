//! Whose joules: exact integer sharing of measured energy.
//!
//! Everything is counted in whole microjoules, and every operation keeps sums: what goes in as a measured total comes out
//! as parts that add up to it, for any input. Nothing here reads a file, asks the time or knows what a workload is; callers
//! bring their own keys.
//!
//! - [`Counter`] turns readings of a hardware counter into energy, and says whether it wrapped, was reset or jumped.
//! - [`FloorLearner`] learns which part of a socket's power is there whether anybody runs or not.
//! - [`spread()`] says how long each claimant ran on each socket.
//! - [`Divider`] shares an interval's energy over those who claim it, by the [`IdlePolicy`].

mod counter;
mod divide;
mod floor;
mod modulus;
mod remainder;
mod spread;

pub use counter::Counter;
pub use counter::Step;
pub use divide::Charge;
pub use divide::Claim;
pub use divide::Divider;
pub use divide::IdlePolicy;
pub use floor::Fit;
pub use floor::FitPoint;
pub use floor::FloorLearner;
pub use modulus::Modulus;
pub use remainder::Remainders;
pub use spread::Presence;
pub use spread::spread;

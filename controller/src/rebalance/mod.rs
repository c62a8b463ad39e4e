//! Which machines would be better off elsewhere: a pure function from a fleet, its residents and a policy to a proposal.
//!
//! Machines on hosts that are being emptied, or that hold more than they may, go first, wherever there is room; then those whose hosts
//! do not keep what they were promised. Then come single moves, the most gainful first, and last whole hosts that can be emptied where
//! the policy counts empty hosts as asleep. Each move is judged with all those before it made, so that they can be made in this order
//! without ever promising more than there is, or breaking a promise to anybody on the way.
//!
//! Of a machine of which nobody knows what it was promised, it is taken that it needs all traits and aggregates of its host, and its
//! country unless that may be left.

mod company;
mod empty;
mod judge;
mod memory;
mod propose;
mod site;
#[cfg(test)]
mod tests;

pub use memory::Memory;
pub use propose::Because;
pub use propose::Held;
pub use propose::Move;
pub use propose::Promised;
pub use propose::Proposal;
pub use propose::Resident;
pub use propose::Stuck;
pub use propose::Wishes;
pub use propose::propose;

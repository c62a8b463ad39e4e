//! Which machines would be better off elsewhere: a pure function from a fleet, its residents and a policy to a proposal.
//!
//! Machines on hosts that are being emptied, or that hold more than they may, go first, wherever there is room. Then come single
//! moves, the most gainful first, and last whole hosts that can be emptied where the policy counts empty hosts as asleep. Each move
//! is judged with all those before it made, so that they can be made in this order without ever promising more than there is.
//!
//! What a machine once asked for is not in the ledger. So it goes only where all traits and aggregates of its host are, and stays in its
//! country unless that is allowed; groups with a wish for or against company are not known, and have to be checked by who moves.

mod empty;
mod memory;
mod propose;
mod site;
#[cfg(test)]
mod tests;

pub use memory::Memory;
pub use propose::Because;
pub use propose::Move;
pub use propose::Proposal;
pub use propose::Resident;
pub use propose::Stuck;
pub use propose::Wishes;
pub use propose::propose;

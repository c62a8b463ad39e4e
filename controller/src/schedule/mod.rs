//! One call that schedules: look at the ledger and the facts, choose, claim, and try again where somebody else was faster.
//!
//! A call is idempotent by the ids of its consumers: repeated, it says where they are. What is told was committed first.

mod call;
mod company;
mod fleet;
mod many;
pub(crate) mod promise;
mod residents;
#[cfg(test)]
mod tests;

pub use call::Order;
pub use call::ScheduleError;
pub use call::Scheduled;
pub use call::schedule;
pub use call::simulate;
pub(crate) use company::complete;
pub use fleet::KnownHost;
pub use fleet::KnownHosts;
pub use fleet::fleet_of;
pub use many::schedule_many;
pub(crate) use residents::residents;

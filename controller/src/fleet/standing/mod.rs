//! Operators' orders for hosts: drain, maintenance. They lie in the store, so that every controller has them and none forgets.

mod follow;
mod order;
mod orders;
#[cfg(test)]
mod tests;

pub use follow::follow;
pub use order::Order;
pub use order::Wanted;
pub use orders::Orders;

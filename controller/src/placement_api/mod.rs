//! OpenStack Placement's HTTP API, microversions 1.0 to 1.39, over the [ledger](crate::inventory), for flat providers.
//!
//! [`Service::handle`] takes a request as a value and gives an answer as a value: which transport carries them, who may ask,
//! what time it is and where randomness comes from is decided outside. What trees of providers and sharing providers would
//! need is refused with a sentence that says so.

mod aggregates;
mod allocations;
mod body;
mod call;
mod candidates;
mod candidates_page;
mod classes;
mod fault;
mod inventories;
mod providers;
mod query;
mod reply;
mod reshaper;
mod root;
mod routes;
mod seam;
mod service;
#[cfg(test)]
mod tests;
mod traits;
mod usages;
mod version;

pub use call::Request;
pub use reply::Response;
pub use routes::MAX_BODY;
pub use seam::ClaimStore;
pub use seam::InMemory;
pub use service::Service;
pub use service::StoreTrouble;

//! OpenStack Placement's HTTP API, microversions 1.0 to 1.39, over the [ledger](crate::inventory), for flat providers.
//!
//! [`Service::handle`] takes a request as a value and gives an answer as a value: which transport carries them, who may ask,
//! what time it is and where randomness comes from is decided outside.
//!
//! Differences from the service whose API this is, all on purpose:
//!
//! - Trees of providers (`parent_provider_uuid`) and providers that share (`MISC_SHARES_VIA_AGGREGATE`) are
//!   refused with 400 and a sentence that says so: to take them and leave them out of the candidates would be worse.
//! - A group without resources (`same_subtree`) is held to its `in_tree`, which the other one does not look at there.
//! - A claim that fails because a provider is not there leaves no consumer behind.
//! - An empty name is refused when a provider is renamed too; so is a reshape that reserves more than there is.
//! - The beginning of a trait's name (`name=startswith:`) is compared letter by letter, whatever a database would do.
//! - What makes the other one fail (status 500: an allocation ratio that is no number, amounts beyond 64 bits, deep nesting) is
//!   a fault of the client here. Bodies above [`MAX_BODY`] are refused with 413.
//! - Faults are JSON whatever `Accept` says, and parameters of media types in `Accept` do not matter.

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
pub(crate) mod words;

pub use call::Request;
pub use reply::Response;
pub use routes::MAX_BODY;
pub use seam::ClaimStore;
pub use seam::InMemory;
pub use seam::Shared;
pub use service::ChangeError;
pub use service::Service;
pub use service::StoreTrouble;
pub use service::refused;

//! The controller's own API: places for machines with the reasons, hosts, claims, a plan, events.
//!
//! [`Api::handle`] takes a request as a value and gives an answer as a value. One table (`routes`) says what there is, who may ask, and
//! what goes in and out; the OpenAPI document is made from it. Faults have the form of Placement's, with the field that is wrong.

mod api;
mod ask;
mod call;
mod claims;
mod counters;
mod events;
mod fault;
mod hosts;
mod keepable;
mod named;
mod openapi;
mod order;
mod plan;
mod read;
mod routes;
mod schedule;
mod standing;
#[cfg(test)]
mod tests;
mod told;

pub use api::Api;
pub use api::Parts;
pub use call::Body;
pub use call::Call;
pub use call::Response;
pub use events::Hub;
pub use events::News;
pub use fault::refused;
pub use openapi::document;
pub use routes::label;
pub use routes::role_for;

//! The API over an embedded store, without a transport.

mod bad_input;
mod documents;
mod hosts;
mod places;
mod plans;
mod promises;
mod world;

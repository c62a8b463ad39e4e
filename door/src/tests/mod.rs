//! The door as a client meets it.

mod bodies;
mod client;
mod configuration;
mod crowd;
mod errands;
mod house;
mod manners;
mod passwords;
mod patience;
mod pki;
mod secure;

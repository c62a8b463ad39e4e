//! The door as a client meets it.

mod client;
mod configuration;
mod crowd;
mod house;
mod manners;
mod passwords;
mod patience;
mod pki;
mod secure;

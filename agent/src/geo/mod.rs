//! Where on Earth the host stands, and how far the others are.
//!
//! A [`Keeper`] learns it beside the tick: from the configuration, or from a database of addresses for those that the host has. Nothing
//! leaves the machine unless a service is configured that tells the public address.

mod asked;
mod database;
mod distance;
mod keeper;
pub mod opennebula;
mod peers;
mod place;
mod public;
mod record;
mod situation;
mod survey;

pub use database::Database;
pub use database::DatabaseError;
pub use distance::light_seconds_in_fibre;
pub use distance::meters;
pub use keeper::Keeper;
pub use keeper::look;
pub use peers::Distance;
pub use place::Coordinates;
pub use place::Location;
pub use place::Place;
pub use place::Source;
pub use public::is_public;
pub use situation::Situation;
pub use situation::Trouble;

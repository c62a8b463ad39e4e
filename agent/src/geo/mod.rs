//! Where on Earth the host stands, and how far the others are.

mod database;
mod distance;
mod place;
mod public;
mod record;

pub use database::Database;
pub use database::DatabaseError;
pub use distance::light_seconds_in_fibre;
pub use distance::meters;
pub use place::Coordinates;
pub use place::Location;
pub use place::Place;
pub use place::Source;
pub use public::is_public;

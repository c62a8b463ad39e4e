//! `wattle-agent owping`: one-way ping, for people.
//!
//! `cli` makes [`Options`] of what was typed; one of three runs, for `owamp`, `twamp` and
//! `stamp`, sends and receives; what came of it is an [`Outcome`], of which a [`Report`] is computed, and that is
//! printed, for people or as JSON.

mod cli;
mod dialogue;
mod dscp;
mod error;
mod gap;
mod light;
mod one_way;
mod options;
mod outcome;
mod progress;
mod report;
mod run;
mod target;
mod text;
mod trips;
mod two_way;

pub use cli::command;
pub use cli::parse;
pub use error::PingError;
pub use options::Options;
pub use outcome::Outcome;
pub use report::Report;
pub use run::main;
pub use run::ping;

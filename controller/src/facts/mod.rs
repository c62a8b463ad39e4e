//! What is known of every host besides its capacity, and how old it is.
//!
//! Pages of metrics come in as text, facts go out as values: who is asked when is decided elsewhere. Each fact is known, stale,
//! missing or contradictory, and only what is known counts for a decision.

mod fact;
mod histogram;
mod host;
mod memory;
#[cfg(test)]
mod memory_tests;
pub mod poll;
mod reading;
mod sieve;
mod text;
mod web;

pub use fact::Fact;
pub use host::Delay;
pub use host::DelaySource;
pub use host::HostFacts;
pub use host::Position;
pub use host::PowerModel;
pub use host::Quality;
pub use memory::AgeLimits;
pub use memory::HostMemory;
pub use reading::Reading;
pub use reading::family_names;
pub use sieve::Sieve;
pub use text::MAX_PAGE;
pub use text::PageError;
pub use web::Question;
pub use web::Web;
pub use web::WebError;

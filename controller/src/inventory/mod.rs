//! The ledger of capacity: which provider has how much of what, who uses it, and who could get more.
//!
//! Pure state: no input or output, no clock. It changes only by [`Ledger::apply`], with what the store committed. Each
//! `plan_…` looks at the state and gives a transaction whose expectations are the revisions of everything that it looked
//! at and that could have decided otherwise. So two controllers whose ledgers are behind cannot promise the same room
//! twice: the store makes one of the two transactions, and the other is planned again.

mod band;
mod bits;
mod change;
mod draft;
mod key;
mod ledger;
mod plan;
mod promise;
mod provider;
mod record;
mod search;
mod stock;
#[cfg(test)]
mod tests;
mod usage;
mod uuid;
mod vocabulary;

pub use band::described;
pub use change::Claim;
pub use change::ConsumerGeneration;
pub use change::Shape;
pub use key::PREFIXES;
pub(crate) use key::escaped;
pub use key::group_key_bytes;
pub use key::pointed_to;
pub use ledger::Consumer;
pub use ledger::Ledger;
pub use ledger::Unreadable;
pub(crate) use ledger::consumer_in;
pub use plan::Plan;
pub use plan::Refusal;
pub use promise::Affinity;
pub use promise::GroupPromise;
pub use promise::KnownGroup;
pub use promise::LimitsPromise;
pub use promise::NearPromise;
pub use promise::Promises;
pub use provider::Provider;
pub use search::CandidateSearch;
pub use search::Candidates;
pub use search::ProviderSearch;
pub use search::Wish;
pub use stock::Inventory;
pub use stock::MAX_UNITS;
pub use stock::Stock;
pub use usage::Kinds;
pub use usage::Usage;
pub use uuid::Uuid;
pub use vocabulary::CUSTOM;

//! Where claims and capacity are kept: what a store is, whichever it is.
//!
//! A [`Store`] is a map of keys to values with one clock, its [`Revision`]. Everything is changed by [`Transaction`]s, which are made
//! whole or not at all, and only if what they expect still holds. [`Embedded`] is one file of this process; [`Etcd`] is shared by several
//! controllers. [`KeptLease`] and [`Election`] are built on any of them.

mod bounds;
mod election;
mod embedded;
mod error;
mod etcd;
mod kept_lease;
mod service;
mod transaction;
mod watch;

pub use bounds::MAX_CHANGES;
pub use bounds::MAX_EXPECTATIONS;
pub use bounds::MAX_KEY_BYTES;
pub use bounds::MAX_TRANSACTION_BYTES;
pub use bounds::MAX_TTL;
pub use bounds::MAX_VALUE_BYTES;
pub use bounds::MIN_TTL;
pub use bounds::Refusal;
pub use bounds::check_key;
pub use bounds::check_prefix;
pub use bounds::check_transaction;
pub use bounds::check_ttl;
pub use election::Election;
pub use election::Leadership;
pub use embedded::Clock;
pub use embedded::Embedded;
pub use embedded::EmbeddedOptions;
pub use error::StoreError;
pub(crate) use etcd::Address;
pub use etcd::Credentials;
pub use etcd::Etcd;
pub use etcd::EtcdOptions;
pub use etcd::EtcdTimeouts;
pub use etcd::EtcdTls;
pub(crate) use etcd::Sender;
pub(crate) use etcd::client_config;
pub use kept_lease::KeptLease;
pub use service::Answer;
pub use service::Grant;
pub use service::Health;
pub use service::LeaseId;
pub use service::Listing;
pub use service::Store;
pub use transaction::Change;
pub use transaction::Entry;
pub use transaction::Expectation;
pub use transaction::Outcome;
pub use transaction::Revision;
pub use transaction::Transaction;
pub use watch::Batch;
pub use watch::BatchSource;
pub use watch::Watch;
pub use watch::WatchEnd;

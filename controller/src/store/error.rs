//! What can go wrong with a store, told apart by what the caller does next.

use super::bounds::Refusal;
use super::service::LeaseId;

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The request itself is wrong; trying again does not help.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The lease has ended.
    #[error("lease {0} has ended: grant another one")]
    LeaseGone(LeaseId),
    /// Nothing was changed. Trying again later may help.
    #[error("{place}: {reason}; nothing was changed")]
    Unavailable {
        /// The file or the endpoints.
        place: String,
        /// What happened.
        reason: String,
    },
    /// The transaction may have been made, or may still be. Read its keys before trying again: what it expected cannot hold once it was made.
    #[error(
        "{place}: {reason}; whether the transaction was made is not known: read its keys before trying again"
    )]
    Unresolved {
        /// The file or the endpoints.
        place: String,
        /// What happened.
        reason: String,
    },
    /// Nothing was changed, and nothing will be until a person has seen to it.
    #[error("{place}: {reason}")]
    Broken {
        /// The file or the endpoints.
        place: String,
        /// What is wrong and what to do about it.
        reason: String,
    },
}

impl StoreError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unresolved { .. })
    }
}

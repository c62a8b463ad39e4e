//! What went wrong, as scripts see it.

use thiserror::Error;

/// There is no place, or no such thing.
pub(super) const NO_PLACE: u8 = 3;
/// There is no such thing.
pub(super) const NOT_FOUND: u8 = 3;
/// The controller cannot be reached, or its store does not answer.
const UNREACHABLE: u8 = 4;
/// The controller does not let this be done.
const DENIED: u8 = 5;

/// Something that has an exit code of its own.
#[derive(Debug, Error)]
#[error("{sentence}")]
pub(super) struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    /// The controller cannot be reached.
    pub(super) fn unreachable(sentence: impl Into<String>) -> Self {
        let (code, sentence) = (UNREACHABLE, sentence.into());
        Self { code, sentence }
    }

    /// What the controller answered with this status.
    pub(super) fn answered(status: u16, sentence: String) -> Self {
        let code = match status {
            401 | 403 => DENIED,
            404 => NOT_FOUND,
            502..=504 => UNREACHABLE,
            _ => 1,
        };
        Self { code, sentence }
    }
}

/// The exit code for an error: 1 where it has none of its own.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    let mut chain = error.chain();
    chain
        .find_map(|cause| cause.downcast_ref::<Failure>())
        .map_or(1, |failure| failure.code)
}

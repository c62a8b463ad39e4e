//! What stands behind the door.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use super::Answer;
use super::StatusCode;

/// What stands behind the door.
///
/// It is asked on the runtime's only thread, so it must answer quickly and without waiting, from a snapshot that is
/// already made.
pub trait Site: Send + Sync + 'static {
    /// Answers one `GET`; a `HEAD` is asked as a `GET`, and its body is left out.
    fn answer(&self, question: &Question<'_>) -> Answer;
}

/// What a client wants to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// The path as it was sent, with a leading slash and percent-encoding left as it is.
    pub path: &'a str,
    /// What follows the first question mark.
    pub query: Option<&'a str>,
    /// The values of all `Accept` headers, joined with commas (RFC 9110, section 5.3).
    pub accept: Option<&'a str>,
    /// The values of all `Accept-Encoding` headers, joined with commas.
    pub accept_encoding: Option<&'a str>,
}

/// Asks `site`; a panic in it is this client's 500 and nobody else's business.
pub(super) fn ask(site: &dyn Site, question: &Question<'_>) -> Answer {
    // Unwind safety is the site's: it answers from a snapshot that nobody changes.
    catch_unwind(AssertUnwindSafe(|| site.answer(question))).unwrap_or_else(|_| {
        tracing::error!(path = question.path, "the answer to a request panicked");
        Answer::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal error; the log says more\n",
        )
    })
}

//! A request and its answer, as values.

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;

use super::fault::Fault;

/// A request, as a transport hands it over.
#[derive(Clone, Copy, Debug)]
pub struct Call<'r> {
    /// The method, in capitals.
    pub method: &'r str,
    /// The path, percent-encoded as it came.
    pub path: &'r str,
    /// The query, percent-encoded as it came, without the question mark.
    pub query: &'r str,
    /// The header `Content-Type`.
    pub content_type: Option<&'r str>,
    /// The header `Last-Event-ID`.
    pub last_event: Option<&'r str>,
    /// The body.
    pub body: &'r [u8],
    /// The time, in seconds since 1970.
    pub now: u64,
}

/// An answer, as a transport sends it.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The media type; none where there is no body.
    pub content_type: Option<&'static str>,
    /// The methods that there are, with status 405.
    pub allow: Option<String>,
    /// The body.
    pub body: Body,
}

/// What an answer carries.
#[derive(Debug)]
pub enum Body {
    /// Everything.
    Whole(Vec<u8>),
    /// Piece by piece, until the client leaves or the sender ends.
    Flowing(mpsc::Receiver<Bytes>),
}

const JSON: &str = "application/json";

impl Response {
    /// A page of JSON.
    pub(super) fn page(page: &impl Serialize) -> Self {
        match serde_json::to_vec(page) {
            Ok(body) => Self::of(200, Some(JSON), body),
            // Figures that are no numbers do not get this far, and names are strings.
            Err(_) => Self::of(500, None, Vec::new()),
        }
    }

    /// Done, and nothing to say.
    pub(super) fn empty() -> Self {
        Self::of(204, None, Vec::new())
    }

    /// A stream of events.
    pub(super) fn events(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self {
            status: 200,
            content_type: Some("text/event-stream"),
            allow: None,
            body: Body::Flowing(pieces),
        }
    }

    fn of(status: u16, content_type: Option<&'static str>, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type,
            allow: None,
            body: Body::Whole(body),
        }
    }
}

impl From<Fault> for Response {
    fn from(mut fault: Fault) -> Self {
        let (status, allow) = (fault.status, fault.allow.take());
        Self {
            status,
            allow,
            ..Self::page(&fault.page())
        }
    }
}

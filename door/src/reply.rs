//! What an [`Office`](super::Office) sends back.

use bytes::Bytes;
use hyper::Response;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::header::HeaderValue;
use tokio::sync::mpsc;

use super::Answer;
use super::StatusCode;
use super::outgoing::Outgoing;

/// An answer with any headers, whose body is either made or still to come.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Whole(Bytes),
    Flowing(mpsc::Receiver<Bytes>),
}

impl Reply {
    /// A body that is made, and says nothing of its type.
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            content: Content::Whole(body.into()),
        }
    }

    /// A body that comes piece by piece and ends when the sender is dropped; when the client has gone, the sender is closed.
    ///
    /// A client that leaves is noticed only at the next piece, so let there be one every few seconds. One that does not read is given
    /// up after [`Limits::listening`](super::Limits::listening).
    pub fn flowing(content_type: &'static str, pieces: mpsc::Receiver<Bytes>) -> Self {
        let reply = Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            content: Content::Flowing(pieces),
        };
        reply.with(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// Sets a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The response, with the headers that every answer carries and those that the web configuration adds.
    pub(super) fn into_response(self, configured: &HeaderMap) -> Response<Outgoing> {
        let mut response = Response::new(match self.content {
            Content::Whole(bytes) => Outgoing::whole(bytes),
            Content::Flowing(pieces) => Outgoing::flowing(pieces),
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        common(headers, configured);
        headers.extend(self.headers);
        response
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let mut headers = HeaderMap::new();
        answer.write_headers(&mut headers);
        Self {
            status: answer.status,
            headers,
            content: Content::Whole(answer.body),
        }
    }
}

/// The headers that every answer carries.
pub(super) fn common(headers: &mut HeaderMap, configured: &HeaderMap) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // A stored scrape is a wrong scrape.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(configured.clone());
}

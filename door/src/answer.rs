//! What is sent back.

use bytes::Bytes;
use hyper::Response;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::header::HeaderValue;

use super::StatusCode;
use super::outgoing::Outgoing;
use super::reply::common;

const PLAIN: &str = "text/plain; charset=utf-8";

/// What is sent back.
///
/// The header values are text of the program's own, of visible ASCII; what a client sent is never repeated in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The media type of the body.
    pub content_type: &'static str,
    /// How the body is compressed, if it is.
    pub content_encoding: Option<&'static str>,
    /// The request headers that the choice of body depended on.
    pub vary: Option<&'static str>,
    /// The body; sharing one between answers costs nothing.
    pub body: Bytes,
    also: Option<(HeaderName, &'static str)>,
}

impl Answer {
    /// A body of type `content_type`, with status 200.
    pub fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            content_encoding: None,
            vary: None,
            body: body.into(),
            also: None,
        }
    }

    /// A short text for a person.
    pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self {
            status,
            ..Self::ok(PLAIN, text)
        }
    }

    /// Status 404, for a path that the site does not know.
    pub fn not_found() -> Self {
        Self::text(StatusCode::NOT_FOUND, "not found; / lists what is here\n")
    }

    /// Says how the body is compressed.
    #[must_use]
    pub fn encoded(self, coding: &'static str) -> Self {
        Self {
            content_encoding: Some(coding),
            ..self
        }
    }

    /// Says which request headers the choice of body depended on.
    #[must_use]
    pub fn varying(self, headers: &'static str) -> Self {
        Self {
            vary: Some(headers),
            ..self
        }
    }

    /// Adds the one header that some refusals must carry.
    pub(super) fn with(self, name: HeaderName, value: &'static str) -> Self {
        Self {
            also: Some((name, value)),
            ..self
        }
    }

    /// The response, with the headers that every answer carries and those that the web configuration adds.
    pub(super) fn into_response(self, configured: &HeaderMap) -> Response<Outgoing> {
        let mut response = Response::new(Outgoing::whole(self.body.clone()));
        *response.status_mut() = self.status;
        common(response.headers_mut(), configured);
        self.write_headers(response.headers_mut());
        response
    }

    /// The headers of its own.
    pub(super) fn write_headers(&self, headers: &mut HeaderMap) {
        let own = [
            Some((header::CONTENT_TYPE, self.content_type)),
            self.content_encoding
                .map(|coding| (header::CONTENT_ENCODING, coding)),
            self.vary.map(|names| (header::VARY, names)),
            self.also.clone(),
        ];
        for (name, value) in own.into_iter().flatten() {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

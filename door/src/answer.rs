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
    /// By what the client tells this body from others.
    tag: Option<HeaderValue>,
    also: Vec<(HeaderName, HeaderValue)>,
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
            tag: None,
            also: Vec::new(),
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

    /// Sets a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.also.push((name, value));
        self
    }

    /// Names this body, packed or not: a client that has it already is told so instead of being sent it again. Of the name, what is not
    /// visible ASCII or is a quotation mark makes the answer one without a tag.
    #[must_use]
    pub fn tagged(self, name: &str) -> Self {
        let tag = HeaderValue::from_str(&format!("W/\"{name}\""));
        Self {
            tag: tag.ok().filter(|_| !name.contains('"')),
            ..self
        }
    }

    /// The answer to a client that has one of the bodies in `If-None-Match` (RFC 9110, section 13.1.2).
    pub(super) fn unless_known(self, known: Option<&str>) -> Self {
        let has = |tag: &HeaderValue| known.is_some_and(|known| names(known, tag.as_bytes()));
        if self.status == StatusCode::OK && self.tag.as_ref().is_some_and(has) {
            Self {
                status: StatusCode::NOT_MODIFIED,
                body: Bytes::new(),
                ..self
            }
        } else {
            self
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
        ];
        for (name, value) in own.into_iter().flatten() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let tag = self.tag.iter().map(|tag| (header::ETAG, tag.clone()));
        for (name, value) in tag.chain(self.also.iter().cloned()) {
            headers.insert(name, value);
        }
    }
}

/// Whether a list of tags has this one, by the weak comparison.
fn names(list: &str, tag: &[u8]) -> bool {
    let opaque = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
    list.split(',')
        .map(str::trim)
        .any(|item| item == "*" || opaque(item.as_bytes()) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_this_very_body_is_not_sent_it() {
        for (known, status) in [
            (None, StatusCode::OK),
            (Some("W/\"7\""), StatusCode::NOT_MODIFIED),
            (Some("\"7\""), StatusCode::NOT_MODIFIED),
            (Some("\"6\", W/\"7\""), StatusCode::NOT_MODIFIED),
            (Some("*"), StatusCode::NOT_MODIFIED),
            (Some("W/\"77\""), StatusCode::OK),
            (Some("7"), StatusCode::OK),
            (Some(""), StatusCode::OK),
        ] {
            let answer = Answer::ok("text/plain", "x").tagged("7").unless_known(known);
            let length = usize::from(status == StatusCode::OK);
            assert_eq!((answer.status, answer.body.len()), (status, length), "{known:?}");
        }
    }

    #[test]
    fn a_refusal_and_a_body_without_a_name_are_always_sent() {
        let refusal = Answer::text(StatusCode::NOT_FOUND, "no").tagged("7");
        for answer in [
            refusal,
            Answer::ok("text/plain", "x"),
            Answer::ok("text/plain", "x").tagged("a\"b"),
        ] {
            let status = answer.status;
            assert_eq!(answer.unless_known(Some("*")).status, status);
        }
    }
}

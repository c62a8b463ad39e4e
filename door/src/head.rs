//! A request without its body.

use std::borrow::Cow;

use hyper::Method;
use hyper::Uri;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::http::request::Parts;

use super::Visitor;

/// A request without its body, and who sent it.
#[derive(Clone, Debug)]
pub struct Head {
    /// The method.
    pub method: Method,
    /// All headers as they came.
    pub headers: HeaderMap,
    /// Who asks.
    pub visitor: Visitor,
    uri: Uri,
}

impl Head {
    pub(super) fn new(parts: Parts, visitor: Visitor) -> Self {
        Self {
            method: parts.method,
            headers: parts.headers,
            visitor,
            uri: parts.uri,
        }
    }

    /// The path as it was sent, with a leading slash and percent-encoding left as it is.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// What follows the first question mark.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// The values of all headers of a name, joined with commas (RFC 9110, section 5.3), without those that are not text.
    pub fn header(&self, name: &HeaderName) -> Option<Cow<'_, str>> {
        joined(&self.headers, name)
    }

    /// The token of an `Authorization` header of the scheme `Bearer` (RFC 6750, section 2.1).
    pub fn bearer(&self) -> Option<&str> {
        let value = self.headers.get(hyper::header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim_start_matches(' '))
    }
}

/// The values of all headers called `name`, without those that are not text.
pub(super) fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let first = Cow::Borrowed(values.next()?);
    Some(values.fold(first, |joined, value| Cow::Owned(format!("{joined}, {value}"))))
}

#[cfg(test)]
mod tests {
    use hyper::header;
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn headers_of_one_name_are_joined_and_those_that_are_not_text_left_out() {
        let mut headers = HeaderMap::new();
        assert_eq!(joined(&headers, &header::ACCEPT), None);
        headers.append(header::ACCEPT, HeaderValue::from_static("text/plain"));
        assert!(matches!(
            joined(&headers, &header::ACCEPT),
            Some(Cow::Borrowed("text/plain"))
        ));
        headers.append(header::ACCEPT, HeaderValue::from_bytes(b"\xff").unwrap());
        headers.append(header::ACCEPT, HeaderValue::from_static("*/*;q=0.1"));
        assert_eq!(
            joined(&headers, &header::ACCEPT).as_deref(),
            Some("text/plain, */*;q=0.1")
        );
    }

    #[test]
    fn a_bearer_token_is_told_from_other_schemes() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("", None),
        ] {
            let request = hyper::Request::builder().header(header::AUTHORIZATION, value);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(Head::new(parts, Visitor::default()).bearer(), token, "{value:?}");
        }
    }
}

//! From a request to its response.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::Version;
use hyper::body::Body;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;

use super::Answer;
use super::Question;
use super::Site;
use super::StatusCode;
use super::Tally;
use super::auth::Verdict;
use super::connection::Room;
use super::site;
use super::terms::Terms;

/// What the requests of one connection share.
pub(super) struct Talk {
    site: Arc<dyn Site>,
    tally: Arc<Tally>,
    terms: Arc<Terms>,
    longest_target: usize,
}

impl Talk {
    pub(super) fn new(room: &Room, terms: Arc<Terms>) -> Self {
        Self {
            site: Arc::clone(&room.site),
            tally: Arc::clone(&room.tally),
            terms,
            longest_target: room.limits.target,
        }
    }

    /// What costs nothing is looked at first, and the password last.
    async fn answer(&self, parts: &Parts) -> Answer {
        if !self.terms.is_in_time() {
            return Answer::text(StatusCode::TOO_MANY_REQUESTS, "too many requests\n");
        }
        if let Some(refusal) = refusal(parts, self.longest_target) {
            return refusal;
        }
        match self
            .terms
            .admits(parts.headers.get(header::AUTHORIZATION), &self.tally)
            .await
        {
            Verdict::Admitted => self.ask(parts),
            Verdict::Refused => Answer::text(
                StatusCode::UNAUTHORIZED,
                "a user name and a password are needed\n",
            )
            .with(
                header::WWW_AUTHENTICATE,
                "Basic realm=\"wattle\", charset=\"UTF-8\"",
            ),
            Verdict::Busy => Answer::text(StatusCode::SERVICE_UNAVAILABLE, "too many passwords to check\n")
                .with(header::RETRY_AFTER, "5"),
        }
    }

    fn ask(&self, parts: &Parts) -> Answer {
        let accept = joined(&parts.headers, &header::ACCEPT);
        let accept_encoding = joined(&parts.headers, &header::ACCEPT_ENCODING);
        let question = Question {
            path: parts.uri.path(),
            query: parts.uri.query(),
            accept: accept.as_deref(),
            accept_encoding: accept_encoding.as_deref(),
        };
        site::ask(&*self.site, &question)
    }
}

/// Answers one request. Its body, if it has one, is not read, and the connection ends after the answer.
pub(super) async fn respond<B: Body>(talk: &Talk, request: Request<B>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let unread = !body.is_end_stream();
    drop(body);
    let answer = talk.answer(&parts).await;
    talk.tally.count_answer(answer.status);
    let mut response = answer.into_response(&talk.terms.headers);
    if unread {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What the protocol's rules say against a request.
fn refusal(parts: &Parts, longest_target: usize) -> Option<Answer> {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    if parts.method != Method::GET && parts.method != Method::HEAD {
        let text = "only GET and HEAD are answered here\n";
        Some(Answer::text(StatusCode::METHOD_NOT_ALLOWED, text).with(header::ALLOW, "GET, HEAD"))
    } else if target.len() > longest_target {
        Some(Answer::text(
            StatusCode::URI_TOO_LONG,
            "the path and query are too long\n",
        ))
    } else if !parts.uri.path().starts_with('/') {
        Some(Answer::text(
            StatusCode::BAD_REQUEST,
            "the request's target is not a path\n",
        ))
    } else if !names_one_host(parts) {
        Some(Answer::text(
            StatusCode::BAD_REQUEST,
            "the request needs one Host header\n",
        ))
    } else {
        None
    }
}

/// RFC 9112, section 3.2: a request of HTTP/1.1 has one `Host` header, and none has two.
fn names_one_host(parts: &Parts) -> bool {
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    hosts == 1 || (hosts == 0 && parts.version < Version::HTTP_11)
}

/// The values of all headers called `name`, without those that are not text.
fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut values = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let first = Cow::Borrowed(values.next()?);
    Some(values.fold(first, |joined, value| Cow::Owned(format!("{joined}, {value}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, target: &str, hosts: usize) -> Parts {
        let mut builder = Request::builder().method(method).uri(target);
        for _ in 0..hosts {
            builder = builder.header(header::HOST, "h");
        }
        builder.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_rules_refuse_what_is_no_plain_reading_of_a_path() {
        let long = format!("/{}", "x".repeat(64));
        let table = [
            ("GET", "/metrics", 1, None),
            ("HEAD", "/metrics?a=b", 1, None),
            ("GET", "http://h/metrics", 1, None),
            ("GET", "http://h", 1, None),
            ("POST", "/metrics", 1, Some(StatusCode::METHOD_NOT_ALLOWED)),
            ("OPTIONS", "*", 1, Some(StatusCode::METHOD_NOT_ALLOWED)),
            ("CONNECT", "h:80", 1, Some(StatusCode::METHOD_NOT_ALLOWED)),
            ("GET", "*", 1, Some(StatusCode::BAD_REQUEST)),
            ("GET", "h:80", 1, Some(StatusCode::BAD_REQUEST)),
            ("GET", "/", 0, Some(StatusCode::BAD_REQUEST)),
            ("GET", "/", 2, Some(StatusCode::BAD_REQUEST)),
            ("GET", &long, 1, Some(StatusCode::URI_TOO_LONG)),
        ];
        for (method, target, hosts, wanted) in table {
            let found = refusal(&parts(method, target, hosts), 64).map(|answer| answer.status);
            assert_eq!(found, wanted, "{method} {target} with {hosts} hosts");
        }
    }

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
}

//! From a request to its response.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::Version;
use hyper::body::Body;
use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;

use super::Answer;
use super::Head;
use super::Question;
use super::Site;
use super::StatusCode;
use super::Tally;
use super::Visitor;
use super::auth::Verdict;
use super::behind::Behind;
use super::connection::Room;
use super::credentials::Credentials;
use super::head::joined;
use super::outgoing::Outgoing;
use super::site;
use super::terms::Terms;

/// What the requests of one connection share.
pub(super) struct Talk {
    behind: Behind,
    tally: Arc<Tally>,
    terms: Arc<Terms>,
    longest_target: usize,
    visitor: Visitor,
}

impl Talk {
    pub(super) fn new(room: &Room, terms: Arc<Terms>, visitor: Visitor) -> Self {
        Self {
            behind: room.behind.clone(),
            tally: Arc::clone(&room.tally),
            terms,
            longest_target: room.limits.target,
            visitor,
        }
    }

    /// What costs nothing is looked at first, and the password last.
    async fn refusal(&self, parts: &Parts) -> Option<Answer> {
        if !self.terms.is_in_time() {
            return Some(Answer::text(StatusCode::TOO_MANY_REQUESTS, "too many requests\n"));
        }
        let wrong_method = match self.behind {
            Behind::Site(_) => wrong_method(parts),
            Behind::Office(_) => None,
        };
        if let Some(refusal) = wrong_method.or_else(|| malformed(parts, self.longest_target)) {
            return Some(refusal);
        }
        let given = parts.headers.get(header::AUTHORIZATION);
        match self.terms.admits(given, &self.tally).await {
            Verdict::Admitted => None,
            Verdict::Refused => Some(
                Answer::text(
                    StatusCode::UNAUTHORIZED,
                    "a user name and a password are needed\n",
                )
                .with(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"wattle\", charset=\"UTF-8\""),
                ),
            ),
            Verdict::Busy => Some(
                Answer::text(StatusCode::SERVICE_UNAVAILABLE, "too many passwords to check\n")
                    .with(header::RETRY_AFTER, HeaderValue::from_static("5")),
            ),
        }
    }

    /// Who asks, after the password was found right.
    fn visitor(&self, headers: &HeaderMap) -> Visitor {
        let user = headers
            .get(header::AUTHORIZATION)
            .filter(|_| self.terms.has_users())
            .and_then(Credentials::from_header)
            .and_then(|credentials| String::from_utf8(credentials.user).ok());
        Visitor {
            user,
            ..self.visitor.clone()
        }
    }

    fn close<T>(response: &mut Response<T>) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
}

/// Answers one request. If some of its body is not read, the connection ends after the answer.
pub(super) async fn respond<B>(talk: &Talk, request: Request<B>) -> Response<Outgoing>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    let unread = !body.is_end_stream();
    let (mut response, unread) = match (talk.refusal(&parts).await, &talk.behind) {
        (Some(refusal), _) => (refusal.into_response(&talk.terms.headers), unread),
        (None, Behind::Site(site)) => {
            drop(body);
            let answer = ask(&**site, &parts);
            (answer.into_response(&talk.terms.headers), unread)
        }
        (None, Behind::Office(desk)) => {
            let visitor = talk.visitor(&parts.headers);
            let (reply, unread) = desk.serve(Head::new(parts, visitor), body).await;
            (reply.into_response(&talk.terms.headers), unread)
        }
    };
    talk.tally.count_answer(response.status());
    if unread {
        Talk::close(&mut response);
    }
    response
}

fn ask(site: &dyn Site, parts: &Parts) -> Answer {
    let accept = joined(&parts.headers, &header::ACCEPT);
    let accept_encoding = joined(&parts.headers, &header::ACCEPT_ENCODING);
    let question = Question {
        path: parts.uri.path(),
        query: parts.uri.query(),
        accept: accept.as_deref(),
        accept_encoding: accept_encoding.as_deref(),
    };
    let known = joined(&parts.headers, &header::IF_NONE_MATCH);
    site::ask(site, &question).unless_known(known.as_deref())
}

/// What a site that is only read says against a request.
fn wrong_method(parts: &Parts) -> Option<Answer> {
    (parts.method != Method::GET && parts.method != Method::HEAD).then(|| {
        let text = "only GET and HEAD are answered here\n";
        Answer::text(StatusCode::METHOD_NOT_ALLOWED, text)
            .with(header::ALLOW, HeaderValue::from_static("GET, HEAD"))
    })
}

/// What the protocol's rules say against a request.
fn malformed(parts: &Parts, longest_target: usize) -> Option<Answer> {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    if target.len() > longest_target {
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
            let parts = parts(method, target, hosts);
            let refusal = wrong_method(&parts).or_else(|| malformed(&parts, 64));
            let found = refusal.map(|answer| answer.status);
            assert_eq!(found, wanted, "{method} {target} with {hosts} hosts");
        }
    }
}

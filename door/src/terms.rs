//! On which terms the door opens: what a web configuration means.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use hyper::header;
use hyper::header::HeaderMap;
use hyper::header::HeaderName;
use hyper::header::HeaderValue;
use rustls::ServerConfig;
use tokio::time::Instant;

use super::Tally;
use super::auth::Guard;
use super::auth::Verdict;
use super::bucket::Bucket;
use super::tls;
use super::users::Users;
use super::web_file::HeadersFile;
use super::web_file::RateFile;
use super::web_file::WebFile;
use super::web_file::Wrong;

/// What a web configuration means. Without one, anybody may ask in plain text.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) headers: HeaderMap,
    /// Whether a certificate that a client shows was held against authorities.
    pub(super) verifies_clients: bool,
    guard: Option<Guard>,
    bucket: Option<Mutex<Bucket>>,
}

impl Terms {
    /// Makes terms of a file, whose relative paths begin at `base`.
    pub(super) fn new(file: WebFile, base: &Path) -> Result<Self, Wrong> {
        let tls_file = file.tls_server_config.unwrap_or_default();
        Ok(Self {
            tls: tls::server_config(&tls_file, base)?,
            verifies_clients: tls_file.client_auth_type.unwrap_or_default().verifies(),
            headers: headers(
                file.http_server_config
                    .and_then(|http| http.headers)
                    .unwrap_or_default(),
            )?,
            guard: guard(file.basic_auth_users.unwrap_or_default())?,
            bucket: bucket(&file.rate_limit.unwrap_or_default())?,
        })
    }

    /// Whether the rate allows one more request now.
    pub(super) fn is_in_time(&self) -> bool {
        let Some(bucket) = &self.bucket else { return true };
        // The runtime's clock, by which all of the door's limits run.
        bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(Instant::now())
    }

    /// Whether a name and a password are asked for.
    pub(super) fn has_users(&self) -> bool {
        self.guard.is_some()
    }

    /// Whether these credentials are enough.
    pub(super) async fn admits(&self, given: Option<&HeaderValue>, tally: &Tally) -> Verdict {
        match &self.guard {
            Some(guard) => guard.judge(given, tally).await,
            None => Verdict::Admitted,
        }
    }
}

fn guard(users: Users) -> Result<Option<Guard>, Wrong> {
    if users.is_empty() {
        return Ok(None);
    }
    let no_randomness = |_| Wrong::new("basic_auth_users", "this host has no random numbers to offer");
    Guard::new(users).map(Some).map_err(no_randomness)
}

fn bucket(rate: &RateFile) -> Result<Option<Mutex<Bucket>>, Wrong> {
    if rate.interval.is_zero() {
        return Ok(None);
    }
    if rate.burst == 0 {
        return Err(Wrong::new(
            "rate_limit",
            "a burst of 0 would let no request in; write 1 or more",
        ));
    }
    Ok(Some(Mutex::new(Bucket::new(rate.interval, rate.burst))))
}

/// A header's key, its value, and the values it may have if not any.
type Entry = (&'static str, HeaderName, Option<String>, &'static [&'static str]);

fn headers(file: HeadersFile) -> Result<HeaderMap, Wrong> {
    let table: [Entry; 5] = [
        (
            "Content-Security-Policy",
            header::CONTENT_SECURITY_POLICY,
            file.content_security_policy,
            &[],
        ),
        (
            "X-Frame-Options",
            header::X_FRAME_OPTIONS,
            file.x_frame_options,
            &["deny", "sameorigin"],
        ),
        (
            "X-Content-Type-Options",
            header::X_CONTENT_TYPE_OPTIONS,
            file.x_content_type_options,
            &["nosniff"],
        ),
        (
            "X-XSS-Protection",
            header::X_XSS_PROTECTION,
            file.x_xss_protection,
            &[],
        ),
        (
            "Strict-Transport-Security",
            header::STRICT_TRANSPORT_SECURITY,
            file.strict_transport_security,
            &[],
        ),
    ];
    let mut headers = HeaderMap::new();
    for (key, name, value, allowed) in table {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            continue;
        };
        if !allowed.is_empty() && !allowed.contains(&&*value) {
            return Err(Wrong::new(
                key,
                format!("{value:?} is not one of: {}", allowed.join(", ")),
            ));
        }
        let value = HeaderValue::try_from(&value)
            .map_err(|_| Wrong::new(key, format!("{value:?} cannot stand in a header")))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

//! An answer, and what has to be done before it may be given.

use std::time::Duration;
use std::time::SystemTime;

use serde_json::Value;

use super::fault::Fault;
use super::version::Version;
use crate::inventory::Plan;
use crate::store::Transaction;

/// An answer, as a transport sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, without the length.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }
}

/// What a handler says.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    /// What has to be committed first.
    pub(super) transaction: Transaction,
    status: u16,
    body: Option<Vec<u8>>,
    location: Option<String>,
    modified: Option<u64>,
}

impl Reply {
    /// A page.
    pub(super) fn page(body: &Value) -> Self {
        Self::text(body.to_string())
    }

    /// A page that is JSON already.
    pub(super) fn text(body: String) -> Self {
        Self {
            status: 200,
            body: Some(body.into_bytes()),
            ..Self::default()
        }
    }

    /// No page.
    pub(super) fn empty(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(super) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    /// Told from microversion 1.15 on, in seconds since 1970.
    pub(super) fn modified(mut self, seconds: u64) -> Self {
        self.modified = Some(seconds);
        self
    }

    /// To be given only after this has been made.
    pub(super) fn after<T>(mut self, plan: Plan<T>) -> Self {
        self.transaction = plan.transaction;
        self
    }

    /// Clients put their own base before whatever does not begin with a scheme, so `origin` stands before the path.
    pub(super) fn into_response(self, version: Version, origin: &str) -> Response {
        let mut headers = version_headers(version);
        if self.body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if let Some(location) = self.location {
            headers.push(("location", format!("{origin}{location}")));
        }
        if let Some(seconds) = self.modified.filter(|_| version.has(15)) {
            headers.push(("last-modified", http_date(seconds)));
            headers.push(("cache-control", "no-cache".to_owned()));
        }
        Response {
            status: self.status,
            headers,
            body: self.body.unwrap_or_default(),
        }
    }
}

fn version_headers(version: Version) -> Vec<(&'static str, String)> {
    vec![
        ("openstack-api-version", format!("placement {version}")),
        ("vary", "openstack-api-version".to_owned()),
    ]
}

/// The answer to what cannot be done.
pub(super) fn fault_response(fault: &Fault, version: Option<Version>, request_id: &str) -> Response {
    let mut headers = version.map(version_headers).unwrap_or_default();
    headers.push(("content-type", "application/json".to_owned()));
    if let Some(allow) = &fault.allow {
        headers.push(("allow", allow.clone()));
    }
    Response {
        status: fault.status,
        headers,
        body: fault.body(version, request_id).to_string().into_bytes(),
    }
}

/// A date as headers have it (RFC 9110, section 5.6.7), which ends with the year 9999.
fn http_date(seconds: u64) -> String {
    const LAST: u64 = 253_402_300_799;
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(LAST));
    httpdate::fmt_http_date(time)
}

//! What can be typed into a web configuration.
//!
//! The keys are those of the Prometheus exporter-toolkit (its `docs/web-configuration.md`), so that one file serves
//! every exporter of a host. None of these types has `Debug`: some hold secrets.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;

use super::bucket;
use super::users::Users;

/// A key, and why its value cannot be honoured.
pub(super) struct Wrong {
    pub(super) key: &'static str,
    pub(super) what: String,
}

impl Wrong {
    pub(super) fn new(key: &'static str, what: impl Into<String>) -> Self {
        Self {
            key,
            what: what.into(),
        }
    }
}

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section of keys")]
pub(super) struct WebFile {
    pub(super) tls_server_config: Option<TlsFile>,
    pub(super) http_server_config: Option<HttpFile>,
    pub(super) basic_auth_users: Option<Users>,
    pub(super) rate_limit: Option<RateFile>,
}

/// `tls_server_config`.
#[derive(Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields, expecting = "a section of keys")]
pub(super) struct TlsFile {
    pub(super) cert: Option<String>,
    pub(super) key: Option<String>,
    pub(super) client_ca: Option<String>,
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) client_ca_file: Option<PathBuf>,
    pub(super) client_auth_type: Option<ClientAuth>,
    pub(super) client_allowed_sans: Option<Vec<String>>,
    pub(super) min_version: Option<TlsVersion>,
    pub(super) max_version: Option<TlsVersion>,
    pub(super) cipher_suites: Option<Vec<String>>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
    pub(super) curve_preferences: Option<Vec<String>>,
}

/// `client_auth_type`, by the names of Go's `crypto/tls`.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
pub(super) enum ClientAuth {
    #[default]
    #[serde(rename = "NoClientCert", alias = "")]
    None,
    #[serde(rename = "RequestClientCert")]
    Request,
    #[serde(rename = "RequireAnyClientCert", alias = "RequireClientCert")]
    RequireAny,
    #[serde(rename = "VerifyClientCertIfGiven")]
    VerifyIfGiven,
    #[serde(rename = "RequireAndVerifyClientCert")]
    RequireAndVerify,
}

impl ClientAuth {
    /// Whether a certificate is held against authorities.
    pub(super) fn verifies(self) -> bool {
        matches!(self, Self::VerifyIfGiven | Self::RequireAndVerify)
    }
}

/// `min_version` and `max_version`.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TlsVersion {
    #[serde(rename = "TLS10")]
    V10,
    #[serde(rename = "TLS11")]
    V11,
    #[serde(rename = "TLS12")]
    V12,
    #[serde(rename = "TLS13")]
    V13,
}

/// `http_server_config`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section of keys")]
pub(super) struct HttpFile {
    /// Whether HTTP/2 may be offered. It never is: a client that could speak it is answered in HTTP/1.1 either way.
    #[serde(rename = "http2")]
    pub(super) _http2: Option<bool>,
    pub(super) headers: Option<HeadersFile>,
}

/// `http_server_config.headers`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section of keys")]
pub(super) struct HeadersFile {
    #[serde(rename = "Content-Security-Policy")]
    pub(super) content_security_policy: Option<String>,
    #[serde(rename = "X-Frame-Options")]
    pub(super) x_frame_options: Option<String>,
    #[serde(rename = "X-Content-Type-Options")]
    pub(super) x_content_type_options: Option<String>,
    #[serde(rename = "X-XSS-Protection")]
    pub(super) x_xss_protection: Option<String>,
    #[serde(rename = "Strict-Transport-Security")]
    pub(super) strict_transport_security: Option<String>,
}

/// `rate_limit`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a section of keys")]
pub(super) struct RateFile {
    #[serde(deserialize_with = "interval")]
    pub(super) interval: Duration,
    pub(super) burst: u32,
}

/// Go reads a bare number as nanoseconds, and text with units.
fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Typed {
        Nanoseconds(u64),
        Text(String),
    }
    match Typed::deserialize(deserializer)? {
        Typed::Nanoseconds(count) => Ok(Duration::from_nanos(count)),
        Typed::Text(text) => bucket::duration(&text).ok_or_else(|| {
            D::Error::custom(format_args!(
                "interval: {text:?} is not a duration such as 1s or 250ms"
            ))
        }),
    }
}

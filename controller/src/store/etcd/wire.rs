//! The JSON of the gateway: the messages of etcd's `rpc.proto` in proto3's mapping. 64-bit numbers are strings, bytes are base64, and what
//! is zero, false or empty is left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error;

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn decoded(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|error| format!("what should be base64 is not: {error}"))
}

/// A number that is written as a string.
pub(super) fn number<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err = std::num::ParseIntError>,
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Signed(i64),
        Unsigned(u64),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Signed(number) => number.to_string(),
        Written::Unsigned(number) => number.to_string(),
    };
    text.parse().map_err(D::Error::custom)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Header {
    #[serde(deserialize_with = "number")]
    pub(super) cluster_id: u64,
    #[serde(deserialize_with = "number")]
    pub(super) revision: i64,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct RangeRequest {
    pub(super) key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) range_end: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) limit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) revision: String,
    pub(super) keys_only: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RangeAnswer {
    pub(super) header: Header,
    pub(super) kvs: Vec<KeyValue>,
    pub(super) more: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeyValue {
    pub(super) key: String,
    #[serde(deserialize_with = "number")]
    pub(super) mod_revision: i64,
    pub(super) value: String,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct TxnRequest {
    pub(super) compare: Vec<Compare>,
    pub(super) success: Vec<Operation>,
    pub(super) failure: Vec<Operation>,
}

/// That a key was written last by a commit; 0: that there is none.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Compare {
    target: &'static str,
    result: &'static str,
    key: String,
    mod_revision: String,
}

impl Compare {
    pub(super) fn revision(key: &str, is: u64) -> Self {
        Self {
            target: "MOD",
            result: "EQUAL",
            key: encoded(key),
            mod_revision: is.to_string(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) enum Operation {
    #[serde(rename = "request_put")]
    Put(Put),
    #[serde(rename = "request_delete_range")]
    Delete { key: String },
    #[serde(rename = "request_range")]
    Range(RangeRequest),
    #[serde(rename = "request_txn")]
    Txn(TxnRequest),
}

#[derive(Debug, Serialize)]
pub(super) struct Put {
    key: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<String>,
}

impl Operation {
    pub(super) fn put(key: &str, value: &[u8], lease: Option<i64>) -> Self {
        Self::Put(Put {
            key: encoded(key),
            value: encoded(value),
            lease: lease.map(|lease| lease.to_string()),
        })
    }

    pub(super) fn delete(key: &str) -> Self {
        Self::Delete { key: encoded(key) }
    }

    pub(super) fn get(key: &str) -> Self {
        Self::Range(RangeRequest {
            key: encoded(key),
            ..RangeRequest::default()
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TxnAnswer {
    pub(super) header: Header,
    pub(super) succeeded: bool,
    pub(super) responses: Vec<Response>,
}

/// The answers that are read; those of puts and deletions are not.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response {
    pub(super) response_range: Option<RangeAnswer>,
    pub(super) response_txn: Option<TxnAnswer>,
}

#[derive(Debug, Serialize)]
pub(super) struct GrantRequest {
    #[serde(rename = "TTL")]
    pub(super) ttl: String,
}

#[derive(Debug, Serialize)]
pub(super) struct LeaseRequest {
    #[serde(rename = "ID")]
    pub(super) id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LeaseAnswer {
    pub(super) header: Header,
    #[serde(rename = "ID", deserialize_with = "number")]
    pub(super) id: i64,
    /// Seconds. Not positive: there is no such lease.
    #[serde(rename = "TTL", deserialize_with = "number")]
    pub(super) ttl: i64,
    pub(super) error: String,
}

/// One message of a stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Streamed<T> {
    Result(T),
    Error(StreamError),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StreamError {
    #[serde(alias = "code")]
    pub(super) grpc_code: i32,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
pub(super) struct WatchRequest {
    pub(super) create_request: WatchCreate,
}

#[derive(Debug, Serialize)]
pub(super) struct WatchCreate {
    pub(super) key: String,
    pub(super) range_end: String,
    pub(super) start_revision: String,
    pub(super) fragment: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WatchAnswer {
    pub(super) header: Header,
    pub(super) created: bool,
    pub(super) canceled: bool,
    pub(super) cancel_reason: String,
    #[serde(deserialize_with = "number")]
    pub(super) compact_revision: i64,
    /// More events of the same revisions follow.
    pub(super) fragment: bool,
    pub(super) events: Vec<Event>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    /// `DELETE`, or nothing.
    pub(super) r#type: String,
    pub(super) kv: KeyValue,
}

#[derive(Debug, Serialize)]
pub(super) struct AuthRequest<'a> {
    pub(super) name: &'a str,
    pub(super) password: &'a str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthAnswer {
    pub(super) token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AlarmAnswer {
    pub(super) alarms: Vec<Alarm>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Alarm {
    pub(super) alarm: String,
}

/// What a failed call says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorAnswer {
    pub(super) error: String,
    pub(super) message: String,
    pub(super) code: i32,
}

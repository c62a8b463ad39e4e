//! What etcd refuses, and why a call failed. The codes are gRPC's (<https://grpc.io/docs/guides/status-codes/>); where several
//! reasons share one, etcd's own words (`api/v3rpc/rpctypes/error.go`) tell them apart.

use std::fmt;

use super::wire::ErrorAnswer;
use super::wire::StreamError;

const CANCELLED: i32 = 1;
const UNKNOWN: i32 = 2;
const DEADLINE_EXCEEDED: i32 = 4;
const NOT_FOUND: i32 = 5;
const PERMISSION_DENIED: i32 = 7;
const RESOURCE_EXHAUSTED: i32 = 8;
const FAILED_PRECONDITION: i32 = 9;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

const ABOUT_ACCESS: [&str; 4] = [
    "permission denied",
    "invalid auth token",
    "user name is empty",
    "revision in header is old",
];

/// etcd's answer is no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    code: i32,
    message: String,
}

/// Why there is no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The request has not left.
    Unsent(String),
    /// It may have arrived.
    Unanswered(String),
    Rejected(Rejection),
}

impl Rejection {
    pub(super) fn new(status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice::<ErrorAnswer>(body) {
            Ok(answer) if answer.code != 0 => Self {
                code: answer.code,
                message: bounded(if answer.message.is_empty() {
                    &answer.error
                } else {
                    &answer.message
                }),
            },
            // A proxy in between, or no etcd at all. What is temporary of that is 5xx.
            _ => Self {
                code: if status >= 500 { UNAVAILABLE } else { NOT_FOUND },
                message: format!("HTTP status {status}: is this the client address of an etcd?"),
            },
        }
    }

    /// A watch was ended by etcd, which says why in words alone.
    pub(super) fn cancelled(reason: &str) -> Self {
        let is_about_access = ABOUT_ACCESS.iter().any(|words| reason.contains(words));
        Self {
            code: if is_about_access {
                PERMISSION_DENIED
            } else {
                CANCELLED
            },
            message: bounded(reason),
        }
    }

    /// The answer is longer than we or the gateway take.
    pub(super) fn too_long() -> Self {
        Self {
            code: RESOURCE_EXHAUSTED,
            message: "received message larger than max".to_owned(),
        }
    }

    pub(super) fn other_cluster(first: u64, other: u64) -> Self {
        Self {
            code: FAILED_PRECONDITION,
            message: format!(
                "the endpoints belong to different clusters ({first:x} and {other:x}): name members of one cluster only; \
                 if etcd was set up anew, start the controller again"
            ),
        }
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.code == RESOURCE_EXHAUSTED && self.message.contains("larger than max")
    }

    pub(super) fn is_lease_gone(&self) -> bool {
        self.code == NOT_FOUND && self.message.contains("lease not found")
    }

    pub(super) fn is_compacted(&self) -> bool {
        self.message.contains("has been compacted")
    }

    /// The token is missing, has expired, or is older than a change of users.
    pub(super) fn wants_login(&self) -> bool {
        self.code == UNAUTHENTICATED
            || self.message.contains("revision in header is old")
            || self.message.contains("user name is empty")
    }

    pub(super) fn is_without_auth(&self) -> bool {
        self.message.contains("authentication is not enabled")
    }

    /// Whether the next attempt, or the next endpoint, may fare better. Such an answer does not tell whether a write was made.
    pub(super) fn is_transient(&self) -> bool {
        match self.code {
            CANCELLED | UNKNOWN | DEADLINE_EXCEEDED | INTERNAL | UNAVAILABLE => true,
            RESOURCE_EXHAUSTED => self.message.contains("too many requests"),
            _ => false,
        }
    }

    /// Whether somebody has to make room or to lift an alarm.
    pub(super) fn is_about_space(&self) -> bool {
        self.code == RESOURCE_EXHAUSTED && !self.is_too_long()
    }
}

impl Failure {
    /// Whether to try again.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unsent(_) | Self::Unanswered(_) => true,
            Self::Rejected(rejection) => rejection.is_transient(),
        }
    }

    /// Whether a write may have been made all the same.
    pub(super) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Unsent(_) => false,
            Self::Unanswered(_) => true,
            Self::Rejected(rejection) => rejection.is_transient(),
        }
    }

    pub(super) fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Unsent(_) | Self::Unanswered(_) => None,
        }
    }
}

impl From<StreamError> for Rejection {
    fn from(error: StreamError) -> Self {
        Self {
            code: error.grpc_code,
            message: bounded(&error.message),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent(reason) | Self::Unanswered(reason) => f.write_str(reason),
            Self::Rejected(rejection) => rejection.fmt(f),
        }
    }
}

/// It may end in a log.
fn bounded(message: &str) -> String {
    message.chars().filter(|c| !c.is_control()).take(300).collect()
}

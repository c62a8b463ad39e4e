//! Answers that say what is wrong.

use serde_json::Value;
use serde_json::json;

use super::version::MAX;
use super::version::MIN;
use super::version::Version;
use crate::inventory::Refusal;

/// The codes by which programs tell faults apart, from microversion 1.23 on.
pub(super) mod code {
    pub(crate) const UNDEFINED: &str = "placement.undefined_code";
    pub(crate) const INVENTORY_IN_USE: &str = "placement.inventory.inuse";
    pub(crate) const CONCURRENT_UPDATE: &str = "placement.concurrent_update";
    pub(crate) const DUPLICATE_NAME: &str = "placement.duplicate_name";
    pub(crate) const PROVIDER_IN_USE: &str = "placement.resource_provider.inuse";
    pub(crate) const PROVIDER_NOT_FOUND: &str = "placement.resource_provider.not_found";
    pub(crate) const DUPLICATE_KEY: &str = "placement.query.duplicate_key";
    pub(crate) const BAD_VALUE: &str = "placement.query.bad_value";
    pub(crate) const MISSING_VALUE: &str = "placement.query.missing_value";
}

/// An answer that says what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: &'static str,
    /// A sentence for people.
    pub(super) detail: String,
    /// The methods that there are, with status 405.
    pub(super) allow: Option<String>,
    /// Whether the microversion itself was not understood.
    pub(super) versions: bool,
}

impl Fault {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code::UNDEFINED,
            detail: detail.into(),
            allow: None,
            versions: false,
        }
    }

    /// What was sent makes no sense.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(400, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, detail)
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, detail)
    }

    pub(super) fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// The same fault with another status.
    pub(super) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The form that Placement gives to faults. Without a microversion, because that was not understood, there is no code.
    pub(super) fn body(&self, version: Option<Version>, request_id: &str) -> Value {
        let mut error = json!({
            "status": self.status,
            "title": title(self.status),
            "detail": self.detail,
            "request_id": request_id,
        });
        if version.is_some_and(|version| version.has(23)) {
            error["code"] = self.code.into();
        }
        if self.versions {
            error["min_version"] = MIN.to_string().into();
            error["max_version"] = MAX.to_string().into();
        }
        json!({ "errors": [error] })
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

impl From<Refusal> for Fault {
    /// The status that a refusal has with most endpoints; where one differs, its handler says so.
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match &refusal {
            Refusal::NoProvider(_) | Refusal::NoAllocations(_) => (404, code::UNDEFINED),
            Refusal::NoClass(_)
            | Refusal::NoTrait(_)
            | Refusal::BadParent(_)
            | Refusal::StandardWord(_)
            | Refusal::Sharing(_) => (400, code::UNDEFINED),
            Refusal::ProviderChanged { .. }
            | Refusal::ConsumerChanged { .. }
            | Refusal::InventoryExists { .. } => (409, code::CONCURRENT_UPDATE),
            Refusal::InventoryInUse { .. } => (409, code::INVENTORY_IN_USE),
            Refusal::ProviderExists(_) => (409, code::DUPLICATE_NAME),
            Refusal::ProviderInUse(_) => (409, code::PROVIDER_IN_USE),
            Refusal::NoInventory { .. }
            | Refusal::WordExists(_)
            | Refusal::WordInUse(_)
            | Refusal::NoRoom { .. }
            | Refusal::NotAllowed { .. }
            | Refusal::GroupDiffers { .. }
            | Refusal::GroupFull { .. } => (409, code::UNDEFINED),
        };
        Self::new(status, refusal.to_string()).with_code(code)
    }
}

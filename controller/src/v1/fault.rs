//! Answers that say what is wrong: in the form that Placement's have, so that one client understands all of them.

use hyper::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::Response;
use super::told::Answer;

/// What of a sentence that repeats a client's own words is kept.
const LONGEST: usize = 400;

/// Codes by which programs tell faults apart.
pub(super) mod code {
    pub(crate) const BAD_BODY: &str = "wattle.bad_body";
    pub(crate) const BAD_FIELD: &str = "wattle.bad_field";
    pub(crate) const BAD_PARAMETER: &str = "wattle.bad_parameter";
    pub(crate) const NOT_FOUND: &str = "wattle.not_found";
    pub(crate) const METHOD: &str = "wattle.method";
    pub(crate) const MEDIA_TYPE: &str = "wattle.media_type";
    pub(crate) const TOO_LARGE: &str = "wattle.too_large";
    pub(crate) const NO_PLACE: &str = "wattle.no_place";
    pub(crate) const CONSUMER_EXISTS: &str = "wattle.consumer_exists";
    pub(crate) const GROUP_DIFFERS: &str = "wattle.group_differs";
    pub(crate) const CONTENDED: &str = "wattle.contended";
    pub(crate) const REFUSED: &str = "wattle.refused";
    pub(crate) const BUSY: &str = "wattle.busy";
    pub(crate) const STORE: &str = "wattle.store";
    pub(crate) const UNAUTHORIZED: &str = "wattle.unauthorized";
    pub(crate) const FORBIDDEN: &str = "wattle.forbidden";
    pub(crate) const INTERNAL: &str = "wattle.internal";
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: &'static str,
    /// Which field of the body or parameter of the query.
    pub(super) field: Option<String>,
    pub(super) detail: String,
    /// The methods that there are, with status 405.
    pub(super) allow: Option<String>,
    /// Why there is no place, host by host.
    pub(super) answer: Option<Box<Answer>>,
}

/// The body of a fault.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Fault")]
pub(super) struct FaultPage {
    /// One, in a list as OpenStack's clients expect it.
    errors: Vec<ErrorPage>,
    /// Why there is no place, host by host; with the code `wattle.no_place`.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Box<Answer>>,
}

/// What is wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
struct ErrorPage {
    /// The status of the answer.
    status: u16,
    /// Its name.
    title: &'static str,
    /// By which programs tell faults apart.
    code: &'static str,
    /// Which field of the body, or which parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// A sentence for people.
    detail: String,
}

impl Fault {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        let detail: String = detail.into();
        Self {
            status,
            code,
            field: None,
            detail: shortened(&detail),
            allow: None,
            answer: None,
        }
    }

    /// A field of the body that cannot be meant.
    pub(super) fn field(field: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        let field = shortened(&field.into());
        Self {
            field: Some(field.clone()),
            ..Self::new(400, code::BAD_FIELD, format!("{field}: {problem}"))
        }
    }

    /// A parameter of the query that cannot be meant.
    pub(super) fn parameter(name: &str, problem: impl std::fmt::Display) -> Self {
        Self {
            code: code::BAD_PARAMETER,
            ..Self::field(name, problem)
        }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, code::NOT_FOUND, detail)
    }

    pub(super) fn page(self) -> FaultPage {
        FaultPage {
            errors: vec![ErrorPage {
                status: self.status,
                title: title(self.status),
                code: self.code,
                field: self.field,
                detail: self.detail,
            }],
            answer: self.answer,
        }
    }
}

/// The answer to a request that is refused before it reaches the API, by who carries it.
pub fn refused(status: u16, sentence: &str) -> Response {
    let code = match status {
        401 => code::UNAUTHORIZED,
        403 => code::FORBIDDEN,
        404 => code::NOT_FOUND,
        405 => code::METHOD,
        413 => code::TOO_LARGE,
        429 | 503 => code::BUSY,
        500 => code::INTERNAL,
        _ => code::REFUSED,
    };
    Fault::new(status, code, sentence).into()
}

fn title(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Error")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

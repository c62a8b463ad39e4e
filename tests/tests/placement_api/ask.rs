//! A request and its answer, whoever is asked.

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) target: String,
    /// The header `OpenStack-API-Version`; none if it is empty.
    pub(crate) version: String,
    pub(crate) content_type: Option<String>,
    pub(crate) accept: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    /// A request without a body.
    pub(crate) fn new(minor: u8, method: &'static str, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            version: format!("placement 1.{minor}"),
            content_type: None,
            accept: None,
            body: Vec::new(),
        }
    }

    /// The same with a body of JSON.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// The same with a body that calls itself JSON.
    pub(crate) fn text(mut self, body: &str) -> Self {
        self.content_type = Some("application/json".to_owned());
        self.body = body.as_bytes().to_vec();
        self
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The body, which has to be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

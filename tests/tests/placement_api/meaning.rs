//! What an answer means, without what may differ: the wording of faults, times, ids of requests, the order of sets.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::ask::Answer;

/// What has to be equal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meaning {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) body: Value,
}

impl Meaning {
    pub(crate) fn of(answer: &Answer) -> Self {
        let body = if answer.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&answer.body)
                .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&answer.body).into_owned()))
        };
        let body = if answer.status >= 400 {
            fault(&body)
        } else {
            unordered(&body)
        };
        Self {
            status: answer.status,
            headers: headers(answer),
            body,
        }
    }
}

fn headers(answer: &Answer) -> BTreeMap<&'static str, String> {
    let mut headers = BTreeMap::new();
    let mut keep = |name, value: Option<String>| headers.extend(value.map(|value| (name, value)));
    let value = |name| answer.header(name).map(str::to_owned);
    keep("openstack-api-version", value("openstack-api-version"));
    keep("cache-control", value("cache-control"));
    // Who was asked stands before the path.
    let path = |url: &str| {
        url.split_once("//").map_or(url.to_owned(), |(_, rest)| {
            rest[rest.find('/').unwrap()..].to_owned()
        })
    };
    keep("location", answer.header("location").map(path));
    keep(
        "last-modified",
        answer.header("last-modified").map(|_| "some time".to_owned()),
    );
    let sorted = |list: &str| {
        let mut all: Vec<_> = list.split(", ").collect();
        all.sort_unstable();
        all.join(", ")
    };
    keep("allow", answer.header("allow").map(sorted));
    let media = |text: &str| text.split(';').next().unwrap().to_owned();
    keep(
        "content-type",
        answer
            .header("content-type")
            .filter(|_| !answer.body.is_empty())
            .map(media),
    );
    headers
}

/// A fault without its sentence.
fn fault(body: &Value) -> Value {
    let error = &body["errors"][0];
    assert!(
        error["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
        "{body}"
    );
    json!({
        "status": error["status"], "title": error["title"], "code": error["code"],
        "min_version": error["min_version"], "max_version": error["max_version"],
        "has a request id": error["request_id"].is_string(),
    })
}

/// All lists of the API are sets; `4` and `4.0` are one number.
fn unordered(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(unordered).collect();
            items.sort_by_cached_key(Value::to_string);
            items.into()
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), unordered(value)))
            .collect(),
        Value::Number(number) => number.as_f64().into(),
        other => other.clone(),
    }
}

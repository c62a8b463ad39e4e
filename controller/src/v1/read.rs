//! Reading what was sent, with a sentence about whatever is wrong with it.

use serde::de::DeserializeOwned;

use super::call::Call;
use super::fault::Fault;
use super::fault::code;
use super::named::Named;
use crate::placement_api::words;

/// Reads a body of JSON. Nesting without end, numbers that JSON does not have, lists in the place of objects, and what
/// comes after the end are refused.
pub(super) fn body<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Fault> {
    let media = call.content_type.unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        let given = if media.is_empty() { "none" } else { media };
        let detail = format!("the body has to come as application/json; the content type is {given}");
        return Err(Fault::new(415, code::MEDIA_TYPE, detail));
    }
    json(call.body)
}

/// The same whatever the content type.
pub(super) fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Fault> {
    if text.is_empty() {
        return Err(Fault::new(
            400,
            code::BAD_BODY,
            "the body is empty; JSON is expected",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read: Result<T, _> = serde_path_to_error::deserialize(Named(&mut deserializer));
    let value = read.map_err(|error| wrong(&error.path().to_string(), error.inner()))?;
    deserializer
        .end()
        .map_err(|error| Fault::new(400, code::BAD_BODY, format!("the body is not JSON: {error}")))?;
    Ok(value)
}

fn wrong(path: &str, error: &serde_json::Error) -> Fault {
    if !error.is_data() {
        return Fault::new(400, code::BAD_BODY, format!("the body is not JSON: {error}"));
    }
    // The key of a map that is no key there has no name.
    let path = path.trim_end_matches(".?");
    if path == "." {
        return Fault::new(400, code::BAD_BODY, format!("the body: {error}"));
    }
    Fault::field(path, error)
}

/// The parameters of a query, each known and there once.
pub(super) fn parameters(call: &Call<'_>, known: &[&'static str]) -> Result<Parameters, Fault> {
    let pairs = words::pairs(call.query).map_err(|problem| Fault::new(400, code::BAD_PARAMETER, problem))?;
    for (at, (name, _)) in pairs.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let known = if known.is_empty() {
                "there are none here".to_owned()
            } else {
                format!("known are: {}", known.join(", "))
            };
            return Err(Fault::parameter(
                name,
                format!("there is no such parameter; {known}"),
            ));
        }
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Err(Fault::parameter(name, "may stand there only once"));
        }
    }
    Ok(Parameters(pairs))
}

/// The parameters of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// A whole number within bounds, or the default.
    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Fault> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        let wrong = || Fault::parameter(name, format!("{text:?} is not a whole number from 1 to {most}"));
        number.ok_or_else(wrong)
    }

    /// A number from 0 on, or the default.
    pub(super) fn figure(&self, name: &str, default: f64) -> Result<f64, Fault> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let number = text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite() && *number >= 0.0);
        let wrong = || Fault::parameter(name, format!("{text:?} is not a number that is not negative"));
        number.ok_or_else(wrong)
    }

    /// Yes or no; no if nobody says.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(text) => Err(Fault::parameter(
                name,
                format!("{text:?} is neither true nor false"),
            )),
        }
    }
}

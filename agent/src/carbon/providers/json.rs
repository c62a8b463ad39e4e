//! Any service that answers with JSON.

use serde_json::Value;

use super::Answer;
use super::Failure;
use super::Inquiry;
use super::moment;
use super::number;
use crate::carbon::Intensity;
use crate::carbon::Trouble;
use crate::fetch::Request;

/// One value at a configured place.
pub(super) async fn ask(inquiry: &Inquiry<'_>) -> Result<Answer, Failure> {
    let http = &inquiry.settings.http;
    let url = http.url.as_ref().ok_or(Trouble::NotFound)?.0.clone();
    let mut request = Request::get(url);
    if let Some(token) = inquiry.token()? {
        match &http.token_header {
            Some(name) => request.secret = Some((name.clone().into(), token)),
            None => request.secret = Some(("authorization".into(), format!("Bearer {token}"))),
        }
    }
    let page = inquiry.json(request).await?;
    let at = |pointer: &Option<String>| {
        pointer
            .as_deref()
            .and_then(|pointer| page.pointer(pointer))
            .cloned()
    };
    let grams = at(&http.pointer)
        .as_ref()
        .and_then(number)
        .map(|value| value * http.factor.0);
    let now: Option<Intensity> = grams.and_then(Intensity::from_grams);
    Ok(Answer {
        now: now.ok_or(Trouble::NoValue)?,
        dated: at(&http.time_pointer)
            .as_ref()
            .and_then(|value: &Value| moment(value)),
        forecast: Vec::new(),
    })
}

//! A query to a Prometheus server.

use serde_json::Value;

use super::Answer;
use super::Failure;
use super::Inquiry;
use super::intensity;
use super::moment;
use crate::carbon::Trouble;
use crate::fetch::Request;
use crate::fetch::escaped;

/// An instant query whose result is one series, or a number.
pub(super) async fn ask(inquiry: &Inquiry<'_>) -> Result<Answer, Failure> {
    let settings = &inquiry.settings.prometheus;
    let base = &settings.url.as_ref().ok_or(Trouble::NotFound)?.0;
    let query = escaped(settings.query.as_deref().unwrap_or_default());
    let url = base
        .join(&format!("api/v1/query?query={query}"))
        .map_err(|_| Trouble::NotFound)?;
    let mut request = Request::get(url);
    if let Some(token) = inquiry.token()? {
        request.secret = Some(("authorization".into(), format!("Bearer {token}")));
    }
    read(&inquiry.json(request).await?)
}

/// Which of several series is meant cannot be known.
fn read(page: &Value) -> Result<Answer, Failure> {
    let result = page.pointer("/data/result").ok_or(Trouble::Strange)?;
    let sample = match page.pointer("/data/resultType").and_then(Value::as_str) {
        Some("scalar") => result,
        Some("vector") => match result.as_array().map(Vec::as_slice) {
            Some([series]) => series.get("value").ok_or(Trouble::Strange)?,
            Some([]) => return Err(Trouble::NoValue.into()),
            _ => return Err(Trouble::Strange.into()),
        },
        _ => return Err(Trouble::Strange.into()),
    };
    let now = sample.get(1).and_then(intensity);
    Ok(Answer {
        now: now.ok_or(Trouble::NoValue)?,
        dated: sample.get(0).and_then(moment),
        forecast: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_number_is_an_answer_and_several_are_none() {
        let page = |kind: &str, result: Value| json!({"status": "success", "data": {"resultType": kind, "result": result}});
        let one = json!({"metric": {"zone": "SE"}, "value": [1_780_000_000.5, "41.5"]});
        for (page, wanted) in [
            (page("vector", json!([one])), Ok(41.5)),
            (page("scalar", json!([1_780_000_000, "7"])), Ok(7.0)),
            (page("vector", json!([])), Err(Trouble::NoValue)),
            (page("vector", json!([one, one])), Err(Trouble::Strange)),
            (
                page("vector", json!([{"value": [1, "NaN"]}])),
                Err(Trouble::NoValue),
            ),
            (page("matrix", json!([])), Err(Trouble::Strange)),
            (json!([]), Err(Trouble::Strange)),
        ] {
            let answer = read(&page)
                .map(|answer| answer.now.grams())
                .map_err(|failure| failure.trouble);
            assert_eq!(answer, wanted, "{page}");
        }
    }
}

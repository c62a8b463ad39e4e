//! Electricity Maps, version 3 of its API.

use serde_json::Value;

use super::Answer;
use super::Failure;
use super::Inquiry;
use super::intensity;
use super::moment;
use super::points;
use crate::carbon::Trouble;
use crate::fetch::Request;
use crate::fetch::escaped;

const USUAL: &str = "https://api.electricitymaps.com/v3";

/// The latest value, and the forecast if the token is good for that.
pub(super) async fn ask(inquiry: &Inquiry<'_>) -> Result<Answer, Failure> {
    let token = inquiry.token()?.ok_or(Trouble::NoToken)?;
    let zone = escaped(inquiry.zone());
    let request = |path: &str| {
        let url = inquiry.url(USUAL, &format!("carbon-intensity/{path}?zone={zone}"));
        url.map(|url| Request {
            secret: Some(("auth-token".into(), token.clone())),
            ..Request::get(url)
        })
    };
    let mut answer = latest(&inquiry.json(request("latest")?).await?)?;
    // Most tokens are not good for forecasts, which is no trouble.
    if let Ok(page) = inquiry.json(request("forecast")?).await {
        answer.forecast = points(page.get("forecast"), |point| {
            Some((
                moment(point.get("datetime")?)?,
                intensity(point.get("carbonIntensity")?)?,
            ))
        });
    }
    Ok(answer)
}

fn latest(page: &Value) -> Result<Answer, Failure> {
    let now = page.get("carbonIntensity").and_then(intensity);
    Ok(Answer {
        now: now.ok_or(Trouble::NoValue)?,
        dated: page.get("datetime").and_then(moment),
        forecast: Vec::new(),
    })
}

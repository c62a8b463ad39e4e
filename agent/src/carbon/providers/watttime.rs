//! WattTime, version 3 of its API.

use std::time::Duration;

use serde_json::Value;

use super::Answer;
use super::Failure;
use super::Inquiry;
use super::Session;
use super::moment;
use super::number;
use super::points;
use crate::carbon::Intensity;
use crate::carbon::Trouble;
use crate::config::Accounting;
use crate::fetch::Request;
use crate::fetch::escaped;

const USUAL: &str = "https://api.watttime.org";
/// A token is good for half an hour; it is renewed a little earlier.
const GOOD_FOR: Duration = Duration::from_secs(25 * 60);
/// The unit is pounds per megawatt-hour, which in grams per kilowatt-hour is a pound in kilograms.
const POUND: f64 = 0.453_592_37;

/// The forecast, whose first point is now.
pub(super) async fn ask(inquiry: &Inquiry<'_>, session: &mut Session) -> Result<Answer, Failure> {
    let token = log_in(inquiry, session).await?;
    let signal = match inquiry.settings.accounting {
        Accounting::Marginal => "co2_moer",
        Accounting::Average => "co2_aoer",
    };
    let region = escaped(inquiry.zone());
    let url = inquiry.url(
        USUAL,
        &format!("v3/forecast?region={region}&signal_type={signal}&horizon_hours=24"),
    )?;
    let request = Request {
        secret: Some(("authorization".into(), format!("Bearer {token}"))),
        ..Request::get(url)
    };
    let page = inquiry.json(request).await.inspect_err(|failure| {
        if failure.trouble == Trouble::Refused {
            session.token = None;
        }
    })?;
    read(&page, inquiry.wall)
}

/// The value in force is the last point that is not in the future, or the first if all are.
fn read(page: &Value, wall: Duration) -> Result<Answer, Failure> {
    if page.pointer("/meta/units").and_then(Value::as_str) != Some("lbs_co2_per_mwh") {
        return Err(Trouble::Strange.into());
    }
    let mut forecast = points(page.get("data"), |point| {
        let grams = number(point.get("value")?)? * POUND;
        Some((moment(point.get("point_time")?)?, Intensity::from_grams(grams)?))
    });
    forecast.sort_by_key(|(at, _)| *at);
    let past = forecast.partition_point(|(at, _)| *at <= wall);
    let &(dated, now) = forecast.get(past.saturating_sub(1)).ok_or(Trouble::NoValue)?;
    Ok(Answer {
        now,
        dated: Some(dated.min(wall)),
        forecast,
    })
}

async fn log_in(inquiry: &Inquiry<'_>, session: &mut Session) -> Result<String, Failure> {
    let kept = session.token.as_ref();
    if let Some((token, _)) = kept.filter(|(_, until)| inquiry.wall < *until) {
        return Ok(token.clone());
    }
    let password = inquiry.token()?.ok_or(Trouble::NoToken)?;
    let request = Request {
        secret: Some((
            "authorization".into(),
            format!("Basic {}", base64(password.as_bytes())),
        )),
        ..Request::get(inquiry.url(USUAL, "login")?)
    };
    let page = inquiry.json(request).await?;
    let token = page.get("token").and_then(Value::as_str);
    let token = token.ok_or(Trouble::Strange)?.to_owned();
    session.token = Some((token.clone(), inquiry.wall + GOOD_FOR));
    Ok(token)
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = [16, 8, 0]
            .into_iter()
            .zip(group)
            .fold(0_usize, |bits, (shift, byte)| bits | usize::from(*byte) << shift);
        for (index, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS.get(bits >> shift & 63).copied().unwrap_or(b'=');
            text.push(if index <= group.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_are_written_as_base64() {
        for (plain, wanted) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), wanted);
        }
    }

    #[test]
    fn the_point_in_force_counts() {
        let page = json!({
            "data": [
                {"point_time": "2026-06-01T00:05:00+00:00", "value": 1000.0},
                {"point_time": "2026-06-01T00:00:00+00:00", "value": 870.5},
                {"point_time": "never", "value": 1}
            ],
            "meta": {"units": "lbs_co2_per_mwh", "region": "CAISO_NORTH", "signal_type": "co2_moer"}
        });
        let begin = crate::moment::rfc3339("2026-06-01T00:00:00Z").unwrap();
        for (after, grams) in [
            (0, 394.852_158),
            (299, 394.852_158),
            (300, 453.592_37),
            (9999, 453.592_37),
        ] {
            let answer = read(&page, begin + Duration::from_secs(after)).unwrap();
            assert!((answer.now.grams() - grams).abs() < 1e-5, "{after} {answer:?}");
            assert_eq!(answer.forecast.len(), 2);
        }
        for page in [
            json!({}),
            json!({"data": [], "meta": {"units": "lbs_co2_per_mwh"}}),
            json!({"meta": {"units": "x"}}),
        ] {
            assert!(read(&page, begin).is_err());
        }
    }
}

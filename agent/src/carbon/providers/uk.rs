//! The carbon intensity API of Great Britain.

use std::time::Duration;

use serde_json::Value;

use super::Answer;
use super::Failure;
use super::Inquiry;
use super::intensity;
use super::moment;
use super::points;
use crate::carbon::Intensity;
use crate::carbon::Trouble;
use crate::fetch::Request;
use crate::fetch::escaped;
use crate::moment::to_minute;

const USUAL: &str = "https://api.carbonintensity.org.uk";

/// Two days from now in half hours, the first of which is now: of the country, or of a region.
pub(super) async fn ask(inquiry: &Inquiry<'_>) -> Result<Answer, Failure> {
    let now = to_minute(inquiry.wall);
    let path = match inquiry.zone() {
        "" | "GB" => format!("intensity/{now}/fw48h"),
        zone if zone.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("regional/intensity/{now}/fw48h/regionid/{zone}")
        }
        zone => format!("regional/intensity/{now}/fw48h/postcode/{}", escaped(zone)),
    };
    let page = inquiry.json(Request::get(inquiry.url(USUAL, &path)?)).await?;
    read(&page, inquiry.wall)
}

/// What was measured counts before what was forecast. A region's list stands one level deeper, sometimes inside a list of one.
fn read(page: &Value, wall: Duration) -> Result<Answer, Failure> {
    let places = ["/data/0/data", "/data/data", "/data"];
    let list = places.iter().find_map(|place| page.pointer(place));
    let mut halves = points(list, half_hour);
    halves.sort_by_key(|(from, _)| *from);
    let past = halves.partition_point(|(from, _)| *from <= wall);
    let &(dated, now) = halves.get(past.saturating_sub(1)).ok_or(Trouble::NoValue)?;
    Ok(Answer {
        now,
        dated: Some(dated.min(wall)),
        forecast: halves,
    })
}

fn half_hour(value: &Value) -> Option<(Duration, Intensity)> {
    let figures = value.get("intensity")?;
    let figure = ["actual", "forecast"]
        .iter()
        .find_map(|name| intensity(figures.get(name)?));
    Some((moment(value.get("from")?)?, figure?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_country_and_a_region_are_understood() {
        let halves = json!([
            {"from": "2018-01-20T12:00Z", "to": "2018-01-20T12:30Z", "intensity": {"forecast": 266, "actual": 263, "index": "moderate"}},
            {"from": "2018-01-20T12:30Z", "to": "2018-01-20T13:00Z", "intensity": {"forecast": 270, "actual": null, "index": "moderate"}}
        ]);
        let wall = crate::moment::rfc3339("2018-01-20T12:10Z").unwrap();
        for page in [
            json!({"data": halves}),
            json!({"data": {"regionid": 3, "data": halves}}),
            json!({"data": [{"regionid": 3, "data": halves}]}),
        ] {
            let answer = read(&page, wall).unwrap();
            assert_eq!(answer.now.grams(), 263.0, "{page}");
            assert_eq!(answer.dated, Some(wall - Duration::from_secs(600)));
            assert_eq!(answer.forecast[1].1.grams(), 270.0);
        }
        for page in [
            json!({}),
            json!({"data": []}),
            json!({"error": {"code": "400 Bad Request"}}),
            json!(7),
        ] {
            assert_eq!(read(&page, wall).unwrap_err().trouble, Trouble::NoValue);
        }
    }
}

//! How long a server wants to be left alone.

use std::time::Duration;
use std::time::SystemTime;

/// Nobody is left alone for longer than a day: that would be a mistake of theirs or of a clock.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The value of the header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, which is compared with `wall`.
pub fn retry_after(text: &str, wall: Duration) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()?
            .saturating_sub(wall),
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood_and_bounded() {
        let wall = Duration::from_secs(784_111_777 - 60);
        for (text, wanted) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(60)),
            ("Sat, 06 Nov 1993 08:49:37 GMT", Some(0)),
            ("99999999999", Some(86_400)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(retry_after(text, wall), wanted.map(Duration::from_secs), "{text}");
        }
    }
}

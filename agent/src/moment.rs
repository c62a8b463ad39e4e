//! Points in time as others write them, as time since 1970.

use std::time::Duration;

/// Days from 1970-01-01 to a day of the Gregorian calendar, in years from 1970 to 9999.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let at = usize::try_from(month.checked_sub(1)?).ok()?;
    let longer = u64::from(leap(year) && month == 2);
    if !(1970..=9999).contains(&year) || day == 0 || day > LENGTHS.get(at)? + longer {
        return None;
    }
    let leaps = |year: u64| (year / 4) - (year / 100) + (year / 400);
    let passed = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    Some(passed + BEFORE.get(at)? + u64::from(leap(year) && month > 2) + day - 1)
}

fn seconds(days: u64, hour: u64, minute: u64, second: u64) -> Option<u64> {
    // A leap second is the first of the next minute.
    (hour < 24 && minute < 60 && second <= 60).then(|| days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// A number of exactly so many digits at the start; returns the rest too.
fn digits(text: &str, count: usize) -> Option<(u64, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((number.parse().ok().filter(|_| plain)?, rest))
}

/// A date and time of RFC 3339 or ISO 8601, such as `2026-06-01T12:30Z`, `2026-06-01 12:30:00.25+02:00`; without a zone it is UTC.
pub fn rfc3339(text: &str) -> Option<Duration> {
    let (year, rest) = digits(text.trim(), 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let days = days(year, month, day)?;
    if rest.is_empty() {
        return Some(Duration::from_secs(days * 86_400));
    }
    let (hour, rest) = digits(rest.strip_prefix(['T', 't', ' '])?, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let (nanos, rest) = fraction(rest)?;
    let local = seconds(days, hour, minute, second)?;
    let (ahead, minutes) = zone(rest)?;
    let shift = minutes * 60;
    let utc = if ahead {
        local.checked_sub(shift)?
    } else {
        local + shift
    };
    Some(Duration::new(utc, nanos))
}

fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(rest) = text.strip_prefix(['.', ',']) else {
        return Some((0, text));
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = rest.split_at(length);
    let nanos = format!("{:0<9}", number.get(..9).unwrap_or(number));
    (length > 0).then(|| Some((nanos.parse().ok()?, rest)))?
}

/// Whether local time is ahead of UTC, and by how many minutes they differ.
fn zone(text: &str) -> Option<(bool, u64)> {
    let text = text.trim();
    if matches!(text, "" | "Z" | "z" | "UTC") {
        return Some((true, 0));
    }
    let (hours, rest) = digits(text.get(1..)?, 2)?;
    let (minutes, rest) = match rest {
        "" => (0, ""),
        _ => digits(rest.strip_prefix(':').unwrap_or(rest), 2)?,
    };
    let known = text.starts_with(['+', '-']) && rest.is_empty() && hours < 24 && minutes < 60;
    known.then(|| (text.starts_with('+'), hours * 60 + minutes))
}

/// A time since 1970 as RFC 3339 has it, to the minute, in UTC.
pub fn to_minute(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (mut day, time) = (seconds / 86_400, seconds % 86_400);
    let (mut year, mut month) = (1970, 1);
    while let Some(length) = length_of(year).filter(|length| day >= *length) {
        day -= length;
        year += 1;
    }
    while let Some(length) = next_month(year, month).filter(|length| day >= *length) {
        day -= length;
        month += 1;
    }
    format!(
        "{year:04}-{month:02}-{:02}T{:02}:{:02}Z",
        day + 1,
        time / 3600,
        time / 60 % 60
    )
}

fn length_of(year: u64) -> Option<u64> {
    Some(days(year + 1, 1, 1)? - days(year, 1, 1)?)
}

fn next_month(year: u64, month: u64) -> Option<u64> {
    (month < 12).then(|| Some(days(year, month + 1, 1)? - days(year, month, 1)?))?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_moments_are_read() {
        for (text, wanted) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00Z", Some(951_782_400)),
            ("2018-01-20T12:00Z", Some(1_516_449_600)),
            ("2018-04-25T18:07:00.350Z", Some(1_524_679_620)),
            ("2022-07-15T00:00:00+00:00", Some(1_657_843_200)),
            ("2022-07-15 02:00:00+02:00", Some(1_657_843_200)),
            ("2022-07-14T20:30:00-0330", Some(1_657_843_200)),
            ("2022-07-15", Some(1_657_843_200)),
            ("2022-07-15 00:00:00", Some(1_657_843_200)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("2022-02-29T00:00Z", None),
            ("2100-02-29", None),
            ("2022-13-01", None),
            ("2022-00-01", None),
            ("2022-07-15T24:00Z", None),
            ("2022-07-15T00:00:00.Z", None),
            ("2022-07-15T00:00:00+2", None),
            ("1969-12-31", None),
            ("1970-01-01T00:00:00+01:00", None),
            ("now", None),
            ("", None),
            ("２０２２-07-15", None),
        ] {
            assert_eq!(rfc3339(text).map(|moment| moment.as_secs()), wanted, "{text}");
        }
        assert_eq!(
            rfc3339("1970-01-01T00:00:00.25Z"),
            Some(Duration::from_millis(250))
        );
    }

    proptest! {
        #[test]
        fn a_moment_is_written_as_it_is_read(seconds in 0_u64..250_000_000_000) {
            let text = to_minute(Duration::from_secs(seconds));
            prop_assert_eq!(rfc3339(&text), Some(Duration::from_secs(seconds / 60 * 60)), "{}", text);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,40}|[0-9TZ:+. -]{0,40}") {
            let _ = rfc3339(&text);
        }
    }
}

//! Lengths of time as people write them.

use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;

/// A length of time: a whole number and a unit, such as `500ms`, `10s`, `5m`, `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    fn parse(text: &str) -> Option<Self> {
        let end = text.find(|letter: char| !letter.is_ascii_digit())?;
        let (count, unit) = text.split_at(end);
        let count: u64 = count.parse().ok()?;
        let millis = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        count
            .checked_mul(millis)
            .map(|all| Self(Duration::from_millis(all)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is no length of time: write 500ms, 10s, 5m or 24h"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_number_and_a_unit_are_a_length_of_time() {
        for (text, millis) in [
            ("500ms", Some(500)),
            ("10s", Some(10_000)),
            ("5m", Some(300_000)),
            ("24h", Some(86_400_000)),
            ("10", None),
            ("s", None),
            ("1.5s", None),
            ("-1s", None),
            ("99999999999999999999s", None),
            ("18446744073709551615h", None),
            ("1d", None),
        ] {
            let parsed = Span::parse(text).map(|span| span.0.as_millis());
            assert_eq!(parsed, millis, "{text}");
        }
    }
}

//! What single values may be.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

/// A value that is written as text, in YAML and as a flag alike.
macro_rules! from_text {
    ($($type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Scalar::deserialize(deserializer)?;
                text.0.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

from_text!(Interval, Keep, Limit, Top, Watts, LogLevel, LogFormat);

/// A YAML scalar as its text: `2000`, `"2000"` and `5m` are all fine.
pub(super) struct Scalar(pub(super) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl serde::de::Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a single value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(number.to_string()))
    }
}

/// The time between two ticks: 100 ms to 1 minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval(pub Duration);

impl Default for Interval {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (least, most) = (Duration::from_millis(100), Duration::from_secs(60));
        span(text)
            .filter(|span| (least..=most).contains(span))
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no time from 100ms to 1m, such as 1s or 500ms"))
    }
}

/// How long something is kept: 0 to 1 day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep(pub Duration);

impl Default for Keep {
    fn default() -> Self {
        Self(Duration::from_secs(300))
    }
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        span(text)
            .filter(|span| *span <= Duration::from_secs(86_400))
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no time from 0s to 24h, such as 5m or 90s"))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_span(self.0, formatter)
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_span(self.0, formatter)
    }
}

/// The units of a time, as Prometheus writes them, in milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

fn span(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(*millis)
        .map(Duration::from_millis)
}

fn show_span(span: Duration, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let millis = span.as_millis();
    let fits = |unit: &&(&str, u64)| millis > 0 && millis.is_multiple_of(unit.1.into());
    let (name, size) = UNITS.iter().rev().find(fits).unwrap_or(&UNITS[1]);
    write!(formatter, "{}{name}", millis / u128::from(*size))
}

/// A number of things: 1 to 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub usize);

impl Default for Limit {
    fn default() -> Self {
        Self(2000)
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=100_000).contains(number));
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no number from 1 to 100000"))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A number of processes: 0 to 1,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Top(pub usize);

impl FromStr for Top {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| *number <= 1000);
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no number from 0 to 1000"))
    }
}

impl fmt::Display for Top {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A power: above 0, up to 1,000 W.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Watts(f64);

impl Watts {
    /// In whole microwatts.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded by from_str"
    )]
    pub fn microwatts(self) -> u64 {
        (self.0 * 1e6).round() as u64
    }
}

impl FromStr for Watts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|watts| *watts > 0.0 && *watts <= 1000.0);
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no power from 0 to 1000 watts, such as 6.5"))
    }
}

impl fmt::Display for Watts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The least severe message that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// What stops the agent or a part of it.
    Error,
    /// What a person should look at.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// What a developer wants to know.
    Debug,
}

impl LogLevel {
    const ALL: [(&'static str, Self); 4] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
    ];
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        word(text, &Self::ALL)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_word(*self, &Self::ALL, formatter)
    }
}

/// The form of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    const ALL: [(&'static str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        word(text, &Self::ALL)
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_word(*self, &Self::ALL, formatter)
    }
}

/// One of a few words.
pub(super) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        format!("{text:?} is none of {}", all.join(", "))
    })
}

fn show_word<T: Copy + PartialEq>(
    value: T,
    words: &[(&str, T)],
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let found = words.iter().find(|(_, known)| *known == value);
    formatter.write_str(found.map_or("", |(word, _)| word))
}

/// Addresses to listen on; none stands for every address at port 8080.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenList(pub Vec<String>);

impl<'de> Deserialize<'de> for ListenList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "an address or a list of addresses, such as 127.0.0.1:8080"
        )]
        enum OneOrMore {
            One(String),
            More(Vec<String>),
        }
        Ok(Self(match OneOrMore::deserialize(deserializer)? {
            OneOrMore::One(address) => vec![address],
            OneOrMore::More(addresses) => addresses,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown_alike() {
        for (text, millis) in [
            ("1s", 1000),
            ("250ms", 250),
            ("1m", 60_000),
            ("90s", 90_000),
            ("2h", 7_200_000),
        ] {
            assert_eq!(span(text), Some(Duration::from_millis(millis)), "{text}");
            let shown = Keep(Duration::from_millis(millis)).to_string();
            assert_eq!(span(&shown), span(text), "{shown}");
        }
        assert_eq!(Keep(Duration::ZERO).to_string(), "0s");
        for bad in ["", "1", "s", "-1s", "1.5s", "1 s", "1d", "99999999999999999999s"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused_with_what_would_be_right() {
        for (problem, expected) in [
            ("10ms".parse::<Interval>().unwrap_err(), "from 100ms to 1m"),
            ("25h".parse::<Keep>().unwrap_err(), "from 0s to 24h"),
            ("0".parse::<Limit>().unwrap_err(), "from 1 to 100000"),
            ("1001".parse::<Top>().unwrap_err(), "from 0 to 1000"),
            ("NaN".parse::<Watts>().unwrap_err(), "from 0 to 1000 watts"),
            (
                "loud".parse::<LogLevel>().unwrap_err(),
                "error, warn, info, debug",
            ),
        ] {
            assert!(problem.contains(expected), "{problem}");
        }
    }
}

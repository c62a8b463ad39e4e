//! Which form of the exposition a client asks for.

use wattle_door::Answer;

/// The forms that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics text 1.0.
    OpenMetrics,
    /// Prometheus text 0.0.4, which everything reads; for whoever asks for nothing we know.
    Text,
    /// Prometheus protobuf, length-delimited.
    Protobuf,
}

/// The ways in which a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
}

/// One item of an `Accept` or `Accept-Encoding` header: a name, its parameters, its weight in thousandths.
struct Item<'a> {
    name: &'a str,
    parameters: &'a str,
    weight: u16,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OpenMetrics, Self::Text, Self::Protobuf];

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    /// The form that the client likes best (RFC 9110, section 12.5.1); the first of equals.
    pub fn accepted(accept: Option<&str>) -> Self {
        best(accept.unwrap_or_default(), |item| {
            match item.name.to_ascii_lowercase().as_str() {
                "application/openmetrics-text" => {
                    let version = item.parameter("version").unwrap_or("1.0.0");
                    ["0.0.1", "1.0.0"].contains(&version).then_some(Self::OpenMetrics)
                }
                "application/vnd.google.protobuf" => {
                    let proto = item.parameter("proto")? == "io.prometheus.client.MetricFamily";
                    (proto && item.parameter("encoding")? == "delimited").then_some(Self::Protobuf)
                }
                "text/plain" => {
                    let version = item.parameter("version").unwrap_or("0.0.4");
                    (version == "0.0.4").then_some(Self::Text)
                }
                "text/*" | "*/*" => Some(Self::Text),
                _ => None,
            }
        })
        .unwrap_or(Self::Text)
    }
}

impl Encoding {
    /// Says of an answer that it is packed so.
    #[must_use]
    pub fn mark(self, answer: Answer) -> Answer {
        match self {
            Self::Identity => answer,
            Self::Gzip => answer.encoded("gzip"),
        }
    }

    /// The packing that the client likes best (RFC 9110, section 12.5.3).
    pub fn accepted(accept_encoding: Option<&str>) -> Self {
        let header = accept_encoding.unwrap_or_default();
        best(header, |item| match item.name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" | "*" => Some(Self::Gzip),
            "identity" => Some(Self::Identity),
            _ => None,
        })
        .unwrap_or(Self::Identity)
    }
}

impl<'a> Item<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
        let mut item = Self {
            name: name.trim(),
            parameters,
            weight: 1000,
        };
        if let Some(weight) = item.parameter("q") {
            item.weight = weight_of(weight)?;
        }
        Some(item)
    }

    fn parameter(&self, wanted: &str) -> Option<&'a str> {
        self.parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case(wanted)
                .then_some(value.trim().trim_matches('"'))
        })
    }
}

fn weight_of(text: &str) -> Option<u16> {
    let weight: f32 = text.parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1000"
    )]
    Some((weight * 1000.0).round() as u16)
}

fn best<T>(header: &str, known: impl Fn(&Item<'_>) -> Option<T>) -> Option<T> {
    let mut best: Option<(u16, T)> = None;
    for item in header
        .split(',')
        .filter_map(Item::parse)
        .filter(|item| item.weight > 0)
    {
        if best.as_ref().is_none_or(|(weight, _)| item.weight > *weight)
            && let Some(choice) = known(&item)
        {
            best = Some((item.weight, choice));
        }
    }
    best.map(|(_, choice)| choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn every_client_gets_the_format_it_likes_best() {
        for (accept, expected) in [
            (None, Format::Text),
            (Some("*/*"), Format::Text),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), Format::Text),
            (
                Some(
                    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                     text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                ),
                Format::OpenMetrics,
            ),
            (Some(PROTOBUF), Format::Protobuf),
            (
                Some(&format!(
                    "{PROTOBUF};q=0.6,application/openmetrics-text;version=1.0.0;q=0.5"
                )),
                Format::Protobuf,
            ),
            (
                Some("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"),
                Format::Text,
            ),
            (Some("application/openmetrics-text; version=2.0.0"), Format::Text),
            (
                Some(
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.4",
                ),
                Format::OpenMetrics,
            ),
            (
                Some("application/openmetrics-text;q=0,text/plain;q=0.1"),
                Format::Text,
            ),
            (Some(";;,q=,\u{0}"), Format::Text),
        ] {
            assert_eq!(Format::accepted(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_used_where_it_is_welcome() {
        for (accept, expected) in [
            (None, Encoding::Identity),
            (Some("gzip"), Encoding::Gzip),
            (Some("deflate, gzip;q=0.5"), Encoding::Gzip),
            (Some("gzip;q=0"), Encoding::Identity),
            (Some("identity, gzip;q=0.5"), Encoding::Identity),
            (Some("*"), Encoding::Gzip),
            (Some("br"), Encoding::Identity),
        ] {
            assert_eq!(Encoding::accepted(accept), expected, "{accept:?}");
        }
    }
}

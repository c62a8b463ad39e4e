//! `carbon.*`: what a kilowatt-hour weighs, and who says so.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

use super::ConfigError;
use super::value::Scalar;
use super::value::from_text;
use super::value::show_span;
use super::value::show_word;
use super::value::span;
use super::value::word;
use crate::carbon::Intensity;
use crate::fetch::Url;
use crate::moment;

/// `carbon.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Carbon {
    /// Who says how clean the power is.
    pub source: CarbonSource,
    /// The part of the grid.
    pub zone: Option<String>,
    /// The intensity itself, for the source `static`.
    pub intensity: Option<Grams>,
    /// What the building adds.
    pub pue: Pue,
    /// Average or marginal.
    pub accounting: Accounting,
    /// How old a value may be.
    pub max_age: Span<7_200>,
    /// How often a service is asked.
    pub poll: Span<300>,
    /// The token or password for a service.
    pub token_file: Option<PathBuf>,
    /// Whom to believe instead of the system's authorities.
    pub ca_file: Option<PathBuf>,
    /// The source `file`.
    pub file: CarbonFile,
    /// The source `http`.
    pub http: CarbonHttp,
    /// The source `prometheus`.
    pub prometheus: CarbonPrometheus,
}

/// `carbon.file.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CarbonFile {
    /// The recording.
    pub path: Option<PathBuf>,
    /// How its moments are meant.
    pub mode: TraceMode,
    /// How far behind its first row it is begun.
    pub offset: Span<0>,
    /// How many times as fast it is played.
    pub speed: Factor,
    /// When it is begun; when the agent starts, if not given.
    pub start: Option<Moment>,
}

/// `carbon.http.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CarbonHttp {
    /// Whose interface it is.
    pub provider: CarbonProvider,
    /// Where, if not where the provider usually is.
    pub url: Option<ServiceUrl>,
    /// Where the value stands in the answer, for the provider `json`.
    pub pointer: Option<String>,
    /// Where its date stands, likewise.
    pub time_pointer: Option<String>,
    /// What it is multiplied with to be grams per kilowatt-hour, likewise.
    pub factor: Factor,
    /// The header for the token, likewise.
    pub token_header: Option<String>,
}

/// `carbon.prometheus.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CarbonPrometheus {
    /// Where it is.
    pub url: Option<ServiceUrl>,
    /// A query that gives one number, in grams per kilowatt-hour.
    pub query: Option<String>,
}

impl Carbon {
    /// The value of the label `source`.
    pub fn source_name(&self) -> &'static str {
        match self.source {
            CarbonSource::Off => "",
            CarbonSource::Static => "static",
            CarbonSource::Table => "table",
            CarbonSource::File => "file",
            CarbonSource::Http => CarbonProvider::name(self.http.provider),
            CarbonSource::Prometheus => "prometheus",
        }
    }

    /// What single values cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let needed = match self.source {
            CarbonSource::Static if self.intensity.is_none() => "carbon.intensity",
            CarbonSource::File if self.file.path.is_none() => "carbon.file.path",
            CarbonSource::Prometheus if self.prometheus.url.is_none() => "carbon.prometheus.url",
            CarbonSource::Prometheus if self.prometheus.query.is_none() => "carbon.prometheus.query",
            CarbonSource::Http => return self.check_http(),
            _ => return Ok(()),
        };
        Err(missing(needed, self.source_name()))
    }

    fn check_http(&self) -> Result<(), ConfigError> {
        let http = &self.http;
        let (key, given) = match http.provider {
            CarbonProvider::Json if http.url.is_none() => ("carbon.http.url", false),
            CarbonProvider::Json => ("carbon.http.pointer", http.pointer.is_some()),
            CarbonProvider::Uk => ("carbon.zone", true),
            CarbonProvider::ElectricityMaps | CarbonProvider::WattTime if self.zone.is_none() => {
                ("carbon.zone", false)
            }
            CarbonProvider::ElectricityMaps | CarbonProvider::WattTime => {
                ("carbon.token-file", self.token_file.is_some())
            }
        };
        let marginal = self.accounting == Accounting::Marginal;
        if marginal
            && matches!(
                http.provider,
                CarbonProvider::Uk | CarbonProvider::ElectricityMaps
            )
        {
            return Err(ConfigError::Value {
                key: "carbon.accounting",
                problem: format!("{} knows the average only", self.source_name()),
            });
        }
        if given {
            Ok(())
        } else {
            Err(missing(key, self.source_name()))
        }
    }
}

fn missing(key: &'static str, source: &str) -> ConfigError {
    ConfigError::Value {
        key,
        problem: format!("the source {source} needs it"),
    }
}

from_text!(
    CarbonSource,
    Accounting,
    TraceMode,
    CarbonProvider,
    Grams,
    Pue,
    Factor,
    Moment,
    ServiceUrl
);

/// A few words.
macro_rules! words {
    ($type:ident: $($variant:ident $word:literal),+) => {
        impl $type {
            const ALL: &[(&'static str, Self)] = &[$(($word, Self::$variant)),+];

            /// The word for it.
            pub fn name(self) -> &'static str {
                Self::ALL.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                word(text, Self::ALL)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                show_word(*self, Self::ALL, formatter)
            }
        }
    };
}

/// Who says how clean the power is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CarbonSource {
    /// Nobody, and there are no such series.
    #[default]
    Off,
    /// The operator, once and for all.
    Static,
    /// A table of yearly averages by country.
    Table,
    /// A recording.
    File,
    /// A service on the network.
    Http,
    /// A query to a Prometheus server.
    Prometheus,
}

words!(CarbonSource: Off "off", Static "static", Table "table", File "file", Http "http", Prometheus "prometheus");

/// Of which power an intensity is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accounting {
    /// Of all that is generated.
    #[default]
    Average,
    /// Of what would be generated in addition.
    Marginal,
}

words!(Accounting: Average "average", Marginal "marginal");

/// How the moments in a recording are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceMode {
    /// It is played again, from its beginning.
    #[default]
    Replay,
    /// They are those of the calendar.
    Realtime,
}

words!(TraceMode: Replay "replay", Realtime "realtime");

/// Whose interface a service has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CarbonProvider {
    /// Electricity Maps, version 3.
    #[default]
    ElectricityMaps,
    /// WattTime, version 3.
    WattTime,
    /// The carbon intensity API of Great Britain.
    Uk,
    /// Any that answers with JSON.
    Json,
}

words!(CarbonProvider: ElectricityMaps "electricity-maps", WattTime "watttime", Uk "uk", Json "json");

/// An intensity: 0 to 10,000 grams per kilowatt-hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grams(pub Intensity);

impl FromStr for Grams {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let intensity = text.parse().ok().and_then(Intensity::from_grams);
        intensity.map(Self).ok_or_else(|| {
            format!("{text:?} is no intensity from 0 to 10000 grams per kilowatt-hour, such as 41.5")
        })
    }
}

impl fmt::Display for Grams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.grams().fmt(formatter)
    }
}

/// Power usage effectiveness: what the building draws for each watt of its computers, 1 to 10, to the thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pue(u64);

impl Pue {
    /// In thousandths.
    pub fn thousandths(self) -> u64 {
        self.0
    }
}

impl Default for Pue {
    fn default() -> Self {
        Self(1000)
    }
}

impl FromStr for Pue {
    type Err = String;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse::<f64>().ok().filter(|pue| (1.0..=10.0).contains(pue));
        number
            .map(|pue| Self((pue * 1e3).round() as u64))
            .ok_or_else(|| format!("{text:?} is no factor from 1 to 10, such as 1.2"))
    }
}

impl fmt::Display for Pue {
    #[expect(clippy::cast_precision_loss, reason = "at most 10000")]
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0 as f64 / 1e3).fmt(formatter)
    }
}

/// A factor above 0, up to a million.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor(pub f64);

impl Default for Factor {
    fn default() -> Self {
        Self(1.0)
    }
}

impl FromStr for Factor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|factor| (1e-6..=1e6).contains(factor));
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no factor from 0.000001 to 1000000, such as 1 or 0.453592"))
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A moment, since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Duration);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().ok().map(Duration::from_secs);
        seconds
            .or_else(|| moment::rfc3339(text))
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no moment such as 2026-06-01T00:00:00Z"))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_secs().fmt(formatter)
    }
}

/// The address of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUrl(pub Url);

impl FromStr for ServiceUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A time of up to 400 days; so many seconds if not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<const DEFAULT: u64>(pub Duration);

impl<const DEFAULT: u64> Default for Span<DEFAULT> {
    fn default() -> Self {
        Self(Duration::from_secs(DEFAULT))
    }
}

impl<const DEFAULT: u64> FromStr for Span<DEFAULT> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let least = if DEFAULT == 0 {
            Duration::ZERO
        } else {
            Duration::from_secs(1)
        };
        span(text)
            .filter(|span| *span >= least && *span <= Duration::from_secs(400 * 86_400))
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "{text:?} is no time from {}s to 9600h, such as 5m or 2h",
                    least.as_secs()
                )
            })
    }
}

impl<const DEFAULT: u64> fmt::Display for Span<DEFAULT> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_span(self.0, formatter)
    }
}

impl<'de, const DEFAULT: u64> Deserialize<'de> for Span<DEFAULT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?;
        text.text().parse().map_err(D::Error::custom)
    }
}

//! Services that say how clean the power is.

mod electricity_maps;
mod json;
mod prometheus;
mod uk;
mod watttime;

use std::time::Duration;

use serde_json::Value;

use super::Intensity;
use super::Trouble;
use crate::config::Carbon;
use crate::config::CarbonProvider;
use crate::config::CarbonSource;
use crate::fetch::Client;
use crate::fetch::Request;
use crate::fetch::Url;
use crate::fetch::retry_after;

/// A forecast of four days in steps of five minutes.
const MOST_POINTS: usize = 1152;
/// No token is longer.
const LONGEST_TOKEN: u64 = 16 << 10;

/// What a service said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// The intensity now.
    pub(super) now: Intensity,
    /// The date it bears.
    pub(super) dated: Option<Duration>,
    /// What is expected, in whatever order.
    pub(super) forecast: Vec<(Duration, Intensity)>,
}

/// Why it said nothing of use, and how long it wants to be left alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) trouble: Trouble,
    pub(super) retry_after: Option<Duration>,
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self {
            trouble,
            retry_after: None,
        }
    }
}

/// Everything that a question needs.
pub(super) struct Inquiry<'a> {
    pub(super) client: &'a Client,
    pub(super) settings: &'a Carbon,
    pub(super) wall: Duration,
}

/// A token that a service gave, to be used until it expires.
#[derive(Default)]
pub(super) struct Session {
    token: Option<(String, Duration)>,
}

impl Inquiry<'_> {
    /// Asks the configured service.
    pub(super) async fn ask(&self, session: &mut Session) -> Result<Answer, Failure> {
        if self.settings.source == CarbonSource::Prometheus {
            return prometheus::ask(self).await;
        }
        match self.settings.http.provider {
            CarbonProvider::ElectricityMaps => electricity_maps::ask(self).await,
            CarbonProvider::WattTime => watttime::ask(self, session).await,
            CarbonProvider::Uk => uk::ask(self).await,
            CarbonProvider::Json => json::ask(self).await,
        }
    }

    fn zone(&self) -> &str {
        self.settings.zone.as_deref().unwrap_or_default()
    }

    /// A page of the service: below the configured address, or the one where the service usually is.
    fn url(&self, usual: &str, path: &str) -> Result<Url, Failure> {
        let base = match &self.settings.http.url {
            Some(url) => url.0.clone(),
            None => usual.parse().map_err(|_| Trouble::Unreachable)?,
        };
        base.join(path).map_err(|_| Trouble::NotFound.into())
    }

    /// The token in its file, read anew each time, so that it can be replaced while the agent runs.
    fn token(&self) -> Result<Option<String>, Failure> {
        use std::io::Read;
        let Some(file) = &self.settings.token_file else {
            return Ok(None);
        };
        let mut text = String::new();
        std::fs::File::open(file)
            .and_then(|opened| opened.take(LONGEST_TOKEN).read_to_string(&mut text))
            .map_err(|_| Trouble::NoToken)?;
        let token = text.trim();
        if token.is_empty() {
            return Err(Trouble::NoToken.into());
        }
        Ok(Some(token.to_owned()))
    }

    /// Sends a request and reads the answer as JSON.
    async fn json(&self, request: Request) -> Result<Value, Failure> {
        let reply = self.client.fetch(request).await;
        let reply = reply.map_err(|error| {
            tracing::debug!(%error, "the source of carbon intensity does not answer");
            Trouble::from(&error)
        })?;
        if reply.status != 200 {
            let wish = reply.retry_after.as_deref();
            return Err(Failure {
                trouble: Trouble::of_status(reply.status),
                retry_after: wish.and_then(|text| retry_after(text, self.wall)),
            });
        }
        serde_json::from_slice(&reply.body).map_err(|_| Trouble::Strange.into())
    }
}

/// A number, also one that is written as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn intensity(value: &Value) -> Option<Intensity> {
    Intensity::from_grams(number(value)?)
}

fn moment(value: &Value) -> Option<Duration> {
    match value {
        Value::Number(number) => Duration::try_from_secs_f64(number.as_f64()?).ok(),
        value => crate::moment::rfc3339(value.as_str()?),
    }
}

/// The points of a list that are understood.
fn points(
    list: Option<&Value>,
    read: impl Fn(&Value) -> Option<(Duration, Intensity)>,
) -> Vec<(Duration, Intensity)> {
    let list = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.iter().take(MOST_POINTS).filter_map(read).collect()
}

//! Instant queries of Prometheus' HTTP API.
//!
//! <https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries>

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::facts::Question;
use crate::facts::Web;
use crate::facts::WebError;
use crate::inventory::escaped;

/// The longest answer to one query.
const MAX_ANSWER: usize = 64 << 20;

/// Why a query has no answer.
#[derive(Debug, Error)]
pub(crate) enum QueryError {
    /// It did not get there, or nothing came back.
    #[error(transparent)]
    Web(#[from] WebError),
    /// Too much came back.
    #[error(
        "the answer to {0} has more than {MAX_ANSWER} bytes: a narrower selector, or fewer peers, would help"
    )]
    TooLong(String),
    /// What came back is not understood.
    #[error("the answer to {query} is not understood: {source}")]
    Garbled {
        query: String,
        source: serde_json::Error,
    },
    /// Prometheus refuses.
    #[error("{0}")]
    Refused(String),
}

/// One series, and its value at the moment of the query.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Series {
    pub(crate) metric: BTreeMap<String, String>,
    /// The moment, in seconds since 1970 by Prometheus' clock, and the value as text.
    pub(crate) value: (f64, String),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

/// A Prometheus.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    web: Web,
    address: String,
    tls: bool,
    /// What stands before `/api/v1`.
    path: String,
}

impl Api {
    /// The error says what is wrong with the URL.
    pub(crate) fn new(url: &str, web: Web) -> anyhow::Result<Self> {
        let wrong = || {
            anyhow::anyhow!(
                "{url:?} is no address of a Prometheus: write http://host:port or https://host:port"
            )
        };
        let uri: hyper::Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        if uri.query().is_some() || authority.as_str().contains('@') {
            return Err(wrong());
        }
        if tls && web.tls.is_none() {
            anyhow::bail!("{url:?} needs a CA file to check its certificate with");
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self {
            web,
            address: format!("{}:{port}", authority.host()),
            tls,
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Asks at one moment, or now.
    pub(crate) async fn query(&self, query: &str, at: Option<f64>) -> Result<Vec<Series>, QueryError> {
        let at = at.map(|at| format!("&time={at:.3}")).unwrap_or_default();
        let target = format!("{}/api/v1/query?query={}{at}", self.path, escaped(query));
        let question = Question {
            address: &self.address,
            tls: self.tls,
            target: &target,
            accept: "application/json",
        };
        let mut body = Vec::new();
        let take = |piece: &[u8]| {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(QueryError::TooLong(query.to_owned()));
            }
            body.extend_from_slice(piece);
            Ok(())
        };
        self.web.ask(&question, take).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|source| QueryError::Garbled {
            query: query.to_owned(),
            source,
        })?;
        match answer.data {
            Some(data) => Ok(data.result),
            None => Err(QueryError::Refused(answer.error.unwrap_or_default())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Api;
    use crate::facts::Web;

    #[test]
    fn an_address_has_a_scheme_and_may_have_a_path() {
        let open = |url| Api::new(url, Web::default()).map(|api| (api.address, api.path));
        let good = |address: &str, path: &str| Some((address.to_owned(), path.to_owned()));
        for (url, expected) in [
            ("http://p:9090", good("p:9090", "")),
            ("http://p/prom/", good("p:80", "/prom")),
            ("http://[::1]:9090/", good("[::1]:9090", "")),
            ("https://p:9090", None),
            ("p:9090", None),
            ("http://u:x@p:9090", None),
            ("http://p:9090/?a=b", None),
            ("ftp://p", None),
        ] {
            assert_eq!(open(url).ok(), expected, "{url}");
        }
        assert!(open("https://p").unwrap_err().to_string().contains("CA file"));
    }
}

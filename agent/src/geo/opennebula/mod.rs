//! The attribute `GEOLOCATION` of a host in OpenNebula.

mod hosts;
#[cfg(test)]
mod tests;
mod xml_rpc;

use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use self::hosts::Host;
use self::xml_rpc::Value;
use self::xml_rpc::call;
use super::Location;
use crate::fetch;
use crate::fetch::Client;
use crate::fetch::FetchError;
use crate::fetch::Url;

/// No file of credentials is longer.
const LONGEST: u64 = 4096;
/// `one.host.update` is to leave the other attributes as they are.
const MERGE: i32 = 1;

/// Why the attribute could not be set.
#[derive(Debug, thiserror::Error)]
pub enum OpenNebulaError {
    /// The credentials are of no use.
    #[error("{}: {text}", file.display())]
    Credentials {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        text: String,
    },
    /// It could not be asked.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// Its answer is none of XML-RPC.
    #[error("{method}: the answer is not understood: {text}")]
    Strange {
        /// What was called.
        method: &'static str,
        /// Why.
        text: String,
    },
    /// It refused.
    #[error("{method}: {text}")]
    Refused {
        /// What was called.
        method: &'static str,
        /// Its own words.
        text: String,
    },
    /// It knows no such host.
    #[error("OpenNebula has no host {0}: give its id or name with --one.host")]
    NoHost(String),
    /// There is nothing to set it to.
    #[error("the host's coordinates are not known, so GEOLOCATION is left as it is")]
    NoLocation,
}

/// Where OpenNebula is, and who asks.
#[derive(Debug)]
pub struct OpenNebula {
    client: Client,
    endpoint: Url,
    session: String,
}

/// What became of the attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was right before.
    Unchanged,
    /// It was set.
    Changed {
        /// What stood there before; empty where there was none.
        before: String,
    },
}

impl OpenNebula {
    /// Reads the credentials, `user:password` in one line as in `one_auth`. `authorities` are believed instead of the system's.
    pub fn new(
        endpoint: Url,
        credentials: &Path,
        authorities: Option<&Path>,
    ) -> Result<Self, OpenNebulaError> {
        Ok(Self {
            client: Client::new(authorities)?,
            endpoint,
            session: session(credentials)?,
        })
    }

    /// Sets the attribute of a host, by its id or name, if it is not what it should be.
    pub fn write(&self, host: &str, location: &Location) -> Result<Outcome, OpenNebulaError> {
        let wanted = location.opennebula();
        if wanted.is_empty() {
            return Err(OpenNebulaError::NoLocation);
        }
        let runtime = fetch::runtime().map_err(FetchError::from)?;
        let outcome = runtime.block_on(async {
            let Host { id, geolocation } = self.find(host).await?;
            if geolocation == wanted {
                return Ok(Outcome::Unchanged);
            }
            let template = format!("GEOLOCATION=\"{wanted}\"");
            let values = [Value::Int(id), Value::Text(&template), Value::Int(MERGE)];
            self.call("one.host.update", &values).await?;
            Ok(Outcome::Changed { before: geolocation })
        });
        runtime.shutdown_background();
        outcome
    }

    async fn find(&self, host: &str) -> Result<Host, OpenNebulaError> {
        let page = match host.parse::<i32>() {
            Ok(id) => self.call("one.host.info", &[Value::Int(id)]).await?,
            Err(_) => self.call("one.hostpool.info", &[]).await?,
        };
        hosts::find(&page, host)
            .map_err(|text| OpenNebulaError::Strange {
                method: "one.hostpool.info",
                text,
            })?
            .ok_or_else(|| OpenNebulaError::NoHost(host.to_owned()))
    }

    async fn call(&self, method: &'static str, values: &[Value<'_>]) -> Result<String, OpenNebulaError> {
        let mut all = vec![Value::Text(&self.session)];
        all.extend_from_slice(values);
        call(&self.client, &self.endpoint, method, &all).await
    }
}

fn session(file: &Path) -> Result<String, OpenNebulaError> {
    let wrong = |text: String| OpenNebulaError::Credentials {
        file: file.to_path_buf(),
        text,
    };
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(LONGEST).read_to_string(&mut text))
        .map_err(|error| wrong(error.to_string()))?;
    let line = text.trim();
    if !line.contains(':') || line.contains('\n') {
        return Err(wrong("one line of user:password is wanted".to_owned()));
    }
    Ok(line.to_owned())
}

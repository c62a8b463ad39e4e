//! Whom to ask.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

/// The most targets of one file.
pub const MAX_TARGETS: usize = 100_000;

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The host's name: the label `host`, or the address without its port.
    pub name: String,
    /// Address or host name, and port.
    pub address: String,
    /// Whether with TLS.
    pub tls: bool,
    /// Where the page is.
    pub path: String,
    /// What else its owner says of it: `site`, for one.
    pub labels: BTreeMap<String, String>,
}

/// A file of targets cannot be used. The targets before stay.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It is not what such a file looks like.
    #[error("targets: {0}")]
    Syntax(#[from] serde_yaml::Error),
    /// A target is no address with a port.
    #[error("targets: {0:?} is not HOST:PORT")]
    Address(String),
    /// It is asked in a way that is not spoken.
    #[error("targets: the label __scheme__ is {0:?}; it can be http or https")]
    Scheme(String),
    /// Two targets have one name.
    #[error("targets: two hosts are called {0}; give each a label host of its own")]
    Twice(String),
    /// There are too many.
    #[error("targets: there are more than {MAX_TARGETS}")]
    TooMany,
}

#[derive(Deserialize)]
struct Written {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// What goes for all targets that do not say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Whether with TLS.
    pub tls: bool,
    /// Where the page is.
    pub path: String,
}

impl Whole {
    /// The target at an address: `HOST:PORT`.
    pub fn target(&self, address: &str) -> Result<Target, TargetError> {
        target(self, address, &BTreeMap::new())
    }
}

/// Reads a file in the format of Prometheus' `file_sd_configs`, YAML or JSON. The label `host` names the host of a group with a
/// single target, `__metrics_path__` its page, and `__scheme__` is `http` or `https`.
pub fn read_file_sd(text: &str, whole: &Whole) -> Result<Vec<Target>, TargetError> {
    let groups: Vec<Written> = serde_yaml::from_str(text)?;
    let mut targets: BTreeMap<String, Target> = BTreeMap::new();
    for group in &groups {
        for address in &group.targets {
            let target = target(whole, address, &group.labels)?;
            if let Some(known) = targets.get(&target.name).filter(|known| **known != target) {
                return Err(TargetError::Twice(known.name.clone()));
            }
            targets.insert(target.name.clone(), target);
            if targets.len() > MAX_TARGETS {
                return Err(TargetError::TooMany);
            }
        }
    }
    Ok(targets.into_values().collect())
}

fn target(whole: &Whole, address: &str, labels: &BTreeMap<String, String>) -> Result<Target, TargetError> {
    let bad = || TargetError::Address(address.to_owned());
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let strange = |byte: u8| byte <= b' ' || byte == b'/' || byte == b'@' || byte == 0x7f;
    if host.is_empty() || host.bytes().any(strange) || port.parse::<u16>().is_err() {
        return Err(bad());
    }
    let label = |name: &str| labels.get(name).cloned();
    let tls = match labels.get("__scheme__").map(String::as_str) {
        None => whole.tls,
        Some("http") => false,
        Some("https") => true,
        Some(other) => return Err(TargetError::Scheme(other.to_owned())),
    };
    Ok(Target {
        name: label("host").unwrap_or_else(|| host.trim_matches(['[', ']']).to_owned()),
        address: address.to_owned(),
        tls,
        path: label("__metrics_path__").unwrap_or_else(|| whole.path.clone()),
        labels: labels.clone(),
    })
}

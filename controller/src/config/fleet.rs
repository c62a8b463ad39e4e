//! `fleet.*`: which hosts there are, and who tells of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Span;
use super::file::ConfigError;

/// `fleet.*`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fleet {
    /// Agents, as `HOST:PORT`.
    pub targets: Vec<String>,
    /// Files of agents in the format of Prometheus' `file_sd_configs`.
    pub file_sd: Vec<PathBuf>,
    /// Names, as `NAME:PORT`, each of whose addresses is an agent.
    pub dns: Vec<String>,
    /// How agents are asked.
    pub agents: Agents,
    /// One Prometheus that is asked instead.
    pub prometheus: Option<Prometheus>,
    /// Between two questions to one agent, or to Prometheus.
    pub interval: Span,
    /// For one answer.
    pub timeout: Span,
    /// A host of which nothing was heard for so long is silent.
    pub silent_after: Span,
    /// How old facts may be before they are stale.
    pub ages: Ages,
    /// Whether a host's name ends at its first dot.
    pub strip_domain: bool,
    /// What nobody but the operator knows of hosts, by their names.
    pub hosts: BTreeMap<String, Host>,
    /// How hosts become providers of resources.
    pub providers: Providers,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            file_sd: Vec::new(),
            dns: Vec::new(),
            agents: Agents::default(),
            prometheus: None,
            interval: Span::seconds(10),
            timeout: Span::seconds(2),
            silent_after: Span::seconds(60),
            ages: Ages::default(),
            strip_domain: false,
            hosts: BTreeMap::new(),
            providers: Providers::default(),
        }
    }
}

/// `fleet.agents.*`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Agents {
    /// With TLS or without.
    pub scheme: Scheme,
    /// Where the page is.
    pub path: String,
    /// How many are asked at the same time.
    pub concurrency: usize,
    /// What they want to see.
    #[serde(flatten)]
    pub access: Access,
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            scheme: Scheme::Http,
            path: "/metrics".to_owned(),
            concurrency: 64,
            access: Access::default(),
        }
    }
}

/// With TLS or without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Without.
    #[default]
    Http,
    /// With.
    Https,
}

/// `fleet.prometheus.*`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prometheus {
    /// `http://host:port`, with a path where it has one.
    pub url: String,
    /// Which series are the agents', as it stands between the braces of a query.
    #[serde(default)]
    pub selector: String,
    /// The label that tells hosts apart.
    #[serde(default = "instance")]
    pub host_label: String,
    /// What it wants to see.
    #[serde(flatten)]
    pub access: Access,
}

fn instance() -> String {
    "instance".to_owned()
}

/// Certificates, tokens and passwords, each in a file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Access {
    /// Who signed the certificate.
    pub ca_file: Option<PathBuf>,
    /// The controller's certificate.
    pub cert_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
    /// The file that has a bearer token.
    pub token_file: Option<PathBuf>,
    /// A name.
    pub user: Option<String>,
    /// The file that has its password.
    pub password_file: Option<PathBuf>,
}

/// `fleet.ages.*`
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ages {
    /// What changes by the second: power, load, delay.
    pub live: Span,
    /// The carbon intensity, by its own date.
    pub carbon: Span,
    /// What changes when somebody carries a host away.
    pub lasting: Span,
}

impl Default for Ages {
    fn default() -> Self {
        Self {
            live: Span::seconds(60),
            carbon: Span::seconds(2 * 3600),
            lasting: Span::seconds(24 * 3600),
        }
    }
}

/// `fleet.hosts.NAME.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Host {
    /// Addresses, with a port or without, by which its agent is asked or Prometheus knows it.
    pub addresses: Vec<String>,
    /// Names by which other agents know it as a peer.
    pub aliases: Vec<String>,
    /// Where it stands.
    pub site: Option<String>,
    /// What it may draw.
    pub power_limit_watts: Option<f64>,
    /// What it has, where its agent would say something else.
    pub capacity: BTreeMap<String, u32>,
    /// As in `fleet.providers`.
    pub reserved: BTreeMap<String, u32>,
    /// As in `fleet.providers`.
    pub allocation_ratios: BTreeMap<String, f64>,
    /// As in `fleet.providers`, in addition.
    pub traits: Vec<String>,
    /// As in `fleet.providers`.
    pub disk_path: Option<String>,
}

/// `fleet.providers.*`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Providers {
    /// Whether hosts that are seen become providers by themselves.
    pub register: bool,
    /// Whether providers that somebody made before are looked after as well.
    pub adopt: bool,
    /// The file system on which this path lies is the host's `DISK_GB`.
    pub disk_path: String,
    /// What is kept for hosts themselves, by class.
    pub reserved: BTreeMap<String, u32>,
    /// How many times over capacity is promised, by class.
    pub allocation_ratios: BTreeMap<String, f64>,
    /// Traits that all hosts have.
    pub traits: Vec<String>,
    /// Which part of the fleet may be taken out of service because it is silent.
    pub most_silent: f64,
}

impl Default for Providers {
    fn default() -> Self {
        Self {
            register: true,
            adopt: false,
            disk_path: "/var/lib".to_owned(),
            reserved: BTreeMap::new(),
            allocation_ratios: BTreeMap::new(),
            traits: Vec::new(),
            most_silent: 0.5,
        }
    }
}

impl Fleet {
    /// Whether anybody is asked.
    pub fn asks_anybody(&self) -> bool {
        self.prometheus.is_some() || self.asks_agents()
    }

    /// Whether agents are asked.
    pub fn asks_agents(&self) -> bool {
        !(self.targets.is_empty() && self.file_sd.is_empty() && self.dns.is_empty())
    }

    /// What the types of single values cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (key, wrong, problem) in [
            (
                "fleet.prometheus",
                self.prometheus.is_some() && self.asks_agents(),
                "takes the place of fleet.targets, fleet.file-sd and fleet.dns: set one or the other",
            ),
            (
                "fleet.interval",
                !(Span::seconds(1)..=Span::seconds(3600)).contains(&self.interval),
                "has to be from 1s to 1h",
            ),
            (
                "fleet.timeout",
                self.timeout.0.is_zero() || self.timeout > Span::seconds(60),
                "has to be from 1ms to 60s",
            ),
            (
                "fleet.silent-after",
                self.silent_after < self.interval,
                "cannot be shorter than fleet.interval",
            ),
            (
                "fleet.agents.concurrency",
                !(1..=1000).contains(&self.agents.concurrency),
                "has to be from 1 to 1000",
            ),
            (
                "fleet.agents.path",
                !self.agents.path.starts_with('/'),
                "has to begin with /",
            ),
            (
                "fleet.providers.disk-path",
                !self.providers.disk_path.starts_with('/'),
                "has to begin with /",
            ),
            (
                "fleet.providers.most-silent",
                !(0.0..=1.0).contains(&self.providers.most_silent),
                "has to be from 0 to 1",
            ),
        ] {
            if wrong {
                let problem = problem.to_owned();
                return Err(ConfigError::Value { key, problem });
            }
        }
        self.check_hosts()
    }

    fn check_hosts(&self) -> Result<(), ConfigError> {
        let providers = &self.providers;
        ratios("fleet.providers.allocation-ratios", &providers.allocation_ratios)?;
        for (name, host) in &self.hosts {
            ratios("fleet.hosts", &host.allocation_ratios)?;
            if host
                .power_limit_watts
                .is_some_and(|watts| !(watts.is_finite() && watts > 0.0))
            {
                let problem = format!("{name}: power-limit-watts has to be above 0");
                let key = "fleet.hosts";
                return Err(ConfigError::Value { key, problem });
            }
        }
        let traits = self.hosts.values().flat_map(|host| &host.traits);
        for word in traits.chain(&providers.traits) {
            let sound = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            if word.is_empty() || word.len() > 255 || !word.bytes().all(sound) {
                let problem = format!("{word:?} is no trait: write capital letters, digits and _");
                let key = "fleet.providers.traits";
                return Err(ConfigError::Value { key, problem });
            }
        }
        Ok(())
    }
}

fn ratios(key: &'static str, ratios: &BTreeMap<String, f64>) -> Result<(), ConfigError> {
    match ratios
        .iter()
        .find(|(_, ratio)| !(ratio.is_finite() && **ratio > 0.0))
    {
        None => Ok(()),
        Some((class, _)) => {
            let problem = format!("the allocation ratio of {class} has to be above 0");
            Err(ConfigError::Value { key, problem })
        }
    }
}

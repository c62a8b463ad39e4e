//! `latency.*`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use super::ConfigError;
use super::ControlServer;
use super::Interval;
use super::Servers;
use super::value::Scalar;
use crate::latency::mesh::Network;
use crate::latency::peers::Entry;
use crate::latency::peers::check_url;

/// How far other hosts are.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Latency {
    /// Where packets of other hosts are answered.
    pub listen: UdpListen,
    /// Whether they are answered without any peers too.
    pub reflect: bool,
    /// Whom to answer.
    pub allow: Vec<String>,
    /// This host's name among the others.
    pub name: Option<String>,
    /// Peers.
    pub peers: Vec<String>,
    /// A file with peers.
    pub peers_file: Option<PathBuf>,
    /// A server that knows peers.
    pub peers_url: Option<String>,
    /// Names with an address for each peer.
    pub peers_dns: Vec<String>,
    /// The most peers that are measured.
    pub max_peers: PeerLimit,
    /// The mean time between two packets to a peer.
    pub interval: Interval,
    /// From how many ports a peer is asked in turn.
    pub source_ports: SourcePorts,
    /// DSCP of packets.
    pub dscp: Dscp,
    /// What packets are signed with.
    pub key_file: Option<PathBuf>,
    /// The server of OWAMP's control connections.
    pub owamp: ControlServer,
    /// The server of TWAMP's.
    pub twamp: ControlServer,
    /// What both do.
    pub servers: Servers,
}

impl Latency {
    /// Whether anything is measured or answered.
    pub fn is_on(&self) -> bool {
        self.reflect
            || !self.peers.is_empty()
            || self.peers_file.is_some()
            || self.peers_url.is_some()
            || !self.peers_dns.is_empty()
    }

    /// What the types of single values do not say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &'static str| move |problem| ConfigError::Value { key, problem };
        for (key, texts) in [
            ("latency.peers", &self.peers),
            ("latency.peers-dns", &self.peers_dns),
        ] {
            texts
                .iter()
                .try_for_each(|text| Entry::parse(text).map(drop))
                .map_err(wrong(key))?;
        }
        if let Some(url) = &self.peers_url {
            check_url(url).map_err(wrong("latency.peers-url"))?;
        }
        if self.servers.require_pass_phrase && self.servers.pass_phrase_file.is_none() {
            let problem = "needs latency.servers.pass-phrase-file".to_owned();
            return Err(wrong("latency.servers.require-pass-phrase")(problem));
        }
        let networks = self
            .allow
            .iter()
            .try_for_each(|text| text.parse::<Network>().map(drop));
        networks.map_err(wrong("latency.allow"))
    }
}

/// A value that is written as text, in YAML and as a flag alike.
macro_rules! from_text {
    ($($type:ty),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Scalar::deserialize(deserializer)?.0.parse().map_err(serde::de::Error::custom)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    )+};
}

from_text!(UdpListen, PeerLimit, SourcePorts, Dscp);

/// An address and a port, or a port of all addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UdpListen(pub String);

impl Default for UdpListen {
    fn default() -> Self {
        Self(":862".to_owned())
    }
}

impl FromStr for UdpListen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = text.strip_prefix(':').and_then(|port| port.parse::<u16>().ok());
        let is_port = port.is_some_and(|port| port > 0);
        if is_port || text.parse::<SocketAddr>().is_ok() {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "{text:?} is no address such as :862, 192.0.2.1:862 or [2001:db8::1]:862"
        ))
    }
}

/// How many peers are measured: 1 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerLimit(pub usize);

impl Default for PeerLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl FromStr for PeerLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no number from 1 to 1000"))
    }
}

/// From how many ports packets are sent in turn: 1 to 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourcePorts(pub usize);

impl Default for SourcePorts {
    fn default() -> Self {
        Self(1)
    }
}

impl FromStr for SourcePorts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=16).contains(number));
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no number from 1 to 16"))
    }
}

/// A differentiated services code point: 0 to 63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dscp(pub u8);

impl FromStr for Dscp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| *number < 64);
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no DSCP from 0 to 63"))
    }
}

//! `latency.owamp.*`, `latency.twamp.*` and `latency.servers.*`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use super::Keep;
use super::Limit;
use super::UdpListen;
use super::value::Scalar;
use crate::latency::responder::PortRange;

/// A server of control connections. It is off without an address.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ControlServer {
    /// Where it listens.
    pub listen: Vec<UdpListen>,
}

/// What the servers of control connections do, and for whom.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Servers {
    /// The pass-phrases.
    pub pass_phrase_file: Option<PathBuf>,
    /// Whether clients without one are sent away.
    pub require_pass_phrase: bool,
    /// The UDP ports of test sessions.
    pub ports: Ports,
    /// Sessions of one client.
    pub sessions: Limit,
    /// Packets a second of one session.
    pub packets_per_second: Limit,
    /// Bits a second of one client.
    pub bits_per_second: Bits,
    /// The longest session.
    pub duration: Keep,
}

impl Default for Servers {
    fn default() -> Self {
        Self {
            pass_phrase_file: None,
            require_pass_phrase: false,
            ports: Ports::default(),
            sessions: Limit(16),
            packets_per_second: Limit(1000),
            bits_per_second: Bits(10_000_000),
            duration: Keep(std::time::Duration::from_secs(86_400)),
        }
    }
}

impl ControlServer {
    /// The addresses. A port alone is that of all of them.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listen.iter().filter_map(|listen| {
            let text = &listen.0;
            let of_all = text.starts_with(':').then(|| format!("[::]{text}"));
            of_all.as_ref().unwrap_or(text).parse().ok()
        })
    }
}

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

from_text!(Ports, Bits);

/// UDP ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports(pub PortRange);

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// Bits a second: 10,000 to 100,000,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits(pub u64);

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = 10_000..=100_000_000_000;
        let number = text.parse().ok().filter(|number| range.contains(number));
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no number of bits a second from 10000 to 100000000000"))
    }
}

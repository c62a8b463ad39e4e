//! `location.*`: where the host stands.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

use super::ConfigError;
use super::ServiceUrl;
use super::Span;
use super::value::Scalar;
use super::value::from_text;
use crate::geo::Coordinates;

/// `location.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocationSettings {
    /// Degrees north.
    pub latitude: Option<Degrees>,
    /// Degrees east.
    pub longitude: Option<Degrees>,
    /// ISO 3166-1's two letters.
    pub country: Option<Country>,
    /// The city's name.
    pub city: Option<Name>,
    /// The operator's name of the site.
    pub site: Option<Name>,
    /// The address to look up before all others.
    pub address: Option<Address>,
    /// The database of addresses.
    pub database: Option<PathBuf>,
    /// How often addresses and database are looked at.
    pub poll: Span<60>,
    /// Asking others for the public address.
    pub http: LocationHttp,
    /// Where other hosts stand.
    pub peers: PeerList,
    /// Whether other hosts are told where this one stands.
    pub tell_peers: Telling,
}

/// `location.http.*`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocationHttp {
    /// Who is asked; nobody, if not given.
    pub url: Option<ServiceUrl>,
    /// How often.
    pub poll: Span<3_600>,
}

impl LocationSettings {
    /// The configured point.
    pub fn coordinates(&self) -> Option<Coordinates> {
        Coordinates::new(self.latitude?.0, self.longitude?.0)
    }

    /// What single values cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let key = match (self.latitude, self.longitude) {
            (Some(_), None) => "location.longitude",
            (None, Some(_)) => "location.latitude",
            (Some(_), Some(_)) if self.coordinates().is_none() => {
                return Err(ConfigError::Value {
                    key: "location.latitude",
                    problem: "no point on Earth: -90 to 90 degrees north are wanted".to_owned(),
                });
            }
            _ => return Ok(()),
        };
        Err(ConfigError::Value {
            key,
            problem: "latitude and longitude are given together or not at all".to_owned(),
        })
    }
}

from_text!(Degrees, Country, Name, Address, Peer);

/// Whether something is told: it is, unless switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Telling(pub bool);

impl Default for Telling {
    fn default() -> Self {
        Self(true)
    }
}

/// An angle: -180 to 180 degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Degrees(pub f64);

impl FromStr for Degrees {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text
            .parse()
            .ok()
            .filter(|degrees| (-180.0..=180.0).contains(degrees));
        number
            .map(Self)
            .ok_or_else(|| format!("{text:?} is no number of degrees such as 59.3294 or -0.1278"))
    }
}

impl fmt::Display for Degrees {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A country, by ISO 3166-1's two letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country(pub String);

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fine = text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
        fine.then(|| Self(text.to_ascii_uppercase()))
            .ok_or_else(|| format!("{text:?} is no country of two letters such as SE"))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Quoted: YAML takes NO for false.
        write!(formatter, "{:?}", self.0)
    }
}

/// A name of up to 128 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fine = !text.is_empty() && text.len() <= 128 && !text.chars().any(char::is_control);
        fine.then(|| Self(text.to_owned()))
            .ok_or_else(|| format!("{text:?} is no name of 1 to 128 letters"))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

/// An address of the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text
            .parse()
            .map_err(|_| format!("{text:?} is no address such as 192.0.2.1 or 2001:db8::1"))?;
        if !crate::geo::is_public(address) {
            return Err(format!(
                "{address} is no public address, so no database knows where it is"
            ));
        }
        Ok(Self(address))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0)
    }
}

/// Another host and where it stands, as `name=latitude,longitude`.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub coordinates: Coordinates,
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no peer such as host2=59.3294,18.0687");
        let (name, place) = text.split_once('=').ok_or_else(wrong)?;
        let (latitude, longitude) = place.split_once(',').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
        let coordinates = Coordinates::new(number(latitude)?, number(longitude)?).ok_or_else(wrong)?;
        let name = name.trim().parse::<Name>().map_err(|_| wrong())?.0;
        Ok(Self { name, coordinates })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Coordinates { latitude, longitude } = self.coordinates;
        write!(formatter, "{}={latitude},{longitude}", self.name)
    }
}

/// Other hosts, at most 10,000.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct PeerList(#[serde(deserialize_with = "bounded")] pub Vec<Peer>);

/// More is a mistake.
pub(super) const MOST_PEERS: usize = 10_000;

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Peer>, D::Error> {
    let peers = Vec::<Peer>::deserialize(deserializer)?;
    if peers.len() > MOST_PEERS {
        return Err(D::Error::custom(format!("more than {MOST_PEERS} peers")));
    }
    Ok(peers)
}

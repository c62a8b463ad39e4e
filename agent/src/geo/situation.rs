//! What is known of the host's place: a value.

use serde::Serialize;

use super::Coordinates;
use super::Distance;
use super::Location;
use crate::sensor::Quality;
use crate::sensor::SensorState;

/// Where the host stands, and what is around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Situation {
    /// All places where it may stand.
    pub location: Location,
    /// The way to other hosts whose place is configured, in order of their names.
    pub distances: Vec<Distance>,
    /// Whether the host's peers are told where it stands.
    pub is_told: bool,
    /// What is wrong now.
    pub trouble: Option<Trouble>,
}

/// Why the place is not known, or not renewed, in a few words that are the same for the same trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The database is being read for the first time.
    Waiting,
    /// The host has no public address.
    NoAddress,
    /// The database knows none of them.
    Unknown,
    /// The database cannot be read.
    NoFile,
    /// The database is damaged.
    Broken,
    /// The database does not say where addresses are.
    Foreign,
    /// The interfaces cannot be read.
    NoInterfaces,
    /// The service for the public address does not answer, or not with a public address.
    NotTold,
}

impl Trouble {
    /// What is wrong: the label `reason` of `wattle_sensor_info`.
    pub fn reason(self) -> &'static str {
        self.words().0
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Waiting => ("the database is being read", ""),
            Self::NoAddress => (
                "the host has no public address",
                "give one with location.address, or the place with location.latitude and location.longitude",
            ),
            Self::Unknown => (
                "the database knows none of the host's addresses",
                "use another one, or give location.latitude and location.longitude",
            ),
            Self::NoFile => (
                "the database cannot be read",
                "check location.database and its permissions",
            ),
            Self::Broken => (
                "the database is damaged, what was found before stays",
                "download it again, unpacked",
            ),
            Self::Foreign => (
                "the database does not say where addresses are, what was found before stays",
                "use a City or Country database",
            ),
            Self::NoInterfaces => (
                "the addresses of the interfaces cannot be read",
                "check path.procfs",
            ),
            Self::NotTold => (
                "the service for the public address does not tell it",
                "check location.http.url",
            ),
        }
    }
}

/// As `/api/v1/location` and the command `location` show it.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'s> {
    places: &'s [super::Place],
    distances: Vec<&'s Distance>,
    opennebula: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'static str>,
}

impl Situation {
    /// The country where the host stands, if it is known.
    pub fn country(&self) -> Option<&str> {
        let country = &self.location.host()?.country;
        (!country.is_empty()).then_some(country)
    }

    /// Where exactly the host stands, if that is known.
    pub fn coordinates(&self) -> Option<Coordinates> {
        self.location.host()?.coordinates
    }

    /// The way to all hosts whose place is known: as configured, or else as they have `told` themselves.
    pub fn ways<'s>(
        &'s self,
        told: impl Iterator<Item = &'s Distance>,
    ) -> impl Iterator<Item = &'s Distance> {
        let told = told.filter(|way| self.configured(&way.peer).is_none());
        self.distances.iter().chain(told)
    }

    /// The way to a host whose place is configured.
    pub fn configured(&self, peer: &str) -> Option<&Distance> {
        let found = self.distances.binary_search_by(|way| way.peer.as_str().cmp(peer));
        self.distances.get(found.ok()?)
    }

    /// The situation as JSON, with the ways that other hosts have `told`.
    pub fn json<'s>(&'s self, told: impl Iterator<Item = &'s Distance>) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&Shown {
            places: &self.location.0,
            distances: self.ways(told).collect(),
            opennebula: self.location.opennebula(),
            trouble: self.trouble.map(Trouble::reason),
        })
    }

    /// The state of the sensor `location`.
    pub fn sensor(&self) -> SensorState {
        SensorState {
            sensor: "location".into(),
            source: self
                .location
                .host()
                .map_or("", |place| place.source.as_str())
                .into(),
            quality: Quality::Derived,
            up: self.location.host().is_some(),
            reason: self.trouble.map_or("", Trouble::reason).into(),
            advice: self.trouble.map_or("", Trouble::advice).into(),
            took: None,
        }
    }
}

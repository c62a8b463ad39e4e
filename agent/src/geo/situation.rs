//! What is known of the host's place: a value.

use serde::Serialize;

use super::Distance;
use super::Location;
use crate::sensor::Quality;
use crate::sensor::SensorState;

/// Where the host stands, and what is around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Situation {
    /// All places where it may stand.
    pub location: Location,
    /// The way to other hosts whose place is known.
    pub distances: Vec<Distance>,
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
    distances: &'s [Distance],
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

    /// The situation as JSON.
    pub fn json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec_pretty(&Shown {
            places: &self.location.0,
            distances: &self.distances,
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

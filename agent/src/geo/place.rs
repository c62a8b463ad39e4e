//! A place, and what is known of it.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

/// A point on the ground by WGS-84, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coordinates {
    /// North of the equator, -90 to 90.
    pub latitude: f64,
    /// East of Greenwich, -180 to 180.
    pub longitude: f64,
}

impl Coordinates {
    /// A point that there is on Earth; nothing otherwise.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude))
            .then_some(Self { latitude, longitude })
    }
}

/// As OpenNebula's attribute GEOLOCATION has it: four decimals, some ten metres.
impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero takes the sign off a negative zero.
        let [latitude, longitude] =
            [self.latitude, self.longitude].map(|degrees| (degrees * 1e4).round() / 1e4 + 0.0);
        write!(f, "{latitude:.4},{longitude:.4}")
    }
}

/// Where the knowledge of a place comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The configuration.
    Configuration,
    /// A database of addresses.
    Database,
    /// Another host, of itself.
    Peer,
}

impl Source {
    /// The value of the label `source`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Database => "database",
            Self::Peer => "peer",
        }
    }
}

/// What is known of a place. Texts are empty where nothing is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Where it is, if that is known more exactly than by country.
    #[serde(flatten)]
    pub coordinates: Option<Coordinates>,
    /// ISO 3166-1's two letters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// The city's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub city: String,
    /// The operator's own name of the site.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub site: String,
    /// Who says so.
    pub source: Source,
    /// The address that was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

/// All places where a host may stand, the most trusted first, which is the host's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location(pub Vec<Place>);

impl Location {
    /// Where the host stands.
    pub fn host(&self) -> Option<&Place> {
        self.0.first()
    }

    /// The text for OpenNebula's attribute GEOLOCATION: every known pair of coordinates once, in order, between spaces.
    pub fn opennebula(&self) -> String {
        let mut texts: Vec<String> = Vec::new();
        for coordinates in self.0.iter().filter_map(|place| place.coordinates) {
            let text = coordinates.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Place {
        Place {
            coordinates: Coordinates::new(latitude, longitude),
            country: String::new(),
            city: String::new(),
            site: String::new(),
            source: Source::Database,
            address: None,
        }
    }

    #[test]
    fn coordinates_are_on_earth() {
        assert!(Coordinates::new(90.0, -180.0).is_some());
        for (latitude, longitude) in [(90.1, 0.0), (0.0, 180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Coordinates::new(latitude, longitude), None);
        }
    }

    #[test]
    fn opennebula_gets_each_pair_of_coordinates_once_and_in_order() {
        let places = vec![
            at(59.3294, 18.0687),
            at(-0.000_01, 2.0),
            at(59.329_41, 18.068_69),
            at(200.0, 0.0),
        ];
        assert_eq!(Location(places).opennebula(), "59.3294,18.0687 0.0000,2.0000");
        assert_eq!(Location::default().opennebula(), "");
    }
}

//! What a database of addresses says of one of them.

use serde_json::Value;

use super::Coordinates;

/// Where each field stands in the layouts in use: those of MaxMind and DB-IP, which are nested, and the flat ones of ip-location-db and
/// others. The first that holds something counts.
const COUNTRY: [&str; 4] = [
    "/country/iso_code",
    "/country_code",
    "/registered_country/iso_code",
    "/country",
];
const CITY: [&str; 3] = ["/city/names/en", "/city/name", "/city"];
const LATITUDE: [&str; 3] = ["/location/latitude", "/latitude", "/lat"];
const LONGITUDE: [&str; 3] = ["/location/longitude", "/longitude", "/lon"];
/// Names of cities in other languages, if there is no English one.
const CITY_NAMES: &str = "/city/names";
/// No name of a city is longer, in bytes.
const LONGEST: usize = 128;

/// What is of use here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Record {
    pub(super) country: String,
    pub(super) city: String,
    pub(super) coordinates: Option<Coordinates>,
}

impl Record {
    /// Takes what is of use from a record of whatever layout; nothing if it does not say where.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let number = |places: &[&str]| places.iter().find_map(|place| number(value.pointer(place)?));
        let coordinates = number(&LATITUDE).zip(number(&LONGITUDE));
        let record = Self {
            country: country(value).unwrap_or_default(),
            city: city(value).unwrap_or_default(),
            coordinates: coordinates.and_then(|(latitude, longitude)| Coordinates::new(latitude, longitude)),
        };
        (record != Self::default()).then_some(record)
    }
}

/// Some layouts write numbers as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// ISO 3166-1 has two letters; anything else is no country.
fn country(value: &Value) -> Option<String> {
    let mut codes = COUNTRY.iter().filter_map(|place| value.pointer(place)?.as_str());
    let code =
        codes.find(|code| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_alphabetic()))?;
    Some(code.to_ascii_uppercase())
}

fn city(value: &Value) -> Option<String> {
    let english = CITY.iter().find_map(|place| value.pointer(place)?.as_str());
    let any = || {
        value
            .pointer(CITY_NAMES)?
            .as_object()?
            .values()
            .find_map(Value::as_str)
    };
    let name = english.or_else(any)?;
    let plain: String = name.chars().filter(|letter| !letter.is_control()).collect();
    Some(plain[..plain.floor_char_boundary(LONGEST)].to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(country: &str, city: &str, coordinates: Option<(f64, f64)>) -> Record {
        Record {
            country: country.to_owned(),
            city: city.to_owned(),
            coordinates: coordinates.and_then(|(latitude, longitude)| Coordinates::new(latitude, longitude)),
        }
    }

    #[test]
    fn each_layout_in_use_is_understood() {
        let linkoping = Some((58.4167, 15.6167));
        for (value, wanted) in [
            (
                json!({"country": {"iso_code": "SE"}, "city": {"names": {"de": "L", "en": "Linköping"}},
                       "location": {"latitude": 58.4167, "longitude": 15.6167, "accuracy_radius": 76}}),
                record("SE", "Linköping", linkoping),
            ),
            (
                json!({"country_code": "se", "city": "Linköping", "latitude": 58.4167, "longitude": 15.6167}),
                record("SE", "Linköping", linkoping),
            ),
            (
                json!({"country": "SE", "lat": "58.4167", "lon": "15.6167"}),
                record("SE", "", linkoping),
            ),
            (
                json!({"registered_country": {"iso_code": "US"}}),
                record("US", "", None),
            ),
            (
                json!({"country": {"iso_code": "JP"}, "city": {"names": {"ja": "東京"}}}),
                record("JP", "東京", None),
            ),
        ] {
            assert_eq!(Record::of(&value), Some(wanted), "{value}");
        }
    }

    #[test]
    fn what_is_no_place_is_nothing() {
        for value in [
            json!({}),
            json!([1, 2]),
            json!("SE"),
            json!({"country": {"iso_code": "Sweden"}}),
            json!({"country_code": "-"}),
            json!({"latitude": 91, "longitude": 0}),
            json!({"latitude": 1}),
            json!({"asn": 64512}),
        ] {
            assert_eq!(Record::of(&value), None, "{value}");
        }
    }

    #[test]
    fn a_hostile_name_is_cut_and_has_no_line_ends() {
        let value = json!({"city": format!("a\nb{}", "ö".repeat(500))});
        let record = Record::of(&value).unwrap();
        assert!(record.city.starts_with("abö") && record.city.len() <= LONGEST);
    }
}

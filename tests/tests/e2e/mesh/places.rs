//! Hosts that tell each other where they stand, and one that does not.

use super::host::Net;
use super::host::name;
use crate::e2e::exposition::Exposition;
use crate::e2e::patience::wait_until;

const STOCKHOLM: [&str; 4] = [
    "--location.latitude",
    "59.3294",
    "--location.longitude",
    "18.0687",
];
const PARIS: [&str; 4] = ["--location.latitude", "48.8566", "--location.longitude", "2.3522"];
/// Over the ground, in metres.
const BETWEEN: f64 = 1_546_000.0;

fn distance(scrape: &Exposition, peer: usize) -> Option<f64> {
    scrape.value(&format!("wattle_peer_distance_meters{{peer=\"{}\"}}", name(peer)))
}

#[test]
fn hosts_tell_each_other_where_they_stand_unless_they_do_not_want_to() {
    let net = match Net::new("wl", 3) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let claim = ["--trial.clock-bound", "1000"];
    let configured = format!("{}=59.3294,18.0687", name(2));
    let near = net.agent(
        0,
        &[&STOCKHOLM[..], &claim, &["--location.peers", &configured]].concat(),
    );
    let far = net.agent(1, &[&PARIS[..], &claim].concat());
    let silent = net.agent(
        2,
        &[&PARIS[..], &claim, &["--location.tell-peers", "false"]].concat(),
    );
    for host in [&near, &far] {
        host.after_answers(&name(2), 5);
    }
    for (host, peer) in [(&near, 1), (&far, 0), (&silent, 0), (&silent, 1)] {
        wait_until("the distance to a peer that tells", || {
            distance(&host.scrape(), peer).is_some()
        });
    }
    let seen = near.scrape();
    let told = distance(&seen, 1).unwrap();
    assert!((told - BETWEEN).abs() < 4000.0, "{told}");
    assert_eq!(distance(&far.scrape(), 0), Some(told), "as far as back");
    assert_eq!(distance(&seen, 2), Some(0.0), "what is configured counts");
    assert_eq!(distance(&far.scrape(), 2), None, "it does not tell");
    assert_eq!(distance(&silent.scrape(), 0), Some(told), "it listens though");
    let floor = seen.value(&format!(
        "wattle_peer_light_floor_seconds{{peer=\"{}\"}}",
        name(1)
    ));
    let stretch = seen.value(&format!(
        "wattle_peer_path_stretch_ratio{{peer=\"{}\",direction=\"to\"}}",
        name(1)
    ));
    assert!((0.007..0.008).contains(&floor.unwrap()), "{floor:?}");
    assert!(stretch.unwrap() > 0.0, "{stretch:?}");
    let location: serde_json::Value = serde_json::from_slice(&near.get("/api/v1/location").body).unwrap();
    let by: Vec<_> = location["distances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| &way["source"])
        .collect();
    assert_eq!(by, ["configuration", "peer"]);
}

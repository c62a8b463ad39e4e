//! Where the agent says that it stands.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use wattle_tests::fakehost::Spec;
use wattle_tests::mmdb;

use super::agent::Agent;
use super::agent::binary;
use super::agent::run;
use super::living::Living;
use super::patience::wait_until;
use super::skip;

fn database(dir: &Path, stockholm: f64) -> String {
    let networks = [
        ("8.8.8.0", 24, mmdb::city("SE", "Stockholm", stockholm, 18.0687)),
        ("1.1.1.0", 24, mmdb::city("AU", "Sydney", -33.8688, 151.2093)),
        ("2001:4860::", 32, mmdb::city("DE", "Frankfurt", 50.1109, 8.6821)),
        // Where a lie would send private addresses.
        ("10.0.0.0", 8, mmdb::city("XX", "Nowhere", 1.0, 1.0)),
        ("100.64.0.0", 10, mmdb::city("XX", "Nowhere", 1.0, 1.0)),
        ("fd00::", 8, mmdb::city("XX", "Nowhere", 1.0, 1.0)),
    ];
    let file = dir.join("city.mmdb");
    replace(&file, &mmdb::write("GeoLite2-City", 24, &networks));
    file.to_str().unwrap().to_owned()
}

/// As a program that downloads one should: in one step.
fn replace(file: &Path, content: &[u8]) {
    let next = file.with_extension("next");
    std::fs::write(&next, content).unwrap();
    std::fs::rename(next, file).unwrap();
}

/// Runs the agent in a network of its own, whose loopback device has these addresses.
fn located(addresses: &[&str], arguments: &str) -> Option<(i32, String)> {
    let add: String = addresses
        .iter()
        .map(|address| format!("ip addr add {address} dev lo && "))
        .collect();
    let script = format!(
        "ip link set lo up && {add} exec {} location {arguments}",
        binary().display()
    );
    let done = Command::new("unshare")
        .args(["--net", "--pid", "--fork", "--mount-proc", "sh", "-c", &script])
        .output()
        .ok()?;
    let code = done.status.code()?;
    assert!(code <= 1, "{}", String::from_utf8_lossy(&done.stderr));
    Some((code, String::from_utf8(done.stdout).unwrap().trim().to_owned()))
}

fn has_namespaces() -> bool {
    let tried = Command::new("unshare")
        .args(["--net", "--pid", "--fork", "--mount-proc", "ip", "link"])
        .output();
    skip::is_root() && tried.is_ok_and(|done| done.status.success())
}

#[test]
fn none_one_and_many_public_addresses_of_interfaces_are_looked_up() {
    if !has_namespaces() {
        skip!("needs root, unshare and ip (apt-get install util-linux iproute2), and network namespaces");
    }
    let dir = tempfile::tempdir().unwrap();
    let flags = format!(
        "--location.database {} --opennebula",
        database(dir.path(), 59.3294)
    );
    for (addresses, code, wanted) in [
        (&[][..], 1, ""),
        (
            &[
                "10.1.2.3/24",
                "100.64.0.1/32",
                "169.254.1.1/16",
                "fd00::1/64",
                "192.0.2.1/24",
            ],
            1,
            "",
        ),
        (&["8.8.8.8/32"], 0, "59.3294,18.0687"),
        (&["10.1.2.3/24", "2001:4860:4860::8888/128"], 0, "50.1109,8.6821"),
        (&["8.8.8.8/24", "8.8.8.9/24"], 0, "59.3294,18.0687"),
        (
            &[
                "1.1.1.1/32",
                "8.8.8.8/32",
                "9.9.9.9/32",
                "2001:4860:4860::8888/128",
            ],
            0,
            "-33.8688,151.2093 59.3294,18.0687 50.1109,8.6821",
        ),
    ] {
        let (found, text) = located(addresses, &flags).unwrap();
        assert_eq!((found, text.as_str()), (code, wanted), "{addresses:?}");
    }
    let more = format!("{flags} --location.address 2001:4860:4860::8888");
    let (_, text) = located(&["8.8.8.8/32"], &more).unwrap();
    assert_eq!(text, "50.1109,8.6821 59.3294,18.0687");
}

#[test]
fn what_is_configured_stands_before_what_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let database = database(dir.path(), 59.3294);
    let proc = nothing.path().to_str().unwrap();
    let located = |more: &[&str]| {
        let mut arguments = vec!["location", "--json", "--path.procfs", proc];
        arguments.extend(more);
        let done = run(&arguments);
        let page: Value = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code(), page)
    };
    let (code, page) = located(&[]);
    assert_eq!((code, &page["places"]), (Some(1), &json!([])));
    let found = ["--location.database", &database, "--location.address", "8.8.8.8"];
    let (code, page) = located(&found);
    assert_eq!(code, Some(0));
    assert_eq!(
        page["places"],
        json!([{"latitude": 59.3294, "longitude": 18.0687, "country": "SE", "city": "Stockholm", "source": "database", "address": "8.8.8.8"}])
    );
    let (_, page) = located(&[&found[..], &["--location.site", "hall 7"]].concat());
    assert_eq!(
        (&page["places"][0]["site"], &page["places"][0]["source"]),
        (&json!("hall 7"), &json!("database"))
    );
    let here = [
        "--location.latitude",
        "48.8566",
        "--location.longitude",
        "2.3522",
        "--location.country",
        "fr",
    ];
    let peers = ["--location.peers", "node2=59.3294,18.0687"];
    let (_, page) = located(&[&found[..], &here, &peers].concat());
    assert_eq!(
        page["places"][0],
        json!({"latitude": 48.8566, "longitude": 2.3522, "country": "FR", "source": "configuration"})
    );
    assert_eq!(page["places"][1]["country"], "SE");
    assert_eq!(page["opennebula"], "48.8566,2.3522 59.3294,18.0687");
    let meters = page["distances"][0]["meters"].as_f64().unwrap();
    assert!((1_540_000.0..1_550_000.0).contains(&meters), "{page}");
}

#[test]
fn impossible_places_are_refused_with_their_key() {
    for (flags, wanted) in [
        (
            &["--location.latitude", "59"][..],
            "location.longitude: latitude and longitude are given together",
        ),
        (
            &["--location.latitude", "95", "--location.longitude", "1"],
            "location.latitude: no point on Earth",
        ),
        (
            &["--location.country", "Sweden"],
            "--location.country: \"Sweden\" is no country",
        ),
        (
            &["--location.address", "10.0.0.1"],
            "--location.address: 10.0.0.1 is no public address",
        ),
        (
            &["--location.peers", "node2"],
            "--location.peers: \"node2\" is no peer",
        ),
    ] {
        let done = run(&[&["location"], flags].concat());
        let text = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && text.contains(wanted), "{text}");
    }
}

struct Here {
    agent: Agent,
    file: std::path::PathBuf,
    dir: TempDir,
    _host: Living,
    _state: TempDir,
}

impl Here {
    fn page(&self) -> Value {
        serde_json::from_slice(&self.agent.get("/api/v1/location").body).unwrap()
    }

    fn sensor(&self, reason: &str) -> bool {
        let scrape = self.agent.scrape();
        let mut infos = scrape.family("wattle_sensor_info");
        infos.any(|(labels, _)| labels.contains("sensor=\"location\"") && labels.contains(reason))
    }

    fn latitude(&self) -> Option<String> {
        self.agent
            .scrape()
            .get("wattle_host_latitude_degrees")
            .map(str::to_owned)
    }
}

/// A running agent that looks at its database each second.
fn here() -> Here {
    let (dir, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = Living::start(Spec::default());
    let file = database(dir.path(), 59.3294);
    let flags = [
        "--interval",
        "200ms",
        "--location.poll",
        "1s",
        "--location.address",
        "8.8.8.8",
        "--location.database",
        &file,
    ];
    let agent = Agent::start(state.path(), &host.flags(&flags));
    agent.wait_until_ready();
    Here {
        agent,
        file: file.into(),
        dir,
        _host: host,
        _state: state,
    }
}

#[test]
fn a_database_is_replaced_while_the_agent_runs_and_a_broken_one_changes_nothing() {
    let here = here();
    wait_until("the place", || here.latitude().as_deref() == Some("59.3294"));
    let labels = "{country=\"SE\",city=\"Stockholm\",site=\"\",source=\"database\"}";
    assert_eq!(
        here.agent
            .scrape()
            .get(&format!("wattle_host_location_info{labels}")),
        Some("1")
    );
    database(here.dir.path(), 60.5);
    wait_until("the other place", || here.latitude().as_deref() == Some("60.5"));
    let whole = std::fs::read(&here.file).unwrap();
    for broken in [&whole[..whole.len() / 2], b"", b"<html>not found</html>"] {
        replace(&here.file, broken);
        wait_until("the complaint", || here.sensor("damaged"));
        assert_eq!(here.latitude().as_deref(), Some("60.5"));
        assert_eq!(here.page()["opennebula"], "60.5000,18.0687");
        replace(&here.file, &whole);
        wait_until("its end", || !here.sensor("damaged"));
    }
    std::fs::remove_file(&here.file).unwrap();
    wait_until("the complaint", || here.sensor("cannot be read"));
    assert_eq!(here.latitude().as_deref(), Some("60.5"));
    assert_eq!(here.agent.get("/healthz").status, 200);
}

#[test]
fn without_configuration_there_is_no_location_no_carbon_and_no_error() {
    let state = tempfile::tempdir().unwrap();
    let host = Living::start(Spec::default());
    let agent = Agent::start(state.path(), &host.flags(&["--interval", "200ms"]));
    agent.wait_until_ready();
    let text = agent.get("/metrics").text();
    for word in ["location", "latitude", "carbon", "grid", "peer_distance"] {
        assert!(!text.contains(word), "{word}");
    }
    let page: Value = serde_json::from_slice(&agent.get("/api/v1/location").body).unwrap();
    assert_eq!(page, json!({"places": [], "distances": [], "opennebula": ""}));
    let log = agent.program.log();
    assert!(!log.contains("WARN") && !log.contains("ERROR"), "{log}");
}

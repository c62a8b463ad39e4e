//! The whole of it: three agents on three made-up hosts, a controller, and machines that go where the grid is cleanest.

use std::path::Path;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::living::Living;
use super::super::patience::wait_until;
use super::controller::Controller;
use super::controller::MISSING;
use super::controller::is_there;

/// An agent on a host of its own, whose grid has an intensity.
struct Place {
    agent: Agent,
    file: PathBuf,
    _host: Living,
    _dir: TempDir,
}

impl Place {
    fn new(grams: u32) -> Self {
        // Whose power is known from the first tick, if only as an estimate.
        let spec = Spec {
            hardware: Hardware::guest(),
            ..Spec::default()
        };
        let (host, dir) = (Living::start(spec), tempfile::tempdir().unwrap());
        let file = dir.path().join("agent.yaml");
        configure(&file, grams);
        let flags = host.flags(&["--config", file.to_str().unwrap()]);
        let agent = Agent::start(&dir.path().join("state"), &flags);
        Self {
            agent,
            file,
            _host: host,
            _dir: dir,
        }
    }

    fn set_grams(&self, grams: u32) {
        configure(&self.file, grams);
        self.agent.program.signal(Signal::SIGHUP);
    }
}

fn configure(file: &Path, grams: u32) {
    let text = format!("interval: 300ms\ncarbon: {{source: static, intensity: {grams}, zone: lab}}\n");
    std::fs::write(file, text).unwrap();
}

fn consumer(number: u32) -> String {
    format!("33333333-0000-4000-8000-{number:012}")
}

fn ask(number: u32) -> String {
    let machine = json!({"consumer": consumer(number), "resources": {"VCPU": 1, "MEMORY_MB": 64}});
    json!({"machines": [machine], "policy": "low-carbon"}).to_string()
}

/// Where a machine would go now.
fn pick(controller: &Controller) -> String {
    let reply = controller.send("POST", "/v1/simulate", &ask(99));
    let page: Value = serde_json::from_slice(&reply.body).unwrap();
    page["machines"][0]["host"].as_str().unwrap_or("none").to_owned()
}

fn wait_for_pick(controller: &Controller, host: &str) {
    wait_until(&format!("{host} to be picked"), || pick(controller) == host);
}

#[test]
fn machines_go_where_the_grid_is_cleanest_of_all_hosts_that_take_them() {
    if !is_there() {
        skip!("{MISSING}");
    }
    let places = [("one", 900), ("two", 100), ("three", 500)].map(|(name, grams)| (name, Place::new(grams)));
    let dir = tempfile::tempdir().unwrap();
    let targets: String = places
        .iter()
        .map(|(name, place)| {
            format!(
                "- {{targets: ['{}'], labels: {{host: {name}}}}}\n",
                place.agent.address
            )
        })
        .collect();
    std::fs::write(dir.path().join("agents.yaml"), targets).unwrap();
    let path = dir.path().display();
    let config = format!(
        "store: {{file: {path}/store}}\nfleet: {{file-sd: [{path}/agents.yaml], interval: 1s, silent-after: 3s}}\n"
    );
    let file = dir.path().join("controller.yaml");
    std::fs::write(&file, config).unwrap();
    let controller = Controller::start(&file);
    wait_until("three hosts with all their facts", || {
        let page = controller.get("/v1/hosts");
        let hosts = page["hosts"].as_array().unwrap();
        let known = |host: &Value| {
            host["grams_per_kwh"].is_number() && host["resources"]["VCPU"]["total"].is_number()
        };
        hosts.len() == 3 && hosts.iter().all(known)
    });
    wait_for_pick(&controller, "two");
    let reply = controller.send("POST", "/v1/schedule", &ask(1));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let page: Value = serde_json::from_slice(&reply.body).unwrap();
    let machine = &page["machines"][0];
    assert_eq!(machine["host"], "two");
    // A hundred grams for each kilowatt-hour of what it is predicted to draw.
    let (watts, grams) = (
        machine["watts"].as_f64().unwrap(),
        machine["grams_per_hour"].as_f64().unwrap(),
    );
    assert!(watts > 0.0 && (grams - watts / 10.0).abs() < 1e-9, "{machine}");
    // The carbon changes, a host is drained, an agent ends.
    let [(_, one), (_, two), (_, three)] = places;
    two.set_grams(9000);
    wait_for_pick(&controller, "three");
    assert_eq!(controller.send("POST", "/v1/hosts/three/drain", "").status, 200);
    wait_for_pick(&controller, "one");
    assert_eq!(controller.send("POST", "/v1/hosts/three/undrain", "").status, 200);
    wait_for_pick(&controller, "three");
    drop(three);
    wait_for_pick(&controller, "one");
    let silent = controller.get("/v1/hosts/three");
    assert_eq!(silent["standing"], "silent");
    assert!(silent["facts_age_seconds"].as_f64().unwrap() >= 3.0);
    // All claims add up, whoever is asked.
    assert_eq!(controller.send("POST", "/v1/schedule", &ask(2)).status, 200);
    let claims = controller.get("/v1/claims");
    let claims = claims["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 2);
    for claim in claims {
        let id = claim["consumer"].as_str().unwrap();
        let page = controller.get(&format!("/allocations/{id}"));
        assert_eq!(page["allocations"].as_object().unwrap().len(), 1);
        let (host, _) = claim["hosts"].as_object().unwrap().iter().next().unwrap();
        let uuid = controller.uuid(host).unwrap();
        assert_eq!(page["allocations"][&uuid]["resources"], claim["hosts"][host]);
    }
    drop(one);
}

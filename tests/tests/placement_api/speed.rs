//! How long it takes, beside the real Placement in the same run. Printed, not judged.

use std::time::Duration;

use serde_json::json;

use super::ask::Answer;
use super::ask::Ask;
use super::ours::Ours;
use super::real::MISSING;
use super::real::Real;
use super::world;
use crate::e2e::patience::now;
use crate::e2e::skip::note;

const QUERY: &str = "/allocation_candidates?resources=VCPU:1,MEMORY_MB:256,DISK_GB:1";
/// Asks for figures worth writing down, from a release build: it takes minutes.
const THOROUGH: &str = "WATTLE_PLACEMENT_SPEED";
/// How many hosts both have, in the routine run and in the thorough one, and how many the ledger has alone then.
const FEW: u64 = 50;
const MANY: u64 = 500;
const ALONE: u64 = 10_000;

/// The requests that make a host.
fn host(number: u64) -> [Ask; 2] {
    let uuid = world::provider(number);
    let make = Ask::new(39, "POST", "/resource_providers")
        .json(&json!({"name": format!("host {number}"), "uuid": uuid}));
    let inventories = json!({"VCPU": {"total": 64, "allocation_ratio": 4.0}, "MEMORY_MB": {"total": 262_144}, "DISK_GB": {"total": 2000}});
    let body = json!({"resource_provider_generation": 0, "inventories": inventories});
    [
        make,
        Ask::new(39, "PUT", format!("/resource_providers/{uuid}/inventories")).json(&body),
    ]
}

fn claim(number: u64) -> Ask {
    let resources = json!({"resources": {"VCPU": 1, "MEMORY_MB": 256, "DISK_GB": 1}});
    let body = json!({"allocations": {world::provider(number): resources}, "project_id": "p", "user_id": "u",
        "consumer_generation": null, "consumer_type": "INSTANCE"});
    Ask::new(39, "PUT", format!("/allocations/{}", world::consumer(number))).json(&body)
}

/// The median of several runs.
fn median(times: u64, mut run: impl FnMut(u64)) -> Duration {
    let mut taken: Vec<_> = (0..times)
        .map(|count| {
            let start = now();
            run(count);
            start.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[taken.len() / 2]
}

#[expect(clippy::print_stdout, reason = "it is there to be read")]
fn measure(who: &str, hosts: u64, times: u64, ask: impl Fn(&Ask) -> Answer) {
    let start = now();
    for made in (0..hosts).flat_map(host) {
        assert_eq!(ask(&made).status, 200, "{made:?}");
    }
    let registered = start.elapsed();
    let page = ask(&Ask::new(39, "GET", QUERY));
    assert_eq!(
        page.json()["allocation_requests"].as_array().unwrap().len() as u64,
        hosts
    );
    let candidates = median(times, |_| {
        assert_eq!(ask(&Ask::new(39, "GET", QUERY)).status, 200);
    });
    let ten = median(times, |_| {
        assert_eq!(ask(&Ask::new(39, "GET", format!("{QUERY}&limit=10"))).status, 200);
    });
    let claims = median(times, |count| assert_eq!(ask(&claim(count)).status, 204));
    println!(
        "{who:9} {hosts:6} hosts: registered in {registered:9.3?}; candidates {candidates:9.3?} ({} kB), ten of them {ten:9.3?}; one claim {claims:9.3?}",
        page.body.len() / 1000
    );
}

#[test]
fn candidates_and_claims_are_timed_beside_placement() {
    let thorough = std::env::var_os(THOROUGH).is_some();
    let hosts = if thorough { MANY } else { FEW };
    let ours = Ours::start();
    measure("in-process", hosts, 21, |asked| ours.ask(asked));
    if thorough {
        let ours = Ours::start();
        measure("in-process", ALONE, 21, |asked| ours.ask(asked));
    }
    let Some(real) = Real::start() else {
        return note(
            "all::placement_api::speed::candidates_and_claims_are_timed_beside_placement",
            MISSING,
        );
    };
    measure("Placement", hosts, 11, |asked| real.ask(asked));
}

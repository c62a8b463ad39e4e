//! Groups over time, by whom ever they are joined: one contract over both stores.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;
use serde_json::json;

use crate::etcd;
use crate::patience::wait_until;
use crate::served::Controller;
use crate::served::HOST;
use crate::served::consumer;
use crate::served::send;

const CLIENTS: usize = 24;
const ROOM: u32 = 20;
const HOSTS: usize = 3;

fn member(number: usize, affinity: &str) -> Value {
    json!({
        "machines": [{"consumer": consumer(number), "resources": {"VCPU": 1}, "groups": ["g"]}],
        "groups": [{"name": "g", "affinity": affinity}],
        "project": "p",
        "policy": "spread",
    })
}

/// Where a client is placed; nothing if there is no place. It asks until the answer is one that lasts.
fn joined(address: SocketAddr, number: usize, affinity: &str) -> Option<String> {
    loop {
        let reply = send(address, "POST", "/v1/schedule", &member(number, affinity));
        let page: Value = serde_json::from_slice(&reply.body).unwrap();
        match (reply.status, page["errors"][0]["code"].as_str()) {
            (200, _) => return Some(page["machines"][0]["host"].as_str().unwrap().to_owned()),
            (409, Some("wattle.no_place")) => return None,
            (409, Some("wattle.contended" | "wattle.refused")) => {}
            (status, code) => panic!("{status} {code:?}: {}", reply.text()),
        }
    }
}

/// All at once, each at one of the controllers in turn.
fn all_join(addresses: &[SocketAddr], affinity: &str) -> Vec<Option<String>> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let address = addresses[number % addresses.len()];
                scope.spawn(move || joined(address, number, affinity))
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn add_hosts(controller: &Controller) {
    controller.add_host(ROOM);
    for number in 1..HOSTS {
        let uuid = format!("11111111-0000-4000-8000-1{number:011}");
        let host = json!({"name": format!("more-{number}"), "uuid": uuid});
        assert_eq!(controller.send("POST", "/resource_providers", &host).status, 200);
        let inventories =
            json!({"resource_provider_generation": 0, "inventories": {"VCPU": {"total": ROOM}}});
        let target = format!("/resource_providers/{uuid}/inventories");
        assert_eq!(controller.send("PUT", &target, &inventories).status, 200);
    }
}

/// Gives everything back, each claim in another of the ways that there are.
fn release(controller: &Controller, told: &[Option<String>]) {
    for (number, _) in told.iter().enumerate().filter(|(_, host)| host.is_some()) {
        let id = consumer(number);
        let empty = json!({"allocations": {}, "project_id": "p", "user_id": "default", "consumer_generation": 1,
            "consumer_type": "INSTANCE"});
        let (method, target, body) = match number % 4 {
            0 => ("DELETE", format!("/v1/claims/{id}"), Value::Null),
            1 => ("DELETE", format!("/allocations/{id}"), Value::Null),
            2 => ("PUT", format!("/allocations/{id}"), empty),
            _ => ("POST", "/allocations".to_owned(), json!({ id: empty })),
        };
        let reply = controller.send(method, &target, &body);
        assert_eq!(reply.status, 204, "{method} {target}: {}", reply.text());
    }
}

fn groups_hold(controllers: &[&Controller]) {
    let addresses: Vec<_> = controllers.iter().map(|controller| controller.address).collect();
    add_hosts(controllers[0]);
    for controller in controllers {
        wait_until("all hosts everywhere", || {
            let page = controller.get("/v1/hosts");
            let hosts = page["hosts"].as_array().unwrap();
            hosts.len() == HOSTS
                && hosts
                    .iter()
                    .all(|host| host["resources"]["VCPU"]["total"] == ROOM)
        });
    }
    let told = all_join(&addresses, "apart");
    let placed: Vec<_> = told.iter().flatten().collect();
    let hosts: BTreeSet<_> = placed.iter().collect();
    assert_eq!((placed.len(), hosts.len()), (HOSTS, HOSTS), "{told:?}");
    // Who asks again is told the same, and whoever calls the group something else is told what it is.
    assert_eq!(all_join(&addresses, "apart"), told);
    let last = controllers[controllers.len() - 1];
    let otherwise = last.send("POST", "/v1/schedule", &member(CLIENTS, "together"));
    assert!(
        otherwise.status == 409 && otherwise.text().contains("wattle.group_differs"),
        "{}",
        otherwise.text()
    );
    release(last, &told);
    // A controller refuses by what it has heard.
    for controller in controllers {
        wait_until("no claims", || {
            controller.get("/v1/claims")["claims"] == json!([])
        });
    }

    let told = all_join(&addresses, "together");
    let placed: Vec<_> = told.iter().flatten().collect();
    let hosts: BTreeSet<_> = placed.iter().collect();
    assert_eq!((placed.len(), hosts.len()), (ROOM as usize, 1), "{told:?}");
    release(last, &told);
    wait_until("no claims", || last.get("/v1/claims")["claims"] == json!([]));
    assert_eq!(
        last.get(&format!("/resource_providers/{HOST}/usages"))["usages"]["VCPU"],
        0
    );
}

#[test]
fn a_group_is_kept_by_everybody_who_joins_it_at_once_in_a_store_in_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut controller = Controller::embedded(&dir);
    groups_hold(&[&controller]);
    // What was promised is there after a restart too.
    let first = joined(controller.address, 0, "apart").unwrap();
    controller.program.signal(nix::sys::signal::Signal::SIGKILL);
    controller.program.wait();
    let controller = Controller::embedded(&dir);
    let told = all_join(&[controller.address], "apart");
    assert_eq!(told[0], Some(first));
    assert_eq!(told.iter().flatten().collect::<BTreeSet<_>>().len(), HOSTS);
    assert_eq!(told.iter().flatten().count(), HOSTS);
}

#[test]
fn a_group_is_kept_by_everybody_who_joins_it_at_two_controllers_over_etcd() {
    if !etcd::is_there() {
        skip!("{}", etcd::MISSING);
    }
    let server = etcd::Server::start();
    let [first, second] = [(); 2].map(|()| Controller::over(&server));
    groups_hold(&[&first, &second]);
}

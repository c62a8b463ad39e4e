//! `POST /v1/schedule` as clients use it: many at once, two controllers, one of them killed.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use nix::sys::signal::Signal;
use serde_json::Value;
use serde_json::json;

use crate::client;
use crate::etcd;
use crate::patience::wait_until;
use crate::served::Controller;
use crate::served::HOST;
use crate::served::consumer;
use crate::served::send;

const CLIENTS: usize = 100;
/// Room for half of them, on two hosts.
const ROOM: u32 = 25;
const OTHER: &str = "11111111-0000-4000-8000-000000000002";

/// What a client was told in the end: its host, that there is no place, or nothing because nobody answers there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Host(String),
    NoPlace,
    Nothing,
}

fn one(number: usize) -> Value {
    json!({"machines": [{"consumer": consumer(number), "resources": {"VCPU": 1}}], "project": "burst"})
}

/// Asks until the answer is one that lasts. To ask again with the same consumer is always safe.
fn schedule_at(address: SocketAddr, number: usize) -> Told {
    loop {
        let Ok(reply) = catch_unwind(|| send(address, "POST", "/v1/schedule", &one(number))) else {
            return Told::Nothing;
        };
        let page: Value = serde_json::from_slice(&reply.body).unwrap();
        match (reply.status, page["errors"][0]["code"].as_str()) {
            (200, _) => return Told::Host(page["machines"][0]["host"].as_str().unwrap().to_owned()),
            (409, Some("wattle.no_place")) => return Told::NoPlace,
            (409, Some("wattle.contended" | "wattle.refused")) => {}
            (status, code) => panic!("{status} {code:?}: {}", reply.text()),
        }
    }
}

/// All at once, each at one of the controllers in turn; what each was told.
fn burst(addresses: &[SocketAddr], each: impl Fn() + Sync) -> Vec<Told> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (address, each) = (addresses[number % addresses.len()], &each);
                scope.spawn(move || {
                    let told = schedule_at(address, number);
                    each();
                    told
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn add_hosts(controller: &Controller) {
    controller.add_host(ROOM);
    let host = json!({"name": "two", "uuid": OTHER});
    assert_eq!(controller.send("POST", "/resource_providers", &host).status, 200);
    let inventories = json!({"resource_provider_generation": 0, "inventories": {"VCPU": {"total": ROOM}}});
    let target = format!("/resource_providers/{OTHER}/inventories");
    assert_eq!(controller.send("PUT", &target, &inventories).status, 200);
}

/// Who has a claim on which host, by the controller's own API.
fn claims(controller: &Controller) -> BTreeMap<String, String> {
    let page = controller.get("/v1/claims?limit=1000&project=burst");
    let claims = page["claims"].as_array().unwrap().iter();
    claims
        .map(|claim| {
            let hosts: Vec<_> = claim["hosts"].as_object().unwrap().keys().cloned().collect();
            assert_eq!(hosts.len(), 1, "{claim}");
            (claim["consumer"].as_str().unwrap().to_owned(), hosts[0].clone())
        })
        .collect()
}

/// Both hosts are full, and exactly those who were told so are where they were told.
fn assert_adds_up(controller: &Controller, told: &[Told]) {
    let placed = told.iter().enumerate().filter_map(|(number, told)| match told {
        Told::Host(host) => Some((consumer(number), host.clone())),
        Told::NoPlace | Told::Nothing => None,
    });
    let placed: BTreeMap<_, _> = placed.collect();
    assert_eq!(placed.len(), 2 * ROOM as usize);
    wait_until("every claim", || claims(controller).len() == placed.len());
    assert_eq!(claims(controller), placed);
    for uuid in [HOST, OTHER] {
        let usages = controller.get(&format!("/resource_providers/{uuid}/usages"));
        assert_eq!(usages["usages"]["VCPU"], ROOM);
        let page = controller.get(&format!("/v1/hosts/{uuid}"));
        assert_eq!(page["resources"]["VCPU"]["used"], ROOM);
        assert_eq!(page["consumers"], ROOM);
    }
}

#[test]
fn of_a_hundred_who_ask_for_the_last_places_as_many_get_one_as_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut controller = Controller::embedded(&dir);
    add_hosts(&controller);
    let told = burst(&[controller.address], || {});
    assert_adds_up(&controller, &told);
    let metrics = client::get(controller.address, "/metrics").text();
    for line in [
        "wattle_controller_decisions_total{outcome=\"placed\",policy=\"balanced\"} 50",
        "wattle_controller_refusals_total{rule=\"room\"}",
        "wattle_controller_decision_duration_seconds_count{outcome=\"placed\"} 50",
        "wattle_controller_requests_total{route=\"/v1/schedule\",status=\"200\"} 50",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    controller.program.signal(Signal::SIGKILL);
    controller.program.wait();
    let controller = Controller::embedded(&dir);
    assert_adds_up(&controller, &told);
    // Who asks again hears the same.
    assert_eq!(burst(&[controller.address], || {}), told);
}

#[test]
fn one_of_two_controllers_is_killed_in_the_middle_and_no_place_is_lost_or_given_twice() {
    if !etcd::is_there() {
        skip!("{}", etcd::MISSING);
    }
    let server = etcd::Server::start();
    let [mut first, second] = [(); 2].map(|()| Controller::over(&server));
    add_hosts(&first);
    wait_until("both hosts at the other controller", || {
        let page = second.get("/v1/hosts");
        let hosts = page["hosts"].as_array().unwrap();
        hosts.len() == 2
            && hosts
                .iter()
                .all(|host| host["resources"]["VCPU"]["total"] == ROOM)
    });
    let answered = AtomicUsize::new(0);
    let told = burst(&[first.address, second.address], || {
        if answered.fetch_add(1, Ordering::SeqCst) == 9 {
            first.program.signal(Signal::SIGKILL);
        }
    });
    first.program.wait();
    assert!(
        told.contains(&Told::Nothing),
        "it was killed too late to say anything"
    );
    // Who heard nothing asks the other one, and may hear that it has its place already.
    let told: Vec<_> = told
        .into_iter()
        .enumerate()
        .map(|(number, told)| match told {
            Told::Nothing => schedule_at(second.address, number),
            told => told,
        })
        .collect();
    assert_adds_up(&second, &told);
    let third = Controller::over(&server);
    assert_adds_up(&third, &told);
}

#[test]
fn what_happens_is_told_to_who_listens_and_again_to_who_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut controller = Controller::embedded(&dir);
    controller.add_host(8);
    let url = format!("http://{}", controller.address);
    let listen = |flags: &[&str]| {
        let mut command = crate::served::command();
        command.args(["events", "--json", "--url", &url]).args(flags);
        command.output().unwrap()
    };
    let listener = std::thread::scope(|scope| {
        let listener = scope.spawn(|| listen(&["--count", "3"]));
        wait_until("somebody who listens", || {
            let metrics = client::get(controller.address, "/metrics").text();
            metrics.contains("wattle_controller_event_listeners 1")
        });
        assert_eq!(
            send(controller.address, "POST", "/v1/schedule", &one(1)).status,
            200
        );
        let target = format!("/v1/claims/{}", consumer(1));
        assert_eq!(controller.send("DELETE", &target, &Value::Null).status, 204);
        let drained = controller.send("POST", "/v1/hosts/one/drain", &json!({}));
        assert_eq!(drained.status, 200);
        listener.join().unwrap()
    });
    let text = String::from_utf8(listener.stdout).unwrap();
    let heard: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let claim =
        json!({"event": "claim", "consumer": consumer(1), "hosts": ["one"], "from": [], "project": "burst"});
    let release = json!({"event": "release", "consumer": consumer(1), "from": ["one"]});
    let standing = json!({"event": "standing", "host": "one", "standing": "draining", "before": "ready"});
    for event in [&claim, &release, &standing] {
        assert!(heard.contains(event), "{event} is not in {text}");
    }
    // Back with an id that nobody knows: a gap. With that of the first event: all that came after it.
    let gap = listen(&["--count", "1", "--since", "0-1"]);
    assert_eq!(String::from_utf8(gap.stdout).unwrap(), "{\"event\":\"gap\"}\n");
    let mut people = crate::served::command();
    people.args(["events", "--count", "1", "--since", "0-1", "--url", &url]);
    let printed = String::from_utf8(people.output().unwrap().stdout).unwrap();
    let last = printed.split(' ').next().unwrap();
    let epoch = last.split('-').next().unwrap();
    let again = listen(&["--count", "2", "--since", &format!("{epoch}-1")]);
    let again = String::from_utf8(again.stdout).unwrap();
    assert_eq!(
        again.lines().collect::<Vec<_>>(),
        text.lines().skip(1).collect::<Vec<_>>()
    );
    // A stream does not keep the controller from ending.
    let mut command = crate::served::command();
    command.args(["events", "--since", "0-1", "--url", &url]);
    let mut listener = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(listener.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("events are missing"), "{line}");
    controller.program.signal(Signal::SIGTERM);
    assert_eq!(controller.program.wait().code(), Some(0));
    assert!(listener.wait().unwrap().success());
}

//! More machines than there is room for, and one controller of two that is killed while they come.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use nix::sys::signal::Signal;
use serde_json::Value;
use serde_json::json;

use super::controller::Controller;
use super::controller::send;
use super::ground::HOSTS;

/// More than the hosts have processors.
const CLIENTS: usize = 45;
/// So many have been answered when the controller is killed.
const BEFORE: usize = 8;

/// What a client was told in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Host(String),
    NoRoom,
    /// Nobody answers there any more.
    Nothing,
}

fn consumer(number: usize) -> String {
    format!("44444444-0000-4000-8000-{number:012}")
}

/// Asks until the answer is one that lasts.
fn schedule(address: SocketAddr, number: usize) -> Told {
    let machine = json!({"consumer": consumer(number), "resources": {"VCPU": 1}});
    let body = json!({"machines": [machine], "policy": "spread"}).to_string();
    loop {
        // Where nobody listens any more, the client of the tests panics.
        let Ok(reply) = catch_unwind(|| send(address, "POST", "/v1/schedule", &body)) else {
            return Told::Nothing;
        };
        let page: Value = serde_json::from_slice(&reply.body).unwrap();
        let code = page["errors"][0]["code"].as_str().unwrap_or_default();
        match (reply.status, code) {
            (200, _) => return Told::Host(page["machines"][0]["host"].as_str().unwrap().to_owned()),
            (409, "wattle.no_place") => return Told::NoRoom,
            (status, code) => assert!(status == 503 || code == "wattle.contended", "{status}: {page}"),
        }
    }
}

/// All at once, at both in turn; the first is killed while it answers. Whoever heard nothing asks the second. Returns who is where, as
/// they were told.
pub(super) fn with_one_killed(mut first: Controller, second: &Controller) -> BTreeMap<String, String> {
    let answered = AtomicUsize::new(0);
    let addresses = [first.address, second.address];
    let told: Vec<Told> = std::thread::scope(|scope| {
        let (first, answered) = (&first, &answered);
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                scope.spawn(move || {
                    let told = schedule(addresses[number % 2], number);
                    if answered.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE {
                        first.program.signal(Signal::SIGKILL);
                    }
                    told
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    first.program.wait();
    assert!(
        told.contains(&Told::Nothing),
        "it was killed too late to say anything"
    );
    let last = told.into_iter().enumerate().filter_map(|(number, told)| {
        let told = if told == Told::Nothing {
            schedule(second.address, number)
        } else {
            told
        };
        match told {
            Told::Host(host) => Some((consumer(number), host)),
            _ => None,
        }
    });
    last.collect()
}

/// Who has what where, by the controller's own list.
fn claims(controller: &Controller) -> BTreeMap<String, (String, u64)> {
    let page = controller.get("/v1/claims?limit=1000");
    let claims = page["claims"].as_array().unwrap().iter();
    let claims = claims.map(|claim| {
        let hosts = claim["hosts"].as_object().unwrap();
        assert_eq!(hosts.len(), 1, "{claim}");
        let (host, resources) = hosts.iter().next().unwrap();
        let consumer = claim["consumer"].as_str().unwrap().to_owned();
        (consumer, (host.clone(), resources["VCPU"].as_u64().unwrap()))
    });
    claims.collect()
}

/// The store holds exactly what clients were told, and the hosts are full: as a controller sees it that was not there.
pub(super) fn assert_adds_up(controller: &Controller, told: &BTreeMap<String, String>, settled: &Value) {
    let settled = &settled["machines"][0];
    let mut expected: BTreeMap<_, _> = told
        .iter()
        .map(|(consumer, host)| (consumer.clone(), (host.clone(), 1)))
        .collect();
    expected.insert(
        settled["consumer"].as_str().unwrap().to_owned(),
        (settled["host"].as_str().unwrap().to_owned(), 2),
    );
    assert_eq!(claims(controller), expected);
    for (name, figures) in HOSTS {
        let uuid = controller.uuid(name).unwrap();
        let used = controller.get(&format!("/resource_providers/{uuid}/usages"))["usages"]["VCPU"].as_u64();
        let claimed: u64 = expected
            .values()
            .filter_map(|(host, amount)| (host == name).then_some(amount))
            .sum();
        assert_eq!(used, Some(claimed), "{name}");
        assert_eq!(claimed, u64::from(figures.cpus), "{name}");
    }
}

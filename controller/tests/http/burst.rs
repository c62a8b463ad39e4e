//! A hundred clients that all want the last room.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::etcd;
use crate::patience::wait_until;
use crate::served::Controller;
use crate::served::HOST;
use crate::served::claim;
use crate::served::consumer;
use crate::served::send;

const CLIENTS: usize = 100;
/// Room for half of them.
const ROOM: u32 = 50;

/// What a client was told in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Yes,
    NoRoom,
    /// Nobody answers there any more.
    Nothing,
}

/// Claims until the answer is one that lasts.
fn claim_at(address: SocketAddr, number: usize) -> Told {
    let target = format!("/allocations/{}", consumer(number));
    loop {
        // Where nobody listens any more, the client of the tests panics.
        let Ok(reply) = catch_unwind(|| send(address, "PUT", &target, &claim())) else {
            return Told::Nothing;
        };
        match reply.status {
            204 => return Told::Yes,
            409 => {
                let body: Value = serde_json::from_slice(&reply.body).unwrap();
                let code = body["errors"][0]["code"].as_str().unwrap();
                if code != "placement.concurrent_update" {
                    return Told::NoRoom;
                }
                // Somebody else was faster, or this consumer has got it from the one that is gone.
                let page = send(address, "GET", &target, &Value::Null);
                let page: Value = serde_json::from_slice(&page.body).unwrap();
                if page["allocations"].get(HOST).is_some() {
                    return Told::Yes;
                }
            }
            status => panic!("{status}: {}", reply.text()),
        }
    }
}

/// All at once, each at one of the controllers in turn; what each was told.
fn burst(addresses: &[SocketAddr], each: impl Fn(Told) + Sync) -> Vec<Told> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (address, each) = (addresses[number % addresses.len()], &each);
                scope.spawn(move || {
                    let told = claim_at(address, number);
                    each(told);
                    told
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn winners(told: &[Told]) -> BTreeSet<String> {
    let all = told.iter().enumerate();
    all.filter(|(_, told)| **told == Told::Yes)
        .map(|(number, _)| consumer(number))
        .collect()
}

/// Who has something on the host.
fn holders(controller: &Controller) -> BTreeSet<String> {
    let page = controller.get(&format!("/resource_providers/{HOST}/allocations"));
    page["allocations"].as_object().unwrap().keys().cloned().collect()
}

/// The host is full, and exactly those who were told so are on it.
fn assert_adds_up(controller: &Controller, told: &[Told]) {
    assert_eq!(
        told.iter().filter(|told| **told == Told::Yes).count(),
        ROOM as usize
    );
    wait_until("every claim", || controller.used() == u64::from(ROOM));
    assert_eq!(holders(controller), winners(told));
}

#[test]
fn the_last_room_goes_to_as_many_as_fit_and_outlives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut controller = Controller::embedded(&dir);
    controller.add_host(ROOM);
    let told = burst(&[controller.address], |_| {});
    assert_adds_up(&controller, &told);
    controller.program.signal(Signal::SIGKILL);
    controller.program.wait();
    assert_adds_up(&Controller::embedded(&dir), &told);
}

#[test]
fn two_controllers_on_one_etcd_never_promise_the_same_room_twice() {
    if !etcd::is_there() {
        skip!("{}", etcd::MISSING);
    }
    let server = etcd::Server::start();
    let two = [(); 2].map(|()| Controller::over(&server));
    two[0].add_host(ROOM);
    wait_until("the host at the other controller", || {
        let reply = two[1].send(
            "GET",
            &format!("/resource_providers/{HOST}/inventories"),
            &Value::Null,
        );
        reply.status == 200 && reply.text().contains("VCPU")
    });
    let told = burst(&[two[0].address, two[1].address], |_| {});
    assert!(!told.contains(&Told::Nothing));
    for controller in &two {
        assert_adds_up(controller, &told);
    }
}

#[test]
fn what_a_controller_promised_before_it_was_killed_is_kept_by_the_other() {
    if !etcd::is_there() {
        skip!("{}", etcd::MISSING);
    }
    let server = etcd::Server::start();
    let [mut first, second] = [(); 2].map(|()| Controller::over(&server));
    first.add_host(ROOM);
    let answered = AtomicUsize::new(0);
    let told = burst(&[first.address, second.address], |_| {
        if answered.fetch_add(1, Ordering::SeqCst) == 9 {
            first.program.signal(Signal::SIGKILL);
        }
    });
    first.program.wait();
    let promised = winners(&told);
    assert!(
        told.contains(&Told::Nothing),
        "it was killed too late to say anything"
    );
    // Who heard nothing asks the other one.
    let told: Vec<_> = told
        .into_iter()
        .enumerate()
        .map(|(number, told)| match told {
            Told::Nothing => claim_at(second.address, number),
            told => told,
        })
        .collect();
    assert!(promised.is_subset(&winners(&told)));
    assert_adds_up(&second, &told);
}

//! Choosing and claiming together.

use std::sync::Arc;

use super::KnownHost;
use super::KnownHosts;
use super::Order;
use super::ScheduleError;
use super::Scheduled;
use super::schedule;
use super::schedule_many;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::PowerModel;
use crate::inventory::Wish;
use crate::placement::Machine;
use crate::placement::Policy;
use crate::placement::Request as Wanted;
use crate::placement::Standing;
use crate::placement_api::ChangeError;
use crate::placement_api::InMemory;
use crate::placement_api::Request;
use crate::placement_api::Service;

async fn put(service: &Service<InMemory>, method: &str, path: &str, body: String) {
    let request = Request {
        method,
        path,
        prefix: "",
        origin: "",
        query: "",
        api_version: Some("placement 1.39"),
        content_type: Some("application/json"),
        accept: None,
        body: body.as_bytes(),
        now: 0,
        random: 0,
    };
    let response = service.handle(&request).await;
    assert!(
        response.status < 300,
        "{}",
        String::from_utf8_lossy(&response.body)
    );
}

async fn service(hosts: u32, vcpus: u32) -> Service<InMemory> {
    let service = Service::open(InMemory::default()).await.unwrap();
    for number in 0..hosts {
        let uuid = format!("00000000-0000-4000-8000-{number:012}");
        put(
            &service,
            "POST",
            "/resource_providers",
            format!(r#"{{"name": "h{number}", "uuid": "{uuid}"}}"#),
        )
        .await;
        let path = format!("/resource_providers/{uuid}/inventories");
        let body = format!(
            r#"{{"resource_provider_generation": 0, "inventories": {{"VCPU": {{"total": {vcpus}}}}}}}"#
        );
        put(&service, "PUT", &path, body).await;
    }
    service
}

fn order(ids: &[String], vcpus: u64) -> Order {
    let machine = |id: &String| Machine {
        id: id.clone(),
        wish: Wish {
            resources: vec![("VCPU".to_owned(), vcpus)],
            ..Wish::default()
        },
        ..Machine::default()
    };
    Order {
        request: Wanted {
            machines: ids.iter().map(machine).collect(),
            ..Wanted::default()
        },
        policy: Policy::named("save-energy").unwrap(),
        project: "p".to_owned(),
        user: "u".to_owned(),
        kind: None,
    }
}

fn id(number: u32) -> String {
    format!("00000000-0000-4000-9000-{number:012}")
}

fn known(watts: [f64; 2]) -> KnownHosts {
    let host = |full_load_watts| {
        let model = PowerModel {
            static_watts: 10.0,
            full_load_watts,
        };
        let facts = HostFacts {
            power_model: Fact::now(model),
            cpus: Fact::now(8.0),
            ..HostFacts::default()
        };
        KnownHost {
            facts: Arc::new(facts),
            ..KnownHost::default()
        }
    };
    let named = watts
        .into_iter()
        .enumerate()
        .map(|(number, watts)| (format!("h{number}"), host(watts)));
    named.collect()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn place(scheduled: Scheduled) -> String {
    match scheduled {
        Scheduled::Placed(answer) => answer.decisions[0].chosen.as_ref().unwrap().host.to_string(),
        Scheduled::Held(hosts) => format!("held {}", hosts.join(" ")),
    }
}

#[test]
fn a_call_claims_and_a_repeated_one_says_where() {
    run(async {
        let service = service(2, 8).await;
        let mut hosts = known([500.0, 100.0]);
        let first = order(&[id(1)], 2);
        assert_eq!(place(schedule(&service, &hosts, &first, 0).await.unwrap()), "h1");
        assert_eq!(
            place(schedule(&service, &hosts, &first, 0).await.unwrap()),
            "held h1"
        );
        let other = schedule(&service, &hosts, &order(&[id(1)], 3), 0).await;
        assert!(matches!(
            other,
            Err(ChangeError::Refused(ScheduleError::Other(_)))
        ));
        hosts.get_mut("h1").unwrap().standing = Standing::Draining;
        assert_eq!(
            place(schedule(&service, &hosts, &order(&[id(2)], 2), 0).await.unwrap()),
            "h0"
        );
    });
}

#[test]
fn all_machines_are_claimed_or_none() {
    run(async {
        let service = service(2, 4).await;
        let hosts = known([100.0, 100.0]);
        let ids: Vec<String> = (0..5).map(id).collect();
        let refused = schedule(&service, &hosts, &order(&ids, 2), 0).await;
        assert!(
            matches!(refused, Err(ChangeError::Refused(ScheduleError::NoPlace(1, _)))),
            "{refused:?}"
        );
        assert!(service.ledger().consumer(&ids[0]).is_none());
        let placed = schedule(&service, &hosts, &order(&ids[..4], 2), 0).await.unwrap();
        assert!(matches!(placed, Scheduled::Placed(_)));
    });
}

#[test]
fn many_are_placed_beside_the_ledger_and_never_twice() {
    run(async {
        let service = Arc::new(service(2, 8).await);
        let hosts = Arc::new(known([100.0, 200.0]));
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..12 {
            let (service, hosts) = (Arc::clone(&service), Arc::clone(&hosts));
            calls.spawn(async move {
                // The first four ask for the same two machines.
                let first = if number < 4 { 0 } else { 2 * number };
                schedule_many(&service, &hosts, &order(&[id(first), id(first + 1)], 2), 0).await
            });
        }
        let told = calls.join_all().await;
        let placed = told
            .iter()
            .filter(|told| matches!(told, Ok(Scheduled::Placed(_))))
            .count();
        let held = told
            .iter()
            .filter(|told| matches!(told, Ok(Scheduled::Held(_))))
            .count();
        // Sixteen processors, and two machines of two in each call.
        assert!(placed == 4 && held <= 3, "{told:?}");
        let full = service
            .ledger()
            .providers()
            .all(|host| host.stocks()[0].1.used == 8);
        assert!(full);
        let refused = schedule_many(&service, &hosts, &order(&[id(90), id(91)], 2), 0).await;
        assert!(
            matches!(refused, Err(ChangeError::Refused(ScheduleError::NoPlace(2, _)))),
            "{refused:?}"
        );
    });
}

#[test]
fn the_last_room_is_claimed_once_however_many_ask() {
    run(async {
        let service = Arc::new(service(2, 8).await);
        let hosts = Arc::new(known([100.0, 200.0]));
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..40 {
            let (service, hosts) = (Arc::clone(&service), Arc::clone(&hosts));
            calls.spawn(async move {
                schedule(&service, &hosts, &order(&[id(number)], 2), 0)
                    .await
                    .is_ok()
            });
        }
        let placed = calls
            .join_all()
            .await
            .into_iter()
            .filter(|placed| *placed)
            .count();
        assert_eq!(placed, 8);
    });
}

//! What decisions cost: `cargo run --release -p wattle-controller --example schedule_bench -- DIR`.
//!
//! `DIR` is where the file of the embedded store is put, on the disk that is meant. A decision alone looks at all hosts and claims
//! nothing; to schedule is to decide, to claim and to have the claim on the disk.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people, that ends when something is wrong"
)]

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wattle_controller::facts::Fact;
use wattle_controller::facts::HostFacts;
use wattle_controller::facts::PowerModel;
use wattle_controller::inventory::Inventory;
use wattle_controller::inventory::Uuid;
use wattle_controller::inventory::Wish;
use wattle_controller::placement::Machine;
use wattle_controller::placement::Policy;
use wattle_controller::placement::Request;
use wattle_controller::placement_api::Service;
use wattle_controller::placement_api::Shared;
use wattle_controller::schedule::KnownHost;
use wattle_controller::schedule::KnownHosts;
use wattle_controller::schedule::Order;
use wattle_controller::schedule::schedule;
use wattle_controller::schedule::simulate;
use wattle_controller::store::Embedded;
use wattle_controller::store::EmbeddedOptions;

const ROUNDS: u32 = 200;

#[tokio::main]
async fn main() {
    let Some(dir) = std::env::args().nth(1).map(PathBuf::from) else {
        println!("schedule_bench DIR");
        return;
    };
    for hosts in [500, 10_000] {
        let file = dir.join("schedule-bench");
        measure(&file, hosts).await;
        std::fs::remove_file(&file).unwrap();
    }
}

async fn measure(file: &Path, hosts: u32) {
    let start = Instant::now();
    let options = EmbeddedOptions::new(Arc::new(move || start.elapsed()));
    let store = Arc::new(Embedded::open(file, options).await.unwrap());
    let service = Arc::new(Service::over(Shared(store)));
    for number in 0..hosts {
        add_host(&service, number).await;
    }
    let known: Arc<KnownHosts> = Arc::new(
        (0..hosts)
            .map(|number| (format!("h{number}"), about(number)))
            .collect(),
    );
    let begun = Instant::now();
    for number in 0..ROUNDS {
        let answer = simulate(&service.ledger(), &known, &order(number)).unwrap();
        assert!(answer.is_complete());
    }
    say(hosts, "decisions, one after the other", begun);
    let begun = Instant::now();
    for number in 0..ROUNDS {
        schedule(&service, &known, &order(number), 0).await.unwrap();
    }
    say(hosts, "scheduled, one after the other", begun);
    let begun = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    for number in ROUNDS..2 * ROUNDS {
        let (service, known) = (Arc::clone(&service), Arc::clone(&known));
        calls.spawn(async move { schedule(&service, &known, &order(number), 0).await.unwrap() });
    }
    calls.join_all().await;
    say(hosts, "scheduled, all at once", begun);
}

fn say(hosts: u32, what: &str, begun: Instant) {
    let each = begun.elapsed() / ROUNDS;
    let rate = 1.0 / each.as_secs_f64();
    println!(
        "{hosts:>6} hosts  {what:<32} {rate:>8.0}/s  {:>8.3} ms each",
        each.as_secs_f64() * 1e3
    );
}

async fn add_host(service: &Service<Shared>, number: u32) {
    let uuid = Uuid::from_bits(number.into());
    let id = uuid.to_string();
    let name = format!("h{number}");
    service
        .change(|ledger| ledger.plan_create_provider(uuid, &name, 0))
        .await
        .unwrap();
    for (class, total) in [("VCPU", 64), ("MEMORY_MB", 262_144)] {
        let added = service.change(|ledger| ledger.plan_add_inventory(&id, class, Inventory::of(total), 0));
        added.await.unwrap();
    }
}

fn about(number: u32) -> KnownHost {
    let facts = HostFacts {
        age: Some(Duration::from_secs(1)),
        power_model: Fact::now(PowerModel {
            static_watts: 100.0,
            full_load_watts: 300.0 + f64::from(number % 97),
        }),
        power_watts: Fact::now(120.0),
        cpus: Fact::now(64.0),
        utilisation: Fact::now(0.1),
        grams_per_kwh: Fact::now(f64::from(number % 700)),
        ..HostFacts::default()
    };
    KnownHost {
        facts: Arc::new(facts),
        ..KnownHost::default()
    }
}

fn order(number: u32) -> Order {
    let machine = Machine {
        id: Uuid::from_bits(1 << 64 | u128::from(number)).to_string(),
        wish: Wish {
            resources: vec![("VCPU".to_owned(), 2), ("MEMORY_MB".to_owned(), 2048)],
            ..Wish::default()
        },
        ..Machine::default()
    };
    Order {
        request: Request {
            machines: vec![machine],
            explain: Some(10),
            ..Request::default()
        },
        policy: Policy::named("balanced").unwrap(),
        project: "p".to_owned(),
        user: "u".to_owned(),
        kind: None,
    }
}

//! What a fleet costs: `cargo run --release -p wattle-controller --example fleet_bench -- PAGE [HOSTS]`.
//!
//! `PAGE` is what each of the agents says; they all listen at one address of this process. Printed are the time until all have been
//! asked and all their facts are on the board, the CPU of that (the agents' included), the time until all hosts are providers in a store in one
//! file, and the resident memory.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people, that ends when something is wrong"
)]

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::UsageWho;
use nix::sys::resource::getrusage;
use nix::sys::time::TimeValLike;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::Instant;
use wattle_controller::config;
use wattle_controller::fleet;
use wattle_controller::placement_api::Service;
use wattle_controller::placement_api::Shared;
use wattle_controller::store::Embedded;
use wattle_controller::store::EmbeddedOptions;
use wattle_controller::store::Store;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(page) = arguments.next() else {
        println!("fleet_bench PAGE [HOSTS]");
        return;
    };
    let page = std::fs::read_to_string(page).unwrap();
    let hosts = arguments.next().map_or(1000, |hosts| hosts.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("targets.yaml");
    std::fs::write(&file, targets(&agents(&page).await, hosts)).unwrap();
    let start = Instant::now();
    let options = EmbeddedOptions::new(Arc::new(move || start.elapsed()));
    let store: Arc<dyn Store> = Arc::new(Embedded::open(&dir.path().join("store"), options).await.unwrap());
    let service = Arc::new(Service::over(Shared(Arc::clone(&store))));
    let before = (resident(), processor_time());
    let settings = config::Fleet {
        file_sd: vec![file],
        interval: config::Span::seconds(60),
        ..config::Fleet::default()
    };
    let start = Instant::now();
    let fleet = fleet::start(&settings, &store, &service).await.unwrap();
    loop {
        let picture = fleet.board.picture();
        let heard = picture
            .reports
            .values()
            .filter(|report| report.age.is_some())
            .count();
        if heard == hosts {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("{hosts} hosts, a page of {} bytes each", page.len());
    println!(
        "asked, all facts on the board   {:>8.2} s",
        start.elapsed().as_secs_f64()
    );
    println!(
        "CPU of that, agents included    {:>8.2} s",
        (processor_time() - before.1).as_secs_f64()
    );
    println!(
        "memory for that                 {:>8} kB",
        resident().saturating_sub(before.0)
    );
    while service.ledger().providers().count() < hosts {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!(
        "all are providers after         {:>8.2} s",
        start.elapsed().as_secs_f64()
    );
    println!(
        "memory for all                  {:>8} kB",
        resident().saturating_sub(before.0)
    );
    println!("resident                        {:>8} kB", resident());
}

/// Answers every question with the same page.
async fn agents(page: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let length = page.len();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}");
    let answer: Arc<str> = answer.into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut request = [0; 2048];
                // Whoever has gone needs no answer.
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

fn targets(address: &str, hosts: usize) -> String {
    let mut text = String::new();
    for number in 0..hosts {
        writeln!(text, "- {{targets: ['{address}'], labels: {{host: h{number}}}}}").unwrap();
    }
    text
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn processor_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let all = usage.user_time() + usage.system_time();
    Duration::from_micros(u64::try_from(all.num_microseconds()).unwrap())
}

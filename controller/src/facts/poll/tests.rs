//! Turns, rounds and targets.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::PlainHttp;
use super::PollError;
use super::Rota;
use super::RoundOptions;
use super::Target;
use super::read_file_sd;
use super::round;
use crate::facts::HostMemory;

const PAGE: &str = include_str!("../../../../tests/golden/intel-two-sockets-dram.prom");
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn everybody_has_one_turn_in_every_interval_and_not_all_at_once() {
    let names: Vec<String> = (0..1000).map(|number| format!("host-{number}")).collect();
    let mut rota = Rota::new(10 * SECOND, 5000);
    rota.set_targets(names.iter().map(String::as_str), Duration::ZERO);
    assert_eq!(rota.start(Duration::ZERO).len(), 1000);
    for name in &names {
        rota.finished(name, Duration::ZERO);
    }
    let (mut asked, mut most) = (BTreeMap::<String, u32>::new(), 0);
    for tenth in 1..=300 {
        let now = SECOND * tenth / 10;
        let started = rota.start(now);
        most = most.max(started.len());
        for name in started {
            rota.finished(&name, now);
            *asked.entry(name).or_default() += 1;
        }
    }
    assert!(asked.len() == 1000 && asked.values().all(|count| *count == 3));
    assert!(most < 30, "{most} at once");
}

#[test]
fn a_slow_one_is_not_asked_twice_and_takes_one_place() {
    let mut rota = Rota::new(SECOND, 2);
    rota.set_targets(["a", "b", "c"].into_iter(), Duration::ZERO);
    assert_eq!(rota.start(Duration::ZERO), ["a", "b"]);
    assert_eq!(rota.next(), None);
    assert!(rota.start(9 * SECOND).is_empty());
    rota.finished("a", 9 * SECOND);
    assert_eq!(rota.start(9 * SECOND), ["c"]);
    rota.finished("c", 9 * SECOND);
    let next = rota.next().unwrap();
    assert!(next > 9 * SECOND && next <= 10 * SECOND);
    rota.set_targets(["a"].into_iter(), 9 * SECOND);
    assert_eq!(rota.start(20 * SECOND), ["a"]);
}

#[test]
fn a_file_of_targets_is_read_or_refused_whole() {
    let yaml = "- targets: ['10.0.0.1:8080', '[::1]:8080']\n  labels: {site: ber1}\n\
                - targets: ['x:1']\n  labels: {host: node7, __metrics_path__: /m}\n";
    let targets = read_file_sd(yaml).unwrap();
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["10.0.0.1", "::1", "node7"]);
    assert_eq!(
        (targets[2].path.as_str(), targets[0].labels["site"].as_str()),
        ("/m", "ber1")
    );
    assert_eq!(read_file_sd("[{\"targets\": [\"a:1\"]}]").unwrap().len(), 1);
    for bad in [
        "- targets: [a]",
        "- targets: ['a:99999']",
        "- targets: [':1']",
        "- targets: ['a b:1']",
        "x: 1",
    ] {
        assert!(read_file_sd(bad).is_err(), "{bad}");
    }
    let twice = read_file_sd("- targets: ['a:1', 'a:2']").unwrap_err();
    assert!(twice.to_string().contains("two hosts are called a"));
}

/// Answers every connection with the same bytes, or not at all.
async fn serve(answer: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(answer) = answer.clone() else {
                held.push(stream);
                continue;
            };
            tokio::spawn(async move {
                let mut request = [0; 2048];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

fn http(status: &str, body: &str) -> Option<String> {
    let length = body.len();
    Some(format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

fn target(name: String, address: &str) -> Target {
    Target {
        name,
        address: address.to_owned(),
        path: "/metrics".to_owned(),
        labels: BTreeMap::new(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn who_fails_or_hangs_is_told_and_holds_up_nobody() {
    runtime().block_on(async {
        let cut = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{}",
            "x".repeat(50)
        );
        let mut targets = vec![target("gone".to_owned(), "127.0.0.1:1")];
        for (name, answer) in [
            ("good", http("200 OK", "wattle_host_cpus 8\n")),
            ("busy", http("503 Service Unavailable", "")),
            ("moved", http("302 Found", "")),
            ("cut", Some(cut)),
            ("large", http("200 OK", &"#".repeat(5000))),
            ("hangs", None),
        ] {
            targets.push(target(name.to_owned(), &serve(answer).await));
        }
        let options = RoundOptions {
            most: 2,
            timeout: Duration::from_millis(300),
        };
        let mut told = BTreeMap::new();
        let fetch = Arc::new(PlainHttp { max_page: 4096 });
        round(&fetch, targets, options, |target, page| {
            let timed_out = matches!(page, Err(PollError::Timeout(_)));
            told.insert(
                target.name.clone(),
                (page.map_err(|error| error.to_string()), timed_out),
            );
        })
        .await;
        let failed: BTreeSet<&str> = told
            .iter()
            .filter(|(_, told)| told.0.is_err())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            failed,
            BTreeSet::from(["busy", "cut", "gone", "hangs", "large", "moved"])
        );
        assert!(told["hangs"].1 && !told["cut"].1);
        assert!(told["busy"].0.as_ref().unwrap_err().contains("503"));
    });
}

#[test]
#[ignore = "prints how long a round takes; nothing can fail"]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn how_long_a_thousand_agents_take() {
    runtime().block_on(async {
        let address = serve(http("200 OK", PAGE)).await;
        let fetch = Arc::new(PlainHttp::default());
        let mut memories: BTreeMap<String, HostMemory> = BTreeMap::new();
        for turn in 0..3 {
            let targets = (0..1000)
                .map(|number| target(format!("h{number}"), &address))
                .collect();
            let start = std::time::Instant::now();
            let mut pages = 0;
            round(&fetch, targets, RoundOptions::default(), |target, page| {
                let memory = memories.entry(target.name.clone()).or_default();
                memory.advance(SECOND * turn, &page.unwrap()).unwrap();
                pages += 1;
            })
            .await;
            println!(
                "{pages} pages of {} bytes fetched and read in {:?}",
                PAGE.len(),
                start.elapsed()
            );
        }
    });
}

//! kill -9 while it writes.

use std::io::BufRead;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;

use wattle_controller::store::Embedded;
use wattle_controller::store::Store;

use crate::homes::Home;
use crate::homes::options;
use crate::random::Random;
use crate::transactions::put;
use crate::transactions::text;
use crate::transactions::written;

/// Tells the test below that it is the child.
const FILE: &str = "WATTLE_STORE_WRITER";
const WRITERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_store_has_all_that_was_acknowledged_and_no_half() {
    let home = Home::new();
    let mut random = Random::new(9);
    let mut acknowledged = [0; WRITERS];
    for round in 0..25 {
        // The first rounds hit the making of the file.
        let lines = if round < 5 { round / 2 } else { random.below(120) };
        run_and_kill(&home, lines, &mut acknowledged);
        let store = home.open().await.unwrap();
        for (writer, last) in acknowledged.iter_mut().enumerate() {
            let number = |key: &str| {
                let key = format!("{key}/{writer}");
                let store = &store;
                async move {
                    text(store, &key)
                        .await
                        .map_or(0, |text| text.parse::<u64>().unwrap())
                }
            };
            let (left, right) = (number("left").await, number("right").await);
            assert_eq!(left, right, "half of a transaction, round {round}");
            assert!(left >= *last, "writer {writer} lost {last}, round {round}");
            assert!(left <= *last + 1, "more than was asked for, round {round}");
            *last = left;
        }
        store.close().await;
    }
    assert!(acknowledged.iter().sum::<u64>() > 0);
}

/// Reads so many acknowledgements, kills, and reads the rest.
fn run_and_kill(home: &Home, lines: usize, acknowledged: &mut [u64; WRITERS]) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::writer", "--ignored", "--nocapture"])
        .env(FILE, home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut read = 0;
    loop {
        if read == lines {
            child.kill().unwrap();
        }
        let Some(Ok(line)) = output.next() else { break };
        let Some(rest) = line.strip_prefix("made ") else {
            // The test harness talks too; the first round kills before that.
            continue;
        };
        // A line that was cut off by the end was not acknowledged.
        if let Some((writer, number)) = rest.strip_suffix('.').and_then(|rest| rest.split_once(' ')) {
            acknowledged[writer.parse::<usize>().unwrap()] = number.parse().unwrap();
        }
        read += 1;
    }
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is the child that the test above kills"]
async fn writer() {
    let path = PathBuf::from(std::env::var_os(FILE).unwrap());
    let store = Arc::new(Embedded::open(&path, options()).await.unwrap());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write_on(Arc::clone(&store) as Arc<dyn Store>, writer)))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn write_on(store: Arc<dyn Store>, writer: usize) {
    let (left, right) = (format!("left/{writer}"), format!("right/{writer}"));
    let mut number: u64 = text(&*store, &left).await.map_or(0, |text| text.parse().unwrap());
    loop {
        number += 1;
        let value = number.to_string();
        written(&*store, [put(&left, &value), put(&right, &value)]).await;
        println!("made {writer} {number}.");
    }
}

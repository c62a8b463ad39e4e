//! What the stores cost: `cargo run --release -p wattle-controller --example store_bench -- DIR [ETCD_URL]`.
//!
//! `DIR` is where the file is put, on the disk that is meant; beside it a bare loop of a write and an `fdatasync` shows what that disk
//! can do.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people, that ends when something is wrong"
)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wattle_controller::store::Change;
use wattle_controller::store::Embedded;
use wattle_controller::store::EmbeddedOptions;
use wattle_controller::store::Etcd;
use wattle_controller::store::EtcdOptions;
use wattle_controller::store::Store;
use wattle_controller::store::Transaction;

const ENTRIES: usize = 10_000;
const VALUE: usize = 2000;
const COMMITS: usize = 2000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(dir) = arguments.next().map(PathBuf::from) else {
        println!("store_bench DIR [ETCD_URL]");
        return;
    };
    println!("bare write and fdatasync      {:>8.0}/s", bare(&dir));
    let path = dir.join("store-bench");
    let start = Instant::now();
    let options = || EmbeddedOptions::new(Arc::new(move || start.elapsed()));
    let store = Arc::new(Embedded::open(&path, options()).await.unwrap());
    measure("embedded", &store).await;
    let length = std::fs::metadata(&path).unwrap().len();
    println!("embedded file                 {:>8} kB", length / 1024);
    Arc::into_inner(store).unwrap().close().await;
    let opening = Instant::now();
    Embedded::open(&path, options()).await.unwrap().close().await;
    println!("embedded open and check       {:>8.1} ms", milliseconds(opening));
    std::fs::remove_file(&path).unwrap();
    if let Some(url) = arguments.next() {
        let store = Arc::new(Etcd::new(&EtcdOptions::new([url])).unwrap());
        measure("etcd", &store).await;
    }
}

async fn measure(name: &str, store: &Arc<impl Store + 'static>) {
    let before = resident();
    for chunk in (0..ENTRIES).collect::<Vec<_>>().chunks(100) {
        let changes = chunk.iter().map(|n| put(&format!("entries/{n}"))).collect();
        commit(&**store, changes).await;
    }
    for tasks in [1, 16, 64] {
        let start = Instant::now();
        let mut running = Vec::new();
        for task in 0..tasks {
            let store = Arc::clone(store);
            running.push(tokio::spawn(async move {
                for n in 0..COMMITS / tasks {
                    let key = format!("entries/{}", (task * 997 + n * 31) % ENTRIES);
                    commit(&*store, vec![put(&key)]).await;
                }
            }));
        }
        for task in running {
            task.await.unwrap();
        }
        let rate = COMMITS as f64 / start.elapsed().as_secs_f64();
        println!("{name:8} commits, {tasks:>2} at once   {rate:>8.0}/s");
    }
    println!("{name:8} memory before listing {:>7} kB", resident() - before);
    let start = Instant::now();
    let listing = store.list("entries/").await.unwrap();
    let taken = milliseconds(start);
    println!(
        "{name:8} list of {:>6}        {taken:>8.1} ms",
        listing.entries.len()
    );
    println!("{name:8} memory with listing   {:>7} kB", resident() - before);
}

async fn commit(store: &impl Store, changes: Vec<Change>) {
    let transaction = Transaction {
        expect: Vec::new(),
        changes,
    };
    store.commit(transaction).await.unwrap();
}

fn put(key: &str) -> Change {
    Change {
        key: key.to_owned(),
        value: Some(vec![b'x'; VALUE]),
    }
}

fn bare(dir: &Path) -> f64 {
    const TIMES: u64 = 500;
    let path = dir.join("store-bench-bare");
    let file = File::create(&path).unwrap();
    let start = Instant::now();
    for n in 0..TIMES {
        file.write_all_at(&[0; 4096], n % 16 * 4096).unwrap();
        file.sync_data().unwrap();
    }
    let taken: Duration = start.elapsed();
    std::fs::remove_file(&path).unwrap();
    TIMES as f64 / taken.as_secs_f64()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Resident memory in kB (proc_pid_status(5)).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.unwrap().parse().unwrap()
}

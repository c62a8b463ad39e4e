//! Clients that are slow, idle or too many.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::client::connect;
use super::living::Living;

const IDLE: usize = 200;
const SLOW: usize = 10;
const MISSED: &str = "wattle_ticks_missed_total";

#[test]
fn idle_and_slow_clients_delay_neither_ticks_nor_scrapes() {
    let host = Living::start(Spec::default().with_mixture(5, 10));
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &host.flags(&["--interval", "500ms"]));
    agent.wait_until_ready();
    let before = agent.scrape().whole(MISSED);
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(agent.address)).collect();
    let slow: Vec<TcpStream> = (0..SLOW).map(|_| connect(agent.address)).collect();
    let over = Arc::new(AtomicBool::new(false));
    let ends = over.clone();
    let drip = std::thread::spawn(move || drip(slow, &ends));
    let after = agent.after_ticks(6);
    over.store(true, Ordering::Relaxed);
    drip.join().unwrap();
    drop(idle);
    assert_eq!(after.whole(MISSED), before);
    // No more than so many are kept at a time, and the oldest make room.
    let evicted = after.whole("wattle_http_evicted_connections_total");
    assert!(evicted > 0 && evicted < 2 * IDLE as u64, "{evicted}");
    assert_eq!(agent.get("/healthz").status, 200);
}

/// Sends a request byte by byte on each connection, and never its end.
fn drip(mut slow: Vec<TcpStream>, over: &AtomicBool) {
    let request = b"GET /metrics HTTP/1.1\r\nHost: test\r\nX: "
        .iter()
        .chain(std::iter::repeat(&b'x'));
    for byte in request {
        if over.load(Ordering::Relaxed) {
            return;
        }
        // The agent hangs up on some of them, and that is what it should do.
        slow.retain_mut(|stream| stream.write_all(&[*byte]).is_ok());
        std::thread::sleep(Duration::from_millis(50));
    }
}

//! How long a client is waited for. The clock of these tests is the runtime's own, which jumps to the next timer
//! when there is nothing to do.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio::time::sleep;

use super::client::GET;
use super::client::ask;
use super::client::hear;
use super::client::rest;
use super::house::BIG;
use super::house::House;

const SECOND: Duration = Duration::from_secs(1);
const GET_BIG: &str = "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";

/// Sends `text` one byte a second until the door has had enough, and says after how many seconds that was.
async fn drip(client: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), text: &str) -> u64 {
    let start = Instant::now();
    for byte in text.bytes() {
        if client.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(SECOND).await;
    }
    assert_eq!(rest(client).await, 0);
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_first_request_that_never_ends_is_waited_for_five_seconds() {
    let house = House::open();
    assert!((5..=6).contains(&drip(&mut house.visit(), GET).await));
    assert_eq!(house.tally().timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_waited_for_five_seconds() {
    let house = House::open();
    let start = Instant::now();
    rest(&mut house.visit()).await;
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(house.tally().timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn a_further_request_that_never_ends_is_waited_for_five_seconds() {
    let house = House::open();
    let mut client = house.visit();
    ask(&mut client, GET).await;
    sleep(30 * SECOND).await;
    assert!((5..=6).contains(&drip(&mut client, GET).await));
    assert_eq!(house.tally().timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn a_scraper_keeps_its_connection_from_minute_to_minute() {
    let house = House::open();
    let mut client = house.visit();
    for _ in 0..3 {
        assert_eq!(ask(&mut client, GET).await.status, 200);
        sleep(60 * SECOND).await;
    }
    assert_eq!((house.tally().accepted, house.tally().timed_out), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_and_held_against_nobody() {
    let house = House::open();
    let mut client = house.visit();
    ask(&mut client, GET).await;
    let start = Instant::now();
    rest(&mut client).await;
    assert_eq!(start.elapsed().as_secs(), 90);
    assert_eq!(house.tally().timed_out, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_off_after_ten_seconds() {
    let house = House::open();
    let mut client = house.visit_through(1024);
    client.write_all(GET_BIG.as_bytes()).await.unwrap();
    sleep(9 * SECOND).await;
    assert_eq!(house.tally().timed_out, 0);
    sleep(2 * SECOND).await;
    assert_eq!(house.tally().timed_out, 1);
    assert_eq!(rest(&mut client).await, 1024);
}

#[tokio::test(start_paused = true)]
async fn asking_on_without_reading_buys_no_time() {
    let house = House::open();
    let mut client = house.visit_through(1024);
    let start = Instant::now();
    while client.write_all(GET_BIG.as_bytes()).await.is_ok() {
        sleep(SECOND).await;
    }
    assert!(start.elapsed() <= 12 * SECOND, "{:?}", start.elapsed());
    assert_eq!(house.tally().timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_a_little_now_and_then_is_cut_off_after_a_minute() {
    let house = House::open();
    let mut client = house.visit_through(1024);
    client.write_all(GET_BIG.as_bytes()).await.unwrap();
    let start = Instant::now();
    let mut sip = [0; 512];
    while client.read_exact(&mut sip).await.is_ok() {
        sleep(5 * SECOND).await;
    }
    assert!(
        (60..=75).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(house.tally().timed_out, 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_that_keeps_reading_gets_its_answer() {
    let house = House::open();
    let mut client = house.visit_through(16 << 10);
    client.write_all(GET_BIG.as_bytes()).await.unwrap();
    let mut sip = [0; 8 << 10];
    for _ in 0..20 {
        client.read_exact(&mut sip).await.unwrap();
        sleep(2 * SECOND).await;
    }
    assert!(rest(&mut client).await > BIG - 20 * sip.len());
    assert_eq!(house.tally().timed_out, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_its_side_is_left_after_a_second() {
    let house = House::open();
    let mut client = house.visit();
    let start = Instant::now();
    ask(
        &mut client,
        "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    )
    .await;
    while client.write_all(b"x").await.is_ok() {
        sleep(SECOND / 4).await;
    }
    assert!(
        (1..=2).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(house.tally().timed_out, 0);
}

#[tokio::test(start_paused = true)]
async fn one_slow_client_holds_up_nobody_else() {
    let house = House::open();
    let mut slow = house.visit_through(1024);
    slow.write_all(GET_BIG.as_bytes()).await.unwrap();
    let mut other = house.visit();
    other.write_all(GET_BIG.as_bytes()).await.unwrap();
    assert_eq!(hear(&mut other).await.body.len(), BIG);
}

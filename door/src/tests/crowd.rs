//! Many clients, and the end.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use nix::libc::EMFILE;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::sleep;

use super::client::GET;
use super::client::ask;
use super::client::hear;
use super::client::rest;
use super::house::BIG;
use super::house::House;
use crate::Limits;
use crate::WebConfig;
use crate::listen;

fn small_house(connections: usize) -> House {
    House::with(
        Limits {
            connections,
            ..Limits::default()
        },
        WebConfig::open(None).unwrap(),
    )
}

#[tokio::test]
async fn in_a_full_room_the_newcomer_gets_the_place_of_the_oldest() {
    let house = small_house(2);
    let (mut first, mut second) = (house.visit(), house.visit());
    assert_eq!(ask(&mut first, GET).await.status, 200);
    assert_eq!(ask(&mut second, GET).await.status, 200);
    let mut third = house.visit();
    assert_eq!(ask(&mut third, GET).await.status, 200);
    assert_eq!(rest(&mut first).await, 0);
    assert_eq!(ask(&mut second, GET).await.status, 200);
    assert_eq!((house.tally().accepted, house.tally().evicted), (3, 1));
}

#[tokio::test]
async fn who_has_left_takes_no_place() {
    let house = small_house(2);
    let mut stays = house.visit();
    assert_eq!(ask(&mut stays, GET).await.status, 200);
    for _ in 0..5 {
        let mut goes = house.visit();
        assert_eq!(ask(&mut goes, GET).await.status, 200);
        goes.shutdown().await.unwrap();
        assert_eq!(rest(&mut goes).await, 0);
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&mut stays, GET).await.status, 200);
    assert_eq!(house.tally().evicted, 0);
}

#[tokio::test(start_paused = true)]
async fn a_scraper_gets_in_past_any_number_of_silent_connections() {
    let house = small_house(4);
    let silent: Vec<_> = (0..100).map(|_| house.visit()).collect();
    assert_eq!(ask(&mut house.visit(), GET).await.status, 200);
    assert_eq!(house.tally().evicted, 97);
    drop(silent);
}

#[tokio::test(start_paused = true)]
async fn without_descriptors_the_door_rests_between_attempts() {
    let house = House::open();
    let start = Instant::now();
    for _ in 0..5 {
        house.arrive(Err(io::Error::from_raw_os_error(EMFILE)));
    }
    let mut client = house.visit();
    assert_eq!(ask(&mut client, GET).await.status, 200);
    assert_eq!(start.elapsed(), 5 * Limits::default().exhausted);
    assert_eq!(house.tally().not_accepted, 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_left_the_queue_costs_no_rest() {
    let house = House::open();
    let start = Instant::now();
    house.arrive(Err(io::ErrorKind::ConnectionAborted.into()));
    assert_eq!(ask(&mut house.visit(), GET).await.status, 200);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_closing_door_lets_an_answer_under_way_end_and_closes_idle_connections() {
    let house = House::open();
    let (mut idle, mut busy) = (house.visit(), house.visit_through(1024));
    assert_eq!(ask(&mut idle, GET).await.status, 200);
    busy.write_all(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    // It has the beginning of its answer.
    busy.read_exact(&mut [0; 1]).await.unwrap();
    let start = Instant::now();
    let reads = async move {
        rest(&mut idle).await;
        drop(idle);
        rest(&mut busy).await
    };
    let (read, ()) = tokio::join!(reads, house.close());
    assert!(read > BIG);
    assert!(start.elapsed() < Limits::default().closing);
}

#[tokio::test(start_paused = true)]
async fn a_closing_door_does_not_wait_for_a_client_that_does_not_read() {
    let house = House::open();
    let mut stuck = house.visit_through(1024);
    stuck
        .write_all(b"GET /big HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    house.close().await;
    assert_eq!(start.elapsed(), Limits::default().closing);
    assert_eq!(rest(&mut stuck).await, 1024);
}

#[tokio::test]
async fn real_sockets_are_served_until_the_door_closes() {
    let house = House::open();
    let sockets: Vec<TcpListener> = listen(&["127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned()]).unwrap();
    let places: Vec<_> = sockets
        .iter()
        .map(|socket| socket.local_addr().unwrap())
        .collect();
    let (close, shutdown) = tokio::sync::oneshot::channel::<()>();
    let door = Arc::clone(&house.door);
    let serving = tokio::spawn(async move {
        door.serve(sockets, async { shutdown.await.unwrap_or_default() })
            .await
    });
    for place in places.iter().chain(&places) {
        let mut client = TcpStream::connect(place).await.unwrap();
        assert_eq!(ask(&mut client, GET).await.status, 200);
    }
    close.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(places[0]).await.is_err());
}

#[tokio::test]
async fn an_answer_survives_a_client_that_still_sends_through_a_real_socket() {
    let house = House::open();
    let sockets = listen(&["127.0.0.1:0".to_owned()]).unwrap();
    let place = sockets[0].local_addr().unwrap();
    let door = Arc::clone(&house.door);
    let serving = tokio::spawn(async move { door.serve(sockets, std::future::pending()).await });
    let mut client = TcpStream::connect(place).await.unwrap();
    client
        .write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n")
        .await
        .unwrap();
    client.write_all(&[b'x'; 30_000]).await.unwrap();
    assert_eq!(hear(&mut client).await.status, 405);
    serving.abort();
}

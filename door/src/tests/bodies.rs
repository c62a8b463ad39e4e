//! Bodies, honest ones and others.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::io::DuplexStream;

use super::client::ask;
use super::client::hear;
use super::client::rest;
use super::errands::Clerk;
use super::errands::MOST;
use super::errands::house;
use super::house::House;
use crate::Limits;

fn head(more: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: h\r\n{more}\r\n\r\n")
}

async fn sent(house: &House, text: &str) -> DuplexStream {
    let mut client = house.visit();
    client.write_all(text.as_bytes()).await.unwrap();
    client
}

#[tokio::test]
async fn a_body_comes_in_whole_and_the_connection_goes_on() {
    let house = house(&Clerk::new(), Limits::default());
    let mut client = house.visit();
    for text in [
        head("Content-Length: 5") + "hello",
        head("Transfer-Encoding: chunked") + "2\r\nhe\r\n3;note=x\r\nllo\r\n0\r\n\r\n",
    ] {
        let heard = ask(&mut client, &text).await;
        assert_eq!((heard.status, heard.text()), (201, "POST hello"));
    }
    let longest = "x".repeat(MOST);
    let text = head(&format!("Content-Length: {MOST}")) + &longest;
    assert_eq!(ask(&mut client, &text).await.status, 201);
}

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let house = house(&Clerk::new(), Limits::default());
    for more in [
        "Content-Length: 10000000",
        "Content-Length: 10000000\r\nExpect: 100-continue",
    ] {
        let mut client = sent(&house, &head(more)).await;
        let heard = hear(&mut client).await;
        assert_eq!(heard.status, 413, "{}", heard.text());
        assert_eq!(heard.header("connection"), Some("close"));
        assert_eq!(rest(&mut client).await, 0);
    }
}

#[tokio::test]
async fn who_is_asked_to_wait_is_told_to_go_on_only_if_the_body_is_wanted() {
    let house = house(&Clerk::new(), Limits::default());
    let mut client = sent(&house, &head("Content-Length: 5\r\nExpect: 100-continue")).await;
    assert_eq!(super::client::hear_head(&mut client).await.status, 100);
    client.write_all(b"hello").await.unwrap();
    assert_eq!(hear(&mut client).await.text(), "POST hello");
    let text = head("Content-Length: 5\r\nExpect: 100-continue").replace("/echo", "/forbidden");
    let mut client = sent(&house, &text).await;
    assert_eq!(hear(&mut client).await.status, 403);
}

#[tokio::test]
async fn chunks_without_end_are_refused_when_there_are_too_many() {
    let house = house(&Clerk::new(), Limits::default());
    let chunk = format!("{:x}\r\n{}\r\n", MOST / 2, "x".repeat(MOST / 2));
    let text = head("Transfer-Encoding: chunked") + &chunk.repeat(3);
    assert_eq!(hear(&mut sent(&house, &text).await).await.status, 413);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_in_is_given_up() {
    let house = house(&Clerk::new(), Limits::default());
    let mut client = sent(&house, &head("Content-Length: 900")).await;
    let trickle = async {
        for _ in 0..100 {
            let _ = client.write_all(b"x").await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            if house.tally().answers == [(408, 1)] {
                return true;
            }
        }
        false
    };
    assert!(trickle.await);
    assert_eq!(hear(&mut client).await.status, 408);
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_no_body() {
    let house = house(&Clerk::new(), Limits::default());
    for text in [
        head("Content-Length: 10") + "half",
        head("Transfer-Encoding: chunked") + "zz\r\nhello\r\n0\r\n\r\n",
        head("Transfer-Encoding: chunked") + "5\r\nhel",
    ] {
        let mut client = sent(&house, &text).await;
        client.shutdown().await.unwrap();
        let heard = hear(&mut client).await;
        assert_eq!(heard.status, 400, "{text:?}");
    }
    assert!(house.tally().answers.iter().all(|(status, _)| *status == 400));
}

#[tokio::test]
async fn lengths_that_contradict_one_another_never_let_a_second_request_through() {
    let house = house(&Clerk::new(), Limits::default());
    let smuggled = "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
    for more in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: -5",
        "Content-Length: 5x",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: gzip",
    ] {
        let mut client = sent(&house, &(head(more) + "hello" + smuggled)).await;
        let heard = hear(&mut client).await;
        assert_eq!(heard.status, 400, "{more}");
        assert_eq!(rest(&mut client).await, 0, "{more}");
    }
    let mut client = sent(&house, &(head("Content-Length: 5") + "hello, and more\r\n\r\n")).await;
    assert_eq!(hear(&mut client).await.status, 201);
    assert_eq!(hear(&mut client).await.status, 400);
}

#[tokio::test]
async fn bodies_share_a_bounded_memory() {
    let limits = Limits {
        bodies: 1 << 10,
        ..Limits::default()
    };
    let house = house(&Clerk::new(), limits);
    let mut first = sent(&house, &head("Content-Length: 900\r\nExpect: 100-continue")).await;
    assert_eq!(super::client::hear_head(&mut first).await.status, 100);
    assert_eq!(
        hear(&mut sent(&house, &head("Content-Length: 900")).await)
            .await
            .status,
        503
    );
    first.write_all(&[b'x'; 900]).await.unwrap();
    assert_eq!(hear(&mut first).await.status, 201);
}

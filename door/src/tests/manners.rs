//! The rules of the protocol.

use tokio::io::AsyncWriteExt;

use super::client::GET;
use super::client::Heard;
use super::client::ask;
use super::client::hear;
use super::client::hear_head;
use super::client::rest;
use super::house::House;

fn request(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n")
}

#[tokio::test]
async fn an_answer_carries_the_headers_that_keep_it_from_being_misread() {
    let house = House::open();
    let heard = ask(&mut house.visit(), GET).await;
    assert_eq!((heard.status, heard.text()), (200, "up 1\n"));
    let wanted = [
        ("content-type", "text/plain; version=0.0.4"),
        ("content-length", "5"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("vary", "Accept, Accept-Encoding"),
    ];
    for (name, value) in wanted {
        assert_eq!(heard.header(name), Some(value), "{name}");
    }
    let packed = ask(&mut house.visit(), &request("GET", "/packed")).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn a_body_that_the_client_has_is_not_sent_again() {
    let house = House::open();
    let mut client = house.visit();
    let whole = ask(&mut client, &request("GET", "/named")).await;
    assert_eq!((whole.status, whole.text()), (200, "the same"));
    assert_eq!(whole.header("referrer-policy"), Some("no-referrer"));
    let tag = whole.header("etag").unwrap();
    let again = format!("GET /named HTTP/1.1\r\nHost: h\r\nIf-None-Match: {tag}\r\n\r\n");
    client.write_all(again.as_bytes()).await.unwrap();
    let known = hear_head(&mut client).await;
    assert_eq!((known.status, known.header("etag")), (304, Some(tag)));
    // What follows is the next answer, not a body.
    assert_eq!(ask(&mut client, GET).await.text(), "up 1\n");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let house = House::open();
    let mut client = house.visit();
    let undated = |heard: &Heard| -> Vec<_> {
        heard
            .headers
            .iter()
            .filter(|(name, _)| name != "date")
            .cloned()
            .collect()
    };
    let get = ask(&mut client, GET).await;
    client
        .write_all(request("HEAD", "/metrics").as_bytes())
        .await
        .unwrap();
    let head = hear_head(&mut client).await;
    assert_eq!((head.status, undated(&head)), (get.status, undated(&get)));
    // What follows is the next answer, not a body.
    assert_eq!(ask(&mut client, GET).await.status, 200);
}

#[tokio::test]
async fn the_site_is_told_path_query_and_joined_headers() {
    let house = House::open();
    let text = "GET http://h/question?a=b&c HTTP/1.1\r\nHost: h\r\nAccept: a/b\r\nAccept: c/d;q=0.5\r\n\r\n";
    let heard = ask(&mut house.visit(), text).await;
    let wanted = "Question { path: \"/question\", query: Some(\"a=b&c\"), accept: Some(\"a/b, c/d;q=0.5\"), \
                  accept_encoding: None }";
    assert_eq!(heard.text(), wanted);
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let house = House::open();
    let long = format!("/{}", "x".repeat(5000));
    let table = [
        (request("GET", "/nothing"), 404),
        (request("DELETE", "/metrics"), 405),
        (request("OPTIONS", "*"), 405),
        (request("GET", "*"), 400),
        (request("GET", "h:80"), 400),
        (request("GET", &long), 414),
        ("GET /metrics HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("what is this\r\n\r\n".to_owned(), 400),
        (
            format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(17 << 10)),
            431,
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: x\r\n".repeat(200)),
            431,
        ),
    ];
    for (text, status) in &table {
        let mut client = house.visit();
        client.write_all(text.as_bytes()).await.unwrap();
        assert_eq!(hear_head(&mut client).await.status, *status, "{text:.60}");
    }
    let answers = house.tally().answers;
    assert_eq!(answers, [(400, 4), (404, 1), (405, 2), (414, 1), (431, 2)]);
}

#[tokio::test]
async fn another_method_is_told_which_there_are_and_its_body_is_not_waited_for() {
    let house = House::open();
    let mut client = house.visit();
    let heard = ask(
        &mut client,
        "POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\nbegin",
    )
    .await;
    assert_eq!((heard.status, heard.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(heard.header("connection"), Some("close"));
    // What the client still sends is taken, so that its network does not lose the answer to a reset.
    client.write_all(&[b'x'; 39_995]).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, 0);
}

#[tokio::test]
async fn a_get_with_a_body_is_answered_and_its_connection_closed() {
    let house = House::open();
    let mut client = house.visit();
    let heard = ask(
        &mut client,
        "GET /metrics HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    )
    .await;
    assert_eq!((heard.status, heard.header("connection")), (200, Some("close")));
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, 0);
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_order() {
    let house = House::open();
    let mut client = house.visit();
    let text = [GET, &request("GET", "/nothing"), &request("GET", "/big"), GET].concat();
    client.write_all(text.as_bytes()).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(hear(&mut client).await.status);
    }
    assert_eq!(statuses, [200, 404, 200, 200]);
}

#[tokio::test]
async fn a_client_that_closes_its_side_after_asking_is_answered() {
    let house = House::open();
    let mut client = house.visit();
    client.write_all(GET.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(hear(&mut client).await.status, 200);
    assert_eq!(rest(&mut client).await, 0);
}

#[tokio::test]
async fn a_client_of_http_1_0_is_answered_and_its_connection_closed() {
    let house = House::open();
    let mut client = house.visit();
    assert_eq!(
        ask(&mut client, "GET /metrics HTTP/1.0\r\n\r\n").await.status,
        200
    );
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, 0);
}

#[tokio::test]
async fn a_panic_in_the_site_is_one_clients_500() {
    let house = House::open();
    let (mut first, mut second) = (house.visit(), house.visit());
    assert_eq!(ask(&mut first, &request("GET", "/panic")).await.status, 500);
    assert_eq!(ask(&mut second, GET).await.status, 200);
    assert_eq!(ask(&mut first, GET).await.status, 200);
}

//! An office: who may have how much done at once, and what becomes of an answer that takes time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header;
use hyper::header::HeaderValue;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use super::client::Heard;
use super::client::ask;
use super::client::hear;
use super::client::hear_head;
use super::house::House;
use super::pki::Pki;
use super::pki::SERVER;
use crate::Answer;
use crate::Answering;
use crate::Errand;
use crate::Head;
use crate::Limits;
use crate::Office;
use crate::Reply;
use crate::StatusCode;
use crate::WebConfig;

/// Bodies are read up to this length.
pub(super) const MOST: usize = 1000;

/// An office whose slow answers are given when the test says so.
pub(super) struct Clerk {
    pub(super) begun: Semaphore,
    pub(super) allowed: Semaphore,
    pub(super) ended: Semaphore,
    pub(super) stream_closed: Notify,
}

impl Clerk {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Semaphore::new(0),
            allowed: Semaphore::new(0),
            ended: Semaphore::new(0),
            stream_closed: Notify::new(),
        })
    }

    async fn slowly(&self) -> Reply {
        self.begun.add_permits(1);
        self.allowed.acquire().await.unwrap().forget();
        self.ended.add_permits(1);
        Answer::text(StatusCode::OK, "done").into()
    }

    fn stream(self: Arc<Self>) -> Reply {
        let (sender, pieces) = mpsc::channel(1);
        tokio::spawn(async move {
            for number in 0.. {
                if sender
                    .send(Bytes::from(format!("data: {number}\n\n")))
                    .await
                    .is_err()
                {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
            self.stream_closed.notify_one();
        });
        Reply::flowing("text/event-stream", pieces)
    }
}

impl Office for Clerk {
    fn receive(&self, head: &Head) -> Result<usize, Box<Reply>> {
        match head.path() {
            "/forbidden" => Err(Box::new(Answer::text(StatusCode::FORBIDDEN, "not you\n").into())),
            _ => Ok(MOST),
        }
    }

    fn answer(self: Arc<Self>, errand: Errand) -> Answering {
        Box::pin(async move {
            match errand.head.path() {
                "/echo" => {
                    let text = format!("{} {}", errand.head.method, errand.body.escape_ascii());
                    Reply::new(StatusCode::CREATED, text)
                        .with(header::LOCATION, HeaderValue::from_static("/there"))
                }
                "/visitor" => Reply::new(StatusCode::OK, format!("{:?}", errand.head.visitor)),
                "/slow" => self.slowly().await,
                "/stream" => self.stream(),
                "/panic" => panic!("the office has a bug"),
                _ => Answer::not_found().into(),
            }
        })
    }
}

pub(super) fn house(clerk: &Arc<Clerk>, limits: Limits) -> House {
    House::with_office(clerk.clone(), limits, WebConfig::open(None).unwrap())
}

fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n")
}

async fn said(house: &House, text: &str) -> Heard {
    ask(&mut house.visit(), text).await
}

#[tokio::test]
async fn any_method_is_answered_with_headers_of_the_office() {
    let house = house(&Clerk::new(), Limits::default());
    for method in ["GET", "PUT", "DELETE", "PATCH", "MADEUP"] {
        let heard = said(&house, &request(method, "/echo")).await;
        assert_eq!((heard.status, heard.text()), (201, format!("{method} ").as_str()));
        assert_eq!(heard.header("location"), Some("/there"));
        assert_eq!(heard.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(heard.header("content-type"), None);
    }
    assert_eq!(said(&house, &request("GET", "/nothing")).await.status, 404);
    assert_eq!(said(&house, &request("OPTIONS", "*")).await.status, 400);
    assert_eq!(house.tally().answers, [(201, 5), (400, 1), (404, 1)]);
}

#[tokio::test]
async fn a_panic_is_one_clients_500() {
    let house = house(&Clerk::new(), Limits::default());
    assert_eq!(said(&house, &request("GET", "/panic")).await.status, 500);
    assert_eq!(said(&house, &request("GET", "/echo")).await.status, 201);
}

#[tokio::test]
async fn no_more_than_so_many_are_answered_at_once_and_the_next_gets_the_first_free_place() {
    let limits = Limits {
        errands: 2,
        ..Limits::default()
    };
    let clerk = Clerk::new();
    let house = house(&clerk, limits);
    let mut clients = [house.visit(), house.visit(), house.visit()];
    for client in &mut clients {
        client
            .write_all(request("GET", "/slow").as_bytes())
            .await
            .unwrap();
    }
    clerk.begun.acquire_many(2).await.unwrap().forget();
    tokio::task::yield_now().await;
    assert_eq!(clerk.begun.available_permits(), 0);
    clerk.allowed.add_permits(1);
    clerk.begun.acquire().await.unwrap().forget();
    clerk.allowed.add_permits(2);
    for client in &mut clients {
        assert_eq!(hear(client).await.text(), "done");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_a_place_or_an_answer_is_told_so() {
    let limits = Limits {
        errands: 1,
        queue: Duration::from_secs(2),
        errand: Duration::from_secs(20),
        ..Limits::default()
    };
    let clerk = Clerk::new();
    let house = house(&clerk, limits);
    let mut first = house.visit();
    first.write_all(request("GET", "/slow").as_bytes()).await.unwrap();
    clerk.begun.acquire().await.unwrap().forget();
    assert_eq!(said(&house, &request("GET", "/echo")).await.status, 503);
    let heard = hear(&mut first).await;
    assert_eq!(heard.status, 504);
    assert!(heard.text().contains("not known"), "{}", heard.text());
    assert_eq!(said(&house, &request("GET", "/echo")).await.status, 201);
}

#[tokio::test]
async fn what_is_begun_is_ended_though_the_client_has_gone() {
    let clerk = Clerk::new();
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let house = house(&clerk, limits);
    let mut client = house.visit();
    client
        .write_all(request("PUT", "/slow").as_bytes())
        .await
        .unwrap();
    clerk.begun.acquire().await.unwrap().forget();
    // The newcomer gets the only place, so that the first connection is cut.
    assert_eq!(said(&house, &request("GET", "/echo")).await.status, 201);
    clerk.allowed.add_permits(1);
    clerk.ended.acquire().await.unwrap().forget();
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_piece_by_piece_and_outlives_the_patience_for_idle_connections() {
    let clerk = Clerk::new();
    let house = house(&clerk, Limits::default());
    let mut client = house.visit();
    client
        .write_all(request("GET", "/stream").as_bytes())
        .await
        .unwrap();
    let head = hear_head(&mut client).await;
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    let mut text = String::new();
    while !text.contains("data: 20\n\n") {
        text.push(char::from(client.read_u8().await.unwrap()));
    }
    drop(client);
    clerk.stream_closed.notified().await;
}

#[tokio::test]
async fn the_office_learns_who_comes_with_a_verified_certificate_or_a_password() {
    let pki = Pki::new();
    let ask_visitor = request("GET", "/visitor");
    for (kind, verified) in [
        ("RequireAndVerifyClientCert", true),
        ("VerifyClientCertIfGiven", true),
    ] {
        let web = pki.web(&format!(
            "{SERVER}  client_auth_type: {kind}\n  client_ca_file: ca.crt\n"
        ));
        let web = WebConfig::open(Some(&web)).unwrap();
        let house = House::with_office(Clerk::new(), Limits::default(), web);
        let identity = pki.client(&["scheduler.example"]);
        let mut stream = pki.connect(house.visit(), Some(&identity)).await.unwrap();
        let heard = ask(&mut stream, &ask_visitor).await;
        let text = heard.text();
        assert_eq!(text.contains("scheduler.example"), verified, "{text}");
        assert!(text.contains("secure: true"), "{text}");
    }
    let web = pki.web(&format!("{SERVER}  client_auth_type: RequireAnyClientCert\n"));
    let web = WebConfig::open(Some(&web)).unwrap();
    let house = House::with_office(Clerk::new(), Limits::default(), web);
    let identity = pki.client(&["anybody.example"]);
    let mut stream = pki.connect(house.visit(), Some(&identity)).await.unwrap();
    let heard = ask(&mut stream, &ask_visitor).await;
    assert!(heard.text().contains("certificate: None"), "{}", heard.text());
}

#[tokio::test]
async fn a_name_counts_only_where_a_password_was_asked_for() {
    let pki = Pki::new();
    let hash = bcrypt::hash("wonderland", 4).unwrap();
    let web = pki.web(&format!("basic_auth_users:\n  alice: {hash}\n"));
    let web = WebConfig::open(Some(&web)).unwrap();
    let strict = House::with_office(Clerk::new(), Limits::default(), web);
    let text = "GET /visitor HTTP/1.1\r\nHost: h\r\nAuthorization: Basic YWxpY2U6d29uZGVybGFuZA==\r\n\r\n";
    assert!(said(&strict, text).await.text().contains("user: Some(\"alice\")"));
    assert_eq!(said(&strict, &request("GET", "/visitor")).await.status, 401);
    let open = house(&Clerk::new(), Limits::default());
    assert!(said(&open, text).await.text().contains("user: None"));
}

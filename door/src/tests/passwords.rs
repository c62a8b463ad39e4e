//! Who may ask, and how often.

use std::time::Duration;

use tokio::time::sleep;

use super::client::GET;
use super::client::ask;
use super::client::rest;
use super::house::House;
use super::pki::Pki;

const ALICE: &str = "Basic YWxpY2U6d29uZGVybGFuZA==";
const ALICE_WRONG: &str = "Basic YWxpY2U6bG9va2luZ2dsYXNz";
const BOB: &str = "Basic Ym9iOndvbmRlcmxhbmQ=";

fn users() -> String {
    format!(
        "basic_auth_users:\n  alice: {}\n",
        bcrypt::hash("wonderland", 4).unwrap()
    )
}

fn get(authorization: &str) -> String {
    format!("GET /metrics HTTP/1.1\r\nHost: h\r\nAuthorization: {authorization}\r\n\r\n")
}

#[tokio::test]
async fn only_a_known_name_with_its_password_is_let_in() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(&users()));
    let mut client = house.visit();
    let table = [
        (GET.to_owned(), 401),
        (get(ALICE), 200),
        (get(ALICE_WRONG), 401),
        (get(BOB), 401),
        (get("Bearer wonderland"), 401),
        (get(ALICE), 200),
    ];
    for (text, status) in table {
        let heard = ask(&mut client, &text).await;
        assert_eq!(heard.status, status, "{text}");
        let wanted = (status == 401).then_some("Basic realm=\"wattle\", charset=\"UTF-8\"");
        assert_eq!(heard.header("www-authenticate"), wanted);
    }
    assert_eq!(house.tally().passwords_checked, 3);
    assert_eq!(house.tally().answers, [(200, 2), (401, 4)]);
}

#[tokio::test]
async fn a_password_that_was_right_is_known_on_other_connections_too() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(&users()));
    for _ in 0..3 {
        assert_eq!(ask(&mut house.visit(), &get(ALICE)).await.status, 200);
    }
    assert_eq!(house.tally().passwords_checked, 1);
}

#[tokio::test]
async fn a_password_is_forgotten_with_the_configuration_that_it_was_right_for() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web(&users()));
    let mut before = house.visit();
    assert_eq!(ask(&mut before, &get(ALICE)).await.status, 200);
    pki.web(&users().replace("alice", "carol"));
    house.web.reload().unwrap();
    assert_eq!(rest(&mut before).await, 0);
    assert_eq!(ask(&mut house.visit(), &get(ALICE)).await.status, 401);
    assert_eq!(house.tally().passwords_checked, 2);
}

#[tokio::test]
async fn headers_of_the_configuration_are_on_every_answer() {
    let pki = Pki::new();
    let headers = "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    \
                   Content-Security-Policy: default-src 'none'\n    X-XSS-Protection: ''\n";
    let house = House::on_terms(&pki.web(&format!("{headers}{}", users())));
    let heard = ask(&mut house.visit(), GET).await;
    assert_eq!(heard.status, 401);
    assert_eq!(heard.header("x-frame-options"), Some("deny"));
    assert_eq!(
        heard.header("content-security-policy"),
        Some("default-src 'none'")
    );
    assert_eq!(heard.header("x-xss-protection"), None);
    assert_eq!(heard.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test(start_paused = true)]
async fn beyond_the_rate_a_request_is_told_so() {
    let pki = Pki::new();
    let house = House::on_terms(&pki.web("rate_limit:\n  interval: 1s\n  burst: 2\n"));
    let mut client = house.visit();
    for wanted in [200, 200, 429] {
        assert_eq!(ask(&mut client, GET).await.status, wanted);
    }
    sleep(Duration::from_secs(1)).await;
    for wanted in [200, 429] {
        assert_eq!(ask(&mut client, GET).await.status, wanted);
    }
}

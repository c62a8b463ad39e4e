//! What makes no sense gets the right status and a sentence, and changes nothing.

use std::io::Read;
use std::io::Write;

use serde_json::Value;

use crate::client;
use crate::served::Controller;
use crate::served::HOST;

const CONSUMER: &str = "/allocations/22222222-0000-4000-8000-000000000001";
const JSON: &str = "application/json";

fn claim_of(resources: &str) -> String {
    format!(
        r#"{{"allocations": {{"{HOST}": {{"resources": {resources}}}}}, "project_id": "p", "user_id": "u",
        "consumer_generation": null, "consumer_type": "INSTANCE"}}"#
    )
}

#[test]
fn bad_input_gets_a_status_and_a_sentence_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let controller = Controller::embedded(&dir);
    controller.add_host(8);
    let inventories = format!("/resource_providers/{HOST}/inventories");
    let stale = r#"{"resource_provider_generation": 7, "inventories": {}}"#.to_owned();
    let table = [
        (400, "PUT", CONSUMER, JSON, claim_of(r#"{"CUSTOM_NOT_THERE": 1}"#)),
        (400, "PUT", CONSUMER, JSON, claim_of(r#"{"VCPU": -1}"#)),
        (400, "PUT", CONSUMER, JSON, claim_of(r#"{"VCPU": 0}"#)),
        (
            409,
            "PUT",
            CONSUMER,
            JSON,
            claim_of(r#"{"VCPU": 99999999999999999999999}"#),
        ),
        (409, "PUT", CONSUMER, JSON, claim_of(r#"{"VCPU": 9}"#)),
        (400, "PUT", CONSUMER, JSON, claim_of("{").replace("}}", "")),
        (400, "PUT", CONSUMER, JSON, "[".repeat(10_000)),
        (415, "PUT", CONSUMER, "text/plain", claim_of(r#"{"VCPU": 1}"#)),
        (409, "PUT", &inventories, JSON, stale),
        (413, "PUT", CONSUMER, JSON, " ".repeat(10_000_000)),
        (404, "PUT", "/nothing", JSON, "{}".to_owned()),
        (400, "POST", "/v1/schedule", JSON, "{".to_owned()),
        (400, "POST", "/v1/simulate", JSON, "[".repeat(100_000)),
        (
            400,
            "POST",
            "/v1/schedule",
            JSON,
            format!("{{\"machines\": [{}", "{\"near\": [".repeat(10_000)),
        ),
        (415, "POST", "/v1/schedule", "text/plain", "{}".to_owned()),
        (413, "POST", "/v1/schedule", JSON, " ".repeat(10_000_000)),
        (413, "POST", "/v1/hosts/one/drain", JSON, " ".repeat(10_000_000)),
        (413, "POST", "/extender/filter", JSON, " ".repeat(10_000_000)),
        (400, "POST", "/extender/filter", JSON, "{}".to_owned()),
        (404, "POST", "/extender/bind", JSON, "{}".to_owned()),
        (405, "PUT", "/v1/schedule", JSON, "{}".to_owned()),
        (404, "GET", "/v1/nothing", JSON, String::new()),
        (400, "GET", "/v1/claims?limit=x", JSON, String::new()),
        (405, "PATCH", CONSUMER, JSON, "{}".to_owned()),
    ];
    for (status, method, target, media, body) in table {
        let length = body.len().to_string();
        let headers = [
            ("OpenStack-API-Version", "placement 1.39"),
            ("Content-Type", media),
            ("Content-Length", &length),
        ];
        // A body that is refused unread is not sent: a client that pushes it on may lose the answer with the connection.
        let sent = if status == 413 { &[] } else { body.as_bytes() };
        let reply = client::send(controller.address, method, target, &headers, sent);
        let start: String = body.chars().take(200).collect();
        assert_eq!(
            reply.status,
            status,
            "{method} {target} {start}: {}",
            reply.text()
        );
        let said: Value = serde_json::from_slice(&reply.body).unwrap();
        let error = &said["errors"][0];
        assert_eq!(error["status"], status, "{said}");
        assert!(error["code"].is_string(), "{said}");
        assert!(error["detail"].as_str().unwrap().contains(' '), "{said}");
    }
    assert_eq!(controller.used(), 0);
    let page = controller.get(&inventories);
    assert_eq!(page["resource_provider_generation"], 1);
}

#[test]
fn a_body_that_breaks_off_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let controller = Controller::embedded(&dir);
    controller.add_host(8);
    let body = claim_of(r#"{"VCPU": 1}"#);
    let mut stream = client::connect(controller.address);
    let length = body.len() + 1;
    write!(
        stream,
        "PUT {CONSUMER} HTTP/1.1\r\nHost: test\r\nOpenStack-API-Version: placement 1.39\r\nContent-Type: {JSON}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(controller.used(), 0);
}

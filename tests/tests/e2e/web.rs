//! The manners of the HTTP side, from outside.

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::client::ask;
use super::client::exchange;
use super::exposition::Exposition;
use super::living::Living;

const PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

/// An agent on a host of its own, ready to be asked.
fn agent(more: &[&str]) -> (Agent, Living, tempfile::TempDir) {
    let host = Living::start(Spec::default().with_mixture(5, 10));
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &host.flags(more));
    (agent, host, state)
}

#[test]
fn it_is_healthy_at_once_and_ready_only_after_the_second_tick() {
    let (agent, _host, _state) = agent(&["--interval", "1m"]);
    agent.after_ticks(0);
    assert_eq!(agent.get("/healthz").status, 200);
    let refusal = agent.get("/readyz");
    assert_eq!((refusal.status, refusal.text().lines().count()), (503, 1));
    // A scrape is worth something before that.
    assert_eq!(agent.scrape().whole("wattle_ticks_total"), 1);
    let (agent, _host, _state) = self::agent(&["--interval", "100ms"]);
    agent.wait_until_ready();
    assert!(agent.scrape().whole("wattle_ticks_total") >= 2);
}

#[test]
fn every_path_has_its_status_and_type() {
    let (agent, _host, _state) = agent(&["--interval", "100ms"]);
    agent.wait_until_ready();
    for (path, status, kind) in [
        ("/", 200, "text/html; charset=utf-8"),
        ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"),
        (
            "/metrics?collect=all",
            200,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        ("/api/v1/report", 200, "application/json"),
        ("/healthz", 200, "text/plain; charset=utf-8"),
        ("/readyz", 200, "text/plain; charset=utf-8"),
        ("/nowhere", 404, "text/plain; charset=utf-8"),
        ("/metrics/", 404, "text/plain; charset=utf-8"),
        ("/../etc/passwd", 404, "text/plain; charset=utf-8"),
    ] {
        let reply = agent.get(path);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, Some(kind)),
            "{path}"
        );
        let length = reply.body.len().to_string();
        assert_eq!(reply.header("content-length"), Some(length.as_str()), "{path}");
    }
}

#[test]
fn what_is_neither_get_nor_head_is_refused_with_what_would_do() {
    let (agent, _host, _state) = agent(&["--interval", "100ms"]);
    agent.wait_until_ready();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
        let reply = ask(agent.address, method, "/metrics", &[]);
        assert_eq!(
            (reply.status, reply.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
    }
    let head = ask(agent.address, "HEAD", "/healthz", &[]);
    let get = agent.get("/healthz");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[test]
fn garbage_is_refused_and_the_next_client_is_answered() {
    let (agent, _host, _state) = agent(&["--interval", "100ms"]);
    let long = format!(
        "GET /metrics HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    for (request, starts) in [
        (&b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..], "HTTP/1.1 400"),
        (
            b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 400",
        ),
        (b"GET\r\n\r\n", "HTTP/1.1 400"),
    ] {
        let answer = exchange(agent.address, request);
        assert!(
            answer.starts_with(starts.as_bytes()),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    // The agent may close while most of this is still on its way.
    let _ = std::panic::catch_unwind(|| exchange(agent.address, long.as_bytes()));
    agent.wait_until_ready();
}

#[test]
fn each_of_the_three_forms_has_its_type_and_gzip_packs_the_same_bytes() {
    // With one tick a minute all answers are of the same tick.
    let (agent, _host, _state) = agent(&["--interval", "1m"]);
    agent.after_ticks(0);
    for (accept, kind) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (
            PROTOBUF,
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        ),
    ] {
        let plain = ask(agent.address, "GET", "/metrics", &[("Accept", accept)]);
        let packed = ask(
            agent.address,
            "GET",
            "/metrics",
            &[("Accept", accept), ("Accept-Encoding", "gzip")],
        );
        assert_eq!(
            (plain.header("content-type"), plain.header("content-encoding")),
            (Some(kind), None)
        );
        assert_eq!(packed.header("content-type"), Some(kind));
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert_eq!(packed.header("vary"), Some("Accept, Accept-Encoding"));
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.body.as_slice())
            .read_to_end(&mut unpacked)
            .unwrap();
        assert!(
            unpacked == plain.body && packed.body.len() < plain.body.len(),
            "{accept}"
        );
    }
}

#[test]
fn both_text_forms_show_the_same_series() {
    let (agent, _host, _state) = agent(&["--interval", "1m"]);
    agent.after_ticks(0);
    let accept = [("Accept", "application/openmetrics-text")];
    let openmetrics = ask(agent.address, "GET", "/metrics", &accept).text();
    assert!(openmetrics.ends_with("# EOF\n"));
    let shown = Exposition::parse(&openmetrics);
    assert!(shown.len() > 100);
    assert_eq!(shown, agent.scrape());
}

#[test]
fn the_report_shows_the_same_joules_as_the_metrics() {
    let (agent, _host, _state) = agent(&["--interval", "100ms"]);
    agent.wait_until_ready();
    let report: serde_json::Value = serde_json::from_slice(&agent.get("/api/v1/report").body).unwrap();
    assert_eq!(report["conservation_error_joules"], 0.0);
    assert!(
        report["host"]["cpu"]["power_watts"].as_f64() > Some(50.0),
        "{report}"
    );
    let joules = |value: &serde_json::Value| value["energy_joules"]["cpu"].as_f64().unwrap();
    let workloads = report["workloads"].as_array().unwrap();
    let sum: f64 = workloads.iter().map(joules).sum();
    let host = report["host"]["cpu"]["energy_joules"].as_f64().unwrap();
    assert!((sum - host).abs() < 1e-5, "{sum} and {host}");
}

#[test]
fn with_a_web_configuration_only_those_with_the_password_are_answered() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("web.yaml");
    // The hash of "U*U" from the test vectors of crypt_blowfish.
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    fs::write(&file, format!("basic_auth_users:\n  prometheus: {hash}\n")).unwrap();
    let (agent, _host, _state) = agent(&["--interval", "100ms", "--web.config.file", file.to_str().unwrap()]);
    let refused = agent.get("/metrics");
    assert_eq!(refused.status, 401);
    assert!(
        refused
            .header("www-authenticate")
            .is_some_and(|how| how.starts_with("Basic "))
    );
    for (who, status) in [("cHJvbWV0aGV1czpVKlU=", 200), ("cHJvbWV0aGV1czpVKlY=", 401)] {
        let basic = format!("Basic {who}");
        let reply = ask(agent.address, "GET", "/healthz", &[("Authorization", &basic)]);
        assert_eq!(reply.status, status, "{who}");
    }
}

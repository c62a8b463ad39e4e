//! The parts of the client that need no etcd.

use proptest::prelude::*;

use super::names::Names;
use super::names::range_end;
use super::rejection::Failure;
use super::rejection::Rejection;
use super::wire;
use super::wire::Streamed;

#[test]
fn answers_of_every_version_of_the_gateway_are_understood() {
    // 3.4 leaves out what is zero; later ones may not.
    for text in [
        r#"{"header":{"cluster_id":"18446744073709551615","revision":"7"},"kvs":[{"key":"YQ==","mod_revision":"7"}]}"#,
        r#"{"header":{"cluster_id":18446744073709551615,"revision":7,"raft_term":"2"},"more":false,"count":"1",
            "kvs":[{"key":"YQ==","create_revision":"2","mod_revision":7,"value":"","lease":"0"}]}"#,
    ] {
        let answer: wire::RangeAnswer = serde_json::from_str(text).unwrap();
        assert_eq!((answer.header.cluster_id, answer.header.revision), (u64::MAX, 7));
        assert_eq!(
            (answer.kvs[0].key.as_str(), answer.kvs[0].mod_revision),
            ("YQ==", 7)
        );
    }
    for text in [
        r#"{"error":{"grpc_code":14,"http_code":503,"message":"no leader"}}"#,
        r#"{"error":{"code":14,"message":"no leader","details":[]}}"#,
    ] {
        let Streamed::Error::<wire::WatchAnswer>(error) = serde_json::from_str(text).unwrap() else {
            panic!("{text}");
        };
        assert!(Rejection::from(error).is_transient());
    }
    for text in [r#"{"header":{"revision":"x"}}"#, r#"{"header":7}"#, "7", ""] {
        assert!(serde_json::from_str::<wire::TxnAnswer>(text).is_err(), "{text}");
    }
}

#[test]
fn refusals_are_told_apart() {
    let rejection = |status, code, message: &str| {
        let body = serde_json::json!({"error": message, "code": code}).to_string();
        Rejection::new(status, body.as_bytes())
    };
    let gone = rejection(404, 5, "etcdserver: requested lease not found");
    assert!(gone.is_lease_gone() && !gone.is_transient());
    let full = rejection(429, 8, "etcdserver: mvcc: database space exceeded");
    assert!(full.is_about_space() && !full.is_transient());
    let busy = rejection(429, 8, "etcdserver: too many requests");
    assert!(busy.is_transient());
    assert!(rejection(400, 11, "etcdserver: mvcc: required revision has been compacted").is_compacted());
    assert!(rejection(401, 16, "etcdserver: invalid auth token").wants_login());
    // Whether a write was made is known after none of these.
    for (code, message) in [
        (14, "etcdserver: request timed out"),
        (4, "context deadline exceeded"),
    ] {
        let failure = Failure::Rejected(rejection(503, code, message));
        assert!(failure.is_transient() && failure.leaves_doubt());
    }
    // A watch that was ended.
    let words = "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token";
    assert!(!Rejection::cancelled(words).is_transient());
    assert!(Rejection::cancelled("etcdserver: no leader").is_transient());
    // Not from etcd at all.
    assert!(Rejection::new(502, b"<html>").is_transient());
    assert!(!Rejection::new(404, b"Not Found").is_transient());
    let hostile = rejection(400, 3, &"line\nbreak\u{1b}[2J".repeat(1000)).to_string();
    assert!(hostile.len() <= 300 && !hostile.contains(char::is_control));
}

proptest! {
    #[test]
    fn a_range_holds_exactly_what_begins_with_the_prefix(prefix in ".{0,4}", key in ".{0,6}", longer in any::<bool>()) {
        let names = Names::new("/wattle");
        let key = if longer { format!("{prefix}{key}") } else { key };
        let (first, full) = (names.data(&prefix), names.data(&key));
        let end = range_end(&first);
        let inside = full.as_bytes() >= first.as_bytes() && full.as_bytes() < end.as_slice();
        prop_assert_eq!(inside, key.starts_with(&prefix));
        prop_assert_eq!(names.key(&wire::encoded(&full)).unwrap(), key);
    }
}

#[test]
fn a_prefix_is_taken_with_and_without_its_slash() {
    for prefix in ["/wattle", "/wattle/", "/wattle//"] {
        assert_eq!(Names::new(prefix).data("a"), "/wattle/data/a");
    }
    assert_eq!(Names::new("").data("a"), "/data/a");
    assert!(
        Names::new("/wattle")
            .key(&wire::encoded("/other/data/a"))
            .is_err()
    );
    assert!(Names::new("/wattle").key("no base64").is_err());
}

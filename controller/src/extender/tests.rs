//! Requests as schedulers send them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::PowerModel;
use crate::inventory::Uuid;
use crate::placement::Standing;
use crate::schedule::KnownHost;
use crate::store::Revision;

/// A request with whole nodes, and one with names.
const NODES: &str = include_str!("recorded/nodes.json");
const NAMES: &str = include_str!("recorded/names.json");

/// Four nodes are known: `worker-1` is dear and clean, `worker-2` cheap and dirty, `worker-3` is being emptied, `worker-4` has little power left.
fn world() -> (Ledger, KnownHosts) {
    let mut ledger = Ledger::new();
    let mut known = KnownHosts::new();
    for (number, full_load, grams, standing, limit) in [
        (1, 900.0, 50.0, Standing::Ready, None),
        (2, 300.0, 600.0, Standing::Ready, None),
        (3, 200.0, 20.0, Standing::Draining, None),
        (4, 300.0, 400.0, Standing::Ready, Some(101.0)),
    ] {
        let name = format!("worker-{number}");
        let plan = ledger
            .plan_create_provider(Uuid::from_bits(number), &name, 0)
            .unwrap();
        let revision = Revision(u64::try_from(number).unwrap());
        ledger.apply(revision, &plan.transaction.changes).unwrap();
        let facts = HostFacts {
            power_model: Fact::now(PowerModel {
                static_watts: 100.0,
                full_load_watts: full_load,
            }),
            power_watts: Fact::now(100.0),
            cpus: Fact::now(10.0),
            utilisation: Fact::now(0.0),
            grams_per_kwh: Fact::now(grams),
            country: Fact::now(if number == 1 { "FR" } else { "PL" }.to_owned()),
            ..HostFacts::default()
        };
        known.insert(
            name,
            KnownHost {
                facts: Arc::new(facts),
                aliases: vec![format!("10.0.0.{number}")],
                power_limit_watts: limit,
                standing,
                ..KnownHost::default()
            },
        );
    }
    (ledger, known)
}

fn asked(path: &str, body: &str) -> Result<Value, ExtenderError> {
    let (ledger, known) = world();
    let policies = Policies::default();
    let said = answer("POST", path, body.as_bytes(), (&ledger, &known, &policies))?;
    Ok(serde_json::from_slice(&said).unwrap())
}

/// The recorded request with these annotations on its pod.
fn annotated(recorded: &str, notes: &[(&str, &str)]) -> String {
    let mut args: Value = serde_json::from_str(recorded).unwrap();
    args["Pod"]["metadata"]["annotations"] = json!(notes.iter().copied().collect::<BTreeMap<_, _>>());
    args.to_string()
}

fn scores(path: &str, body: &str) -> Vec<(String, i64)> {
    let list = asked(path, body).unwrap();
    let list = list.as_array().unwrap().iter();
    list.map(|entry| {
        (
            entry["Host"].as_str().unwrap().to_owned(),
            entry["Score"].as_i64().unwrap(),
        )
    })
    .collect()
}

#[test]
fn whole_nodes_come_back_whole_and_the_others_with_a_reason() {
    let said = asked("/filter", NODES).unwrap();
    let sent: Value = serde_json::from_str(NODES).unwrap();
    assert_eq!(
        said["Nodes"]["items"],
        json!([
            sent["Nodes"]["items"][0],
            sent["Nodes"]["items"][1],
            sent["Nodes"]["items"][4]
        ])
    );
    assert_eq!(said["Nodes"]["metadata"], sent["Nodes"]["metadata"]);
    assert_eq!(said["NodeNames"], json!(null));
    assert_eq!(said["Error"], "");
    assert_eq!(
        said["FailedAndUnresolvableNodes"],
        json!({"worker-3": "wattle: it is draining"})
    );
    let full = said["FailedNodes"]["worker-4"].as_str().unwrap();
    assert!(
        full.contains("it would draw 115.0 W; the limit is 101.0 W"),
        "{full}"
    );
}

#[test]
fn names_come_back_as_names() {
    let said = asked("/filter", NAMES).unwrap();
    assert_eq!(said["NodeNames"], json!(["worker-1", "worker-2", "unknown-node"]));
    assert_eq!(said["Nodes"], json!(null));
}

#[test]
fn a_node_that_nobody_knows_passes_with_the_worst_score_unless_a_limit_would_have_to_be_checked() {
    let limited = annotated(NAMES, &[("wattle/countries", "FR, DE")]);
    let said = asked("/filter", &limited).unwrap();
    assert_eq!(said["NodeNames"], json!(["worker-1"]));
    let failed = &said["FailedAndUnresolvableNodes"];
    assert!(
        failed["unknown-node"]
            .as_str()
            .unwrap()
            .contains("nobody knows this node")
    );
    assert_eq!(failed["worker-2"], "wattle: its country is PL");
    let scores = scores("/prioritize", NAMES);
    assert!(scores.contains(&("unknown-node".to_owned(), 0)), "{scores:?}");
}

#[test]
fn the_policy_decides_which_node_has_ten() {
    for (path, notes, best) in [
        ("/save-energy/prioritize", &[][..], "worker-2"),
        ("/low-carbon/prioritize", &[], "worker-1"),
        (
            "/save-energy/prioritize",
            &[("wattle/policy", "low-carbon")],
            "worker-1",
        ),
        ("/prioritize", &[("wattle/policy", "save-energy")], "worker-2"),
    ] {
        let scores = scores(path, &annotated(NAMES, notes));
        assert_eq!(scores.len(), 5, "{scores:?}");
        for (host, score) in scores {
            assert!((0..=10).contains(&score));
            assert_eq!(score == 10, host == best, "{path} {notes:?}: {host} {score}");
        }
    }
}

#[test]
fn a_wish_that_cannot_be_meant_is_told_with_the_pod() {
    for (note, value, part) in [
        ("wattle/policy", "fast", "known are: balanced"),
        ("wattle/polcy", "pack", "no annotation wattle/polcy"),
        ("wattle/max-grams-per-kwh", "low", "has to be a number"),
        (
            "wattle/max-delay-seconds",
            "0.1",
            "needs the annotation wattle/near",
        ),
        ("wattle/near", "worker-9", "not in the fleet"),
    ] {
        let body = annotated(NAMES, &[(note, value)]);
        let said = asked("/filter", &body).unwrap();
        let error = said["Error"].as_str().unwrap();
        assert!(error.contains("default/web-0") && error.contains(part), "{error}");
        assert_eq!(asked("/prioritize", &body).unwrap_err().status(), 400);
    }
}

#[test]
fn a_peer_may_be_named_by_any_of_its_names() {
    let near = annotated(
        NAMES,
        &[("wattle/near", "10.0.0.3"), ("wattle/max-delay-seconds", "0.001")],
    );
    let said = asked("/filter", &near).unwrap();
    let failed = said["FailedAndUnresolvableNodes"]["worker-1"].as_str().unwrap();
    assert!(failed.contains("the delay is missing"), "{failed}");
}

#[test]
fn what_is_no_request_is_refused() {
    for (method, path, body, status) in [
        ("POST", "/bind", NAMES, 404),
        ("POST", "/pack/fast/filter", NAMES, 404),
        ("GET", "/filter", "", 405),
        ("POST", "/filter", "", 400),
        ("POST", "/filter", "{}", 400),
        ("POST", "/filter", r#"{"Pod": {"metadata": {"name": 1}}}"#, 400),
        ("POST", "/prioritize", r#"{"Pod": null, "NodeNames": []}"#, 400),
    ] {
        let (ledger, known) = world();
        let said = answer(
            method,
            path,
            body.as_bytes(),
            (&ledger, &known, &Policies::default()),
        );
        assert_eq!(said.unwrap_err().status(), status, "{method} {path}");
    }
    // Older schedulers write their names in small letters.
    let old = r#"{"pod": {"metadata": {}}, "nodenames": ["worker-2"]}"#;
    assert_eq!(asked("/filter", old).unwrap()["NodeNames"], json!(["worker-2"]));
    let empty = asked("/filter", r#"{"Pod": {}, "Nodes": {"items": null}}"#).unwrap();
    assert_eq!(empty["Nodes"]["items"], json!(null));
}

//! Requests as a scheduler sent them: see recorded/README.md.

mod pods;

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

/// Requests with whole nodes, and with names.
const NODES: &str = include_str!("recorded/nodes-filter-request.json");
const NAMES: &str = include_str!("recorded/names-filter-request.json");

/// Four nodes are known: `worker-1` is dear and clean; `worker-2` cheap and dirty, and another name of its host; `worker-3` is being
/// emptied; `worker-4` has little power left.
fn world() -> (Ledger, KnownHosts) {
    let mut ledger = Ledger::new();
    let mut known = KnownHosts::new();
    for (number, name, full_load, grams, standing, limit) in [
        (1, "worker-1", 900.0, 50.0, Standing::Ready, None),
        (2, "h2", 300.0, 600.0, Standing::Ready, None),
        (3, "worker-3", 200.0, 20.0, Standing::Draining, None),
        (4, "worker-4", 300.0, 400.0, Standing::Ready, Some(101.0)),
    ] {
        let plan = ledger
            .plan_create_provider(Uuid::from_bits(number), name, 0)
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
            name.to_owned(),
            KnownHost {
                facts: Arc::new(facts),
                aliases: vec![format!("10.0.0.{number}"), format!("worker-{number}")],
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

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_recorded_requests_are_answered_as_the_scheduler_took_it() {
    let names = include_str!("recorded/names-filter-answer.json");
    let nodes = include_str!("recorded/nodes-filter-answer.json");
    assert_eq!(asked("/low-carbon/filter", NAMES).unwrap(), json_of(names));
    assert_eq!(asked("/low-carbon/filter", NODES).unwrap(), json_of(nodes));
    let best = [
        ("unknown-node".to_owned(), 0),
        ("worker-1".to_owned(), 10),
        ("worker-2".to_owned(), 6),
    ];
    for (body, answer) in [
        (
            include_str!("recorded/names-prioritize-request.json"),
            include_str!("recorded/names-prioritize-answer.json"),
        ),
        (
            include_str!("recorded/nodes-prioritize-request.json"),
            include_str!("recorded/nodes-prioritize-answer.json"),
        ),
    ] {
        assert_eq!(scores("/low-carbon/prioritize", body), best);
        assert_eq!(asked("/low-carbon/prioritize", body).unwrap(), json_of(answer));
    }
}

#[test]
fn whole_nodes_come_back_whole_and_the_others_with_a_reason() {
    let (said, sent) = (asked("/filter", NODES).unwrap(), json_of(NODES));
    let passes = |node: &&Value| {
        let name = node["metadata"]["name"].as_str().unwrap();
        ["worker-1", "worker-2", "unknown-node"].contains(&name)
    };
    let nodes = sent["Nodes"]["items"].as_array().unwrap();
    assert_eq!(nodes.len(), 5);
    let kept: Vec<_> = nodes.iter().filter(passes).collect();
    assert_eq!(said["Nodes"]["items"], json!(kept));
    assert_eq!(said["Nodes"]["metadata"], sent["Nodes"]["metadata"]);
    assert_eq!(said["NodeNames"], json!(null));
    let draining = "wattle: it is draining";
    // 1.45 CPUs, of which each draws 20 W.
    let full = "wattle: it would draw 129.0 W; the limit is 101.0 W, of which 0.0 W have to stay free";
    let failed = json!({"worker-3": draining, "worker-4": full});
    assert_eq!(said["FailedAndUnresolvableNodes"], failed);
    // Schedulers before 1.21 read no other.
    assert_eq!(said["FailedNodes"], failed);
}

#[test]
fn names_come_back_as_names() {
    let said = asked("/filter", NAMES).unwrap();
    let mut names: Vec<String> = serde_json::from_value(said["NodeNames"].clone()).unwrap();
    names.sort();
    assert_eq!(names, ["unknown-node", "worker-1", "worker-2"]);
    assert_eq!(said["Nodes"], json!(null));
}

#[test]
fn many_different_reasons_give_way_to_their_rules() {
    let (mut ledger, mut known) = (Ledger::new(), KnownHosts::new());
    let names: Vec<_> = (1..=9).map(|number| format!("node-{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        let plan = ledger.plan_create_provider(Uuid::from_bits(number.into()), name, 0);
        let changes = plan.unwrap().transaction.changes;
        ledger.apply(Revision(u64::from(number) + 1), &changes).unwrap();
        let facts = HostFacts {
            grams_per_kwh: Fact::now(f64::from(number) + 300.0),
            ..HostFacts::default()
        };
        let facts = Arc::new(facts);
        known.insert(
            name.clone(),
            KnownHost {
                facts,
                ..KnownHost::default()
            },
        );
    }
    let reasons = |count: usize| {
        let pod = json!({"metadata": {"annotations": {"wattle/max-grams-per-kwh": "100"}}});
        let body = json!({"Pod": pod, "NodeNames": names[..count]}).to_string();
        let parts = (&ledger, &known, &Policies::default());
        let said = answer("POST", "/filter", body.as_bytes(), parts).unwrap();
        let said: Value = serde_json::from_slice(&said).unwrap();
        said["FailedNodes"]["node-1"].as_str().unwrap().to_owned()
    };
    assert_eq!(reasons(8), "wattle: its grid has 300 g/kWh, the ceiling is 100");
    assert_eq!(reasons(9), "wattle: the rule carbon");
}

#[test]
fn nodes_without_claims_are_awake_whatever_the_policy_says() {
    let (ledger, mut known) = world();
    // It wastes more while nobody uses it, and needs less for one pod more: by the ledger nobody uses either of them.
    let facts = HostFacts {
        power_model: Fact::now(PowerModel {
            static_watts: 500.0,
            full_load_watts: 550.0,
        }),
        ..HostFacts::clone(&known["worker-1"].facts)
    };
    known.get_mut("worker-1").unwrap().facts = Arc::new(facts);
    let parts = (&ledger, &known, &Policies::default());
    let said = answer("POST", "/save-energy/prioritize", NAMES.as_bytes(), parts).unwrap();
    let list: Vec<Value> = serde_json::from_slice(&said).unwrap();
    let best = list.iter().find(|entry| entry["Score"] == 10).unwrap();
    assert_eq!(best["Host"], "worker-1");
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

//! What makes no sense gets the right status and a sentence that names the field.

use serde_json::Value;
use serde_json::json;

use super::world::World;
use super::world::consumer;
use super::world::one;
use super::world::run;

/// A request with one thing changed.
fn with(pointer: &str, value: Value) -> String {
    let mut ask = one(1, 1);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    ask.pointer_mut(parent).unwrap()[name] = value;
    ask.to_string()
}

#[test]
fn a_wrong_field_is_named_with_what_is_wrong_with_it() {
    let machine = "/machines/0";
    let table = [
        ("/machine", json!(1), "machine", "unknown field"),
        ("/machines", json!([]), "machines", "at least one"),
        ("/machines", json!(3), "machines", "sequence"),
        (
            "/machines",
            json!([[consumer(1), {"VCPU": 1}]]),
            "machines[0]",
            "has to be an object with named members, not a list",
        ),
        (
            "/machines/0/limits",
            json!([]),
            "machines[0].limits",
            "has to be an object with named members, not a list",
        ),
        (
            "/groups",
            json!([["g", "apart"]]),
            "groups[0]",
            "has to be an object with named members, not a list",
        ),
        ("/policy", json!("fast"), "policy", "known are: balanced"),
        (
            "/weights",
            json!({"speed": 1}),
            "weights",
            "unknown variant `speed`",
        ),
        ("/weights", json!({"watts": -1}), "weights", "not a number from 0"),
        ("/weights", json!({"watts": 0}), "weights", "all weights are 0"),
        ("/kind", json!("vm"), "kind", "capitals"),
        ("/project", json!(""), "project", "empty"),
        ("/user", json!("u".repeat(256)), "user", "255 is the most"),
        ("/seed", json!(-1), "seed", "-1"),
        (
            "/groups",
            json!([{"name": "g", "affinity": "close"}]),
            "groups[0].affinity",
            "unknown variant",
        ),
        (
            "/machines/0/consumer",
            json!("x"),
            "machines[0].consumer",
            "not a UUID",
        ),
        (
            "/machines/0/resources",
            json!({}),
            "machines[0].resources",
            "at least one",
        ),
        (
            "/machines/0/resources",
            json!({"CUSTOM_X": 1}),
            "machines[0].resources.CUSTOM_X",
            "no resource class",
        ),
        (
            "/machines/0/resources/VCPU",
            json!(-1),
            "machines[0].resources.VCPU",
            "-1 is not a whole number from 1",
        ),
        (
            "/machines/0/resources/VCPU",
            json!(0),
            "machines[0].resources.VCPU",
            "0 is not a whole number",
        ),
        (
            "/machines/0/resources/VCPU",
            json!(1.5),
            "machines[0].resources.VCPU",
            "1.5 is not",
        ),
        (
            "/machines/0/resources/VCPU",
            json!(99_999_999_999_u64),
            "machines[0].resources.VCPU",
            "not a whole number",
        ),
        (
            "/machines/0/resources/VCPU",
            json!("1"),
            "machines[0].resources.VCPU",
            "expected a whole number",
        ),
        (
            "/machines/0/required",
            json!(["CUSTOM_X"]),
            "machines[0].required",
            "no trait CUSTOM_X",
        ),
        (
            "/machines/0/required",
            json!(["in:"]),
            "machines[0].required[0]",
            "empty",
        ),
        (
            "/machines/0/member_of",
            json!(["x"]),
            "machines[0].member_of[0]",
            "UUID",
        ),
        (
            "/machines/0/groups",
            json!(["g"]),
            "machines[0].groups",
            "does not define",
        ),
        (
            "/machines/0/near",
            json!([{}]),
            "machines[0].near[0]",
            "exactly one",
        ),
        (
            "/machines/0/near",
            json!([{"host": "h0", "group": "g"}]),
            "machines[0].near[0]",
            "exactly one",
        ),
        (
            "/machines/0/near",
            json!([{"host": "h9"}]),
            "machines[0].near",
            "not in the fleet",
        ),
        (
            "/machines/0/near",
            json!([{"latitude": 91, "longitude": 0}]),
            "machines[0].near[0]",
            "-90 to 90",
        ),
        (
            "/machines/0/limits",
            json!({"countries": ["Germany"]}),
            "machines[0].limits.countries",
            "two letters",
        ),
        (
            "/machines/0/limits",
            json!({"max_fact_age_seconds": -1}),
            "machines[0].limits.max_fact_age_seconds",
            "negative",
        ),
        (
            "/machines/0/limits",
            json!({"headroom_watts": -1}),
            "machines[0].headroom_watts",
            "not negative",
        ),
        (
            "/machines/0/busy_cpus",
            json!(-1),
            "machines[0].busy_cpus",
            "not negative",
        ),
        (
            "/machines/0/limits",
            json!({"max_age": 1}),
            "machines[0].limits.max_age",
            "unknown field",
        ),
    ];
    assert!(table.iter().any(|(pointer, ..)| pointer.starts_with(machine)));
    run(async {
        let world = World::new(8, &[450.0]).await;
        for (pointer, value, field, problem) in table {
            for verb in ["schedule", "simulate"] {
                let said = world
                    .ask("POST", &format!("/v1/{verb}"), &with(pointer, value.clone()))
                    .await;
                let (code, named, detail) = said.fault();
                assert_eq!(
                    (said.status, code),
                    (400, "wattle.bad_field"),
                    "{pointer} {value}: {said:?}"
                );
                assert_eq!(named, field, "{detail}");
                assert!(detail.contains(problem), "{pointer} {value}: {detail}");
                assert!(detail.contains(' ') && detail.len() < 900, "{detail}");
            }
        }
        assert_eq!(world.get("/v1/claims").await["claims"], json!([]));
    });
}

#[test]
fn a_body_that_is_no_request_is_refused_whole() {
    let twice = json!({"machines": [one(1, 1)["machines"][0], one(1, 1)["machines"][0]]});
    let many: Vec<_> = (0..49)
        .map(|number| one(number, 1)["machines"][0].clone())
        .collect();
    run(async {
        let world = World::new(8, &[450.0]).await;
        for (body, part) in [
            (String::new(), "empty"),
            ("{".to_owned(), "not JSON"),
            ("[".repeat(10_000), "not a list"),
            (format!("{{\"machines\": {}", "[".repeat(10_000)), "machines[0]"),
            ("[]".to_owned(), "not a list"),
            ("null".to_owned(), "the body"),
            (format!("{} x", one(1, 1)), "trailing"),
            (
                r#"{"machines": [], "seed": 1e999}"#.to_owned(),
                "number out of range",
            ),
            ("\u{feff}{}".to_owned(), "not JSON"),
            (twice.to_string(), "twice"),
            (json!({ "machines": many }).to_string(), "48 is the most"),
        ] {
            let said = world.ask("POST", "/v1/schedule", &body).await;
            assert_eq!(said.status, 400, "{body}: {said:?}");
            assert!(said.fault().2.contains(part), "{said:?}");
        }
        assert_eq!(world.get("/v1/claims").await["claims"], json!([]));
    });
}

#[test]
fn parameters_and_paths_that_are_not_there_are_named() {
    run(async {
        let world = World::new(8, &[450.0]).await;
        for (status, method, target, part) in [
            (400, "GET", "/v1/hosts?limit=0", "from 1 to 1000"),
            (400, "GET", "/v1/hosts?limit=1001", "from 1 to 1000"),
            (400, "GET", "/v1/hosts?limit=1&limit=2", "only once"),
            (400, "GET", "/v1/hosts?size=1", "known are: limit, after"),
            (400, "GET", "/v1/claims?limit=-1", "-1"),
            (400, "GET", "/v1/plan?policy=fast", "no policy"),
            (400, "GET", "/v1/plan?hold_seconds=nan", "nan"),
            (
                400,
                "GET",
                "/v1/plan?leave_country=perhaps",
                "neither true nor false",
            ),
            (400, "GET", "/v1/plan?max_moves=101", "from 1 to 100"),
            (400, "GET", "/v1/hosts/%ff", "UTF-8"),
            (400, "POST", "/v1/hosts/h0/drain", "unknown field"),
            (404, "GET", "/v1/nothing", "openapi.json"),
            (405, "PUT", "/v1/schedule", "takes POST"),
            (404, "DELETE", "/v1/claims/nobody", "no claims"),
        ] {
            let said = world.ask(method, target, r#"{"why": 1}"#).await;
            assert_eq!(said.status, status, "{target}: {said:?}");
            assert!(said.fault().2.contains(part), "{target}: {said:?}");
        }
        let long = world
            .ask(
                "POST",
                "/v1/hosts/h0/drain",
                &json!({"reason": "x".repeat(501)}).to_string(),
            )
            .await;
        assert_eq!((long.status, long.fault().1), (400, "reason"));
        assert!(consumer(1).len() == 36);
    });
}

//! What a machine was promised holds after its request: for who comes later, in the list of claims, and in the plan.

use serde_json::Value;
use serde_json::json;

use super::world::World;
use super::world::consumer;
use super::world::one;
use super::world::run;
use crate::facts::Delay;
use crate::facts::DelaySource;
use crate::facts::Fact;
use crate::facts::PowerModel;

/// A machine of one VCPU with more said of it.
fn machine(number: usize, more: &Value) -> Value {
    let mut ask = one(number, 1);
    for (name, value) in more.as_object().unwrap() {
        ask["machines"][0][name] = value.clone();
    }
    ask
}

/// The same, with a group that the request defines.
fn grouped(number: usize, name: &str, affinity: &str) -> Value {
    let mut ask = machine(number, &json!({"groups": [name]}));
    ask["groups"] = json!([{"name": name, "affinity": affinity}]);
    ask
}

fn delay(milliseconds: f64) -> Fact<Delay> {
    Fact::now(Delay {
        seconds: milliseconds / 1e3,
        source: DelaySource::OneWay,
    })
}

#[test]
fn who_comes_later_into_a_group_sees_who_is_there() {
    run(async {
        let world = World::new(8, &[450.0, 250.0, 350.0]).await;
        let mut hosts: Vec<String> = Vec::new();
        for number in 0..3 {
            hosts.push(world.placed(&grouped(number, "web", "apart")).await);
        }
        hosts.sort_unstable();
        assert_eq!(hosts, ["h0", "h1", "h2"]);
        let full = world.schedule(&grouped(3, "web", "apart")).await;
        assert_eq!((full.status, full.fault().0), (409, "wattle.no_place"));
        assert_eq!(
            full.page["answer"]["machines"][0]["why"]["refusals"],
            json!({"anti_affinity": 3})
        );
        let simulated = world
            .ask("POST", "/v1/simulate", &grouped(3, "web", "apart").to_string())
            .await;
        assert_eq!(simulated.page["outcome"], "no-place");
        // It need not say again what the group is.
        let named = world.schedule(&machine(3, &json!({"groups": ["web"]}))).await;
        assert_eq!(named.fault().0, "wattle.no_place");
        // Another project's group of that name is another group.
        let mut other = grouped(3, "web", "together");
        other["project"] = "other".into();
        world.placed(&other).await;
        // Who goes makes room.
        let target = format!("/v1/claims/{}", consumer(1));
        assert_eq!(world.ask("DELETE", &target, "").await.status, 204);
        world.placed(&grouped(4, "web", "apart")).await;
    });
}

#[test]
fn a_group_that_is_together_is_joined_where_it_is_even_by_many() {
    run(async {
        let world = World::new(8, &[450.0, 250.0, 350.0]).await;
        let first = world.placed(&grouped(0, "db", "together")).await;
        assert_eq!(first, "h1");
        let members =
            |number: usize| json!({"consumer": consumer(number), "resources": {"VCPU": 1}, "groups": ["db"]});
        let mut both = json!({"machines": [members(1), members(2)], "policy": "spread"});
        let said = world.schedule(&both).await;
        assert_eq!(said.page["outcome"], "placed", "{said:?}");
        assert!(
            said.page["machines"]
                .as_array()
                .unwrap()
                .iter()
                .all(|machine| machine["host"] == "h1")
        );
        let again = world.schedule(&both).await;
        assert_eq!(again.page["outcome"], "held");
        both["machines"] = json!([members(3)]);
        both["machines"][0]["resources"]["VCPU"] = 8.into();
        assert_eq!(world.schedule(&both).await.fault().0, "wattle.no_place");
    });
}

#[test]
fn a_group_that_is_asked_for_otherwise_is_refused_with_what_it_is() {
    run(async {
        let world = World::new(8, &[450.0, 250.0]).await;
        world.placed(&grouped(0, "web", "apart")).await;
        let mut wish = grouped(1, "web", "apart");
        wish["groups"][0]["hard"] = false.into();
        for ask in [grouped(1, "web", "together"), wish] {
            for target in ["/v1/schedule", "/v1/simulate"] {
                let said = world.ask("POST", target, &ask.to_string()).await;
                let (code, _, detail) = said.fault();
                assert_eq!((said.status, code), (409, "wattle.group_differs"), "{target}");
                assert!(
                    detail.contains("already in project default, as apart, as a rule"),
                    "{detail}"
                );
            }
        }
        // Who is there already is told where it is, whatever is asked.
        assert_eq!(
            world.schedule(&grouped(0, "web", "together")).await.page["outcome"],
            "held"
        );
    });
}

#[test]
fn hosts_that_a_request_lists_count_once_beside_the_members_that_are_known() {
    run(async {
        let world = World::new(8, &[450.0, 250.0, 350.0]).await;
        let soft = |number: usize, present: Value| {
            let mut ask = machine(number, &json!({"groups": ["g"]}));
            ask["groups"] = json!([{"name": "g", "affinity": "apart", "hard": false, "present": present}]);
            ask["weights"] = json!({"groups": 1, "watts": 0.001});
            ask
        };
        assert_eq!(world.placed(&soft(0, json!([]))).await, "h1");
        let said = world
            .ask(
                "POST",
                "/v1/simulate",
                &soft(1, json!(["h1", "h2", "h2"])).to_string(),
            )
            .await;
        let why = &said.page["machines"][0]["why"];
        let wrong = |candidate: &Value| {
            let terms = candidate["terms"].as_array().unwrap();
            let groups = terms.iter().find(|term| term["term"] == "groups").unwrap();
            (
                candidate["host"].as_str().unwrap().to_owned(),
                groups["value"].as_f64().unwrap(),
            )
        };
        let mut all = vec![wrong(&why["chosen"])];
        all.extend(why["runners_up"].as_array().unwrap().iter().map(wrong));
        all.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(
            all,
            [
                ("h0".to_owned(), 0.0),
                ("h1".to_owned(), 1.0),
                ("h2".to_owned(), 2.0)
            ]
        );
    });
}

/// h1 is 1 ms from h0, h2 is 9 ms from it.
async fn spread_out() -> World {
    let mut world = World::new(8, &[450.0, 250.0, 250.0]).await;
    world.know(0, |facts| {
        facts.delays.insert("h1".to_owned(), delay(1.0));
        facts.delays.insert("h2".to_owned(), delay(9.0));
    });
    world.know(1, |facts| {
        facts.delays.insert("h2".to_owned(), delay(9.0));
    });
    world
}

#[test]
fn near_may_name_machines_and_groups_that_are_there_already() {
    run(async {
        let world = spread_out().await;
        let at_h0 = json!({"near": [{"host": "h0", "max_delay_seconds": 0}], "groups": ["db"]});
        let mut first = machine(0, &at_h0);
        first["groups"] = json!([{"name": "db", "affinity": "apart"}]);
        assert_eq!(world.placed(&first).await, "h0");
        // h0 itself has no room for anybody else.
        let mut filling = machine(8, &json!({"near": [{"host": "h0", "max_delay_seconds": 0}]}));
        filling["machines"][0]["resources"]["VCPU"] = 7.into();
        world.placed(&filling).await;
        for (number, to) in [(1, json!({"machine": consumer(0)})), (2, json!({"group": "db"}))] {
            let mut near = to.clone();
            near["max_delay_seconds"] = 0.002.into();
            let mut ask = machine(number, &json!({"near": [near]}));
            assert_eq!(world.placed(&ask).await, "h1", "{to}");
            ask["machines"][0]["consumer"] = consumer(9).into();
            ask["project"] = "other".into();
            let said = world.schedule(&ask).await;
            assert_eq!(
                (said.status, said.fault().0),
                (400, "wattle.bad_field"),
                "{said:?}"
            );
            assert!(said.fault().2.contains("project"), "{said:?}");
        }
    });
}

#[test]
fn who_comes_later_does_not_break_what_those_who_are_there_were_promised() {
    run(async {
        let world = spread_out().await;
        let mut watcher = machine(
            0,
            &json!({"near": [{"group": "db", "max_delay_seconds": 0.002}, {"host": "h0", "max_delay_seconds": 0}]}),
        );
        watcher["groups"] = json!([{"name": "db", "affinity": "apart"}]);
        assert_eq!(world.placed(&watcher).await, "h0");
        let mut member = grouped(1, "db", "apart");
        member["machines"][0]["resources"]["VCPU"] = 8.into();
        // h2 is too far from who wants to be near the group, and h0 has no room for eight.
        assert_eq!(world.placed(&member).await, "h1");
        let mut second = grouped(2, "db", "apart");
        second["machines"][0]["resources"]["VCPU"] = 8.into();
        let said = world.schedule(&second).await;
        assert_eq!(
            said.page["answer"]["machines"][0]["why"]["refusals"]["delay"], 1,
            "{said:?}"
        );
        // h1 draws 60 W; with eight busy CPUs of ten, each worth 20 W, it would draw far more.
        let bound = json!({"limits": {"power_limit_watts": 100}, "near": [{"host": "h2", "max_delay_seconds": 0}], "busy_cpus": 0.1});
        assert_eq!(world.placed(&machine(3, &bound)).await, "h2");
        let said = world
            .schedule(&machine(
                4,
                &json!({"near": [{"host": "h2", "max_delay_seconds": 0}], "busy_cpus": 5}),
            ))
            .await;
        assert_eq!(
            said.page["answer"]["machines"][0]["why"]["refusals"]["headroom"], 1,
            "{said:?}"
        );
        assert_eq!(
            world
                .ask("DELETE", &format!("/v1/claims/{}", consumer(3)), "")
                .await
                .status,
            204
        );
        world
            .placed(&machine(
                4,
                &json!({"near": [{"host": "h2", "max_delay_seconds": 0}], "busy_cpus": 5}),
            ))
            .await;
    });
}

#[test]
fn claims_show_what_was_promised() {
    run(async {
        let world = World::new(8, &[450.0]).await;
        let mut ask = machine(
            0,
            &json!({
                "required": ["!HW_CPU_X86_VMX"], "groups": ["web"], "busy_cpus": 0.5,
                "near": [{"host": "h0", "max_delay_seconds": 0.001}], "limits": {"max_grams_per_kwh": 500},
            }),
        );
        ask["groups"] = json!([{"name": "web", "affinity": "apart"}]);
        ask["project"] = "shop".into();
        world.placed(&ask).await;
        world.placed(&one(1, 1)).await;
        let claims = world.get("/v1/claims").await;
        assert_eq!(
            claims["claims"][0]["promises"],
            json!({
                "project": "shop", "forbidden": ["HW_CPU_X86_VMX"], "busy_cpus": 0.5, "policy": "balanced",
                "groups": [{"name": "web", "affinity": "apart", "hard": true}],
                "near": [{"host": "h0", "max_delay_seconds": 0.001}], "limits": {"max_grams_per_kwh": 500.0},
            })
        );
        assert_eq!(claims["claims"][1]["promises"], json!({"policy": "balanced"}));
    });
}

#[test]
fn what_could_not_be_kept_is_refused() {
    run(async {
        let world = World::new(8, &[450.0]).await;
        let long = "s".repeat(9000);
        let names: Vec<String> = (0..17).map(|number| format!("g{number}")).collect();
        let wide = "ü".repeat(250);
        let table = [
            (
                json!({"limits": {"sites": [long]}}),
                "machines[0]",
                "8192 is the most",
            ),
            (
                json!({ "groups": names }),
                "machines[0].groups",
                "names 17 groups",
            ),
            (json!({"groups": [wide]}), "machines[0].groups", "512 is the most"),
        ];
        for (more, field, problem) in table {
            let said = world.schedule(&machine(0, &more)).await;
            let (code, at, detail) = said.fault();
            assert_eq!((said.status, code, at), (400, "wattle.bad_field", field));
            assert!(detail.contains(problem), "{detail}");
        }
        let machines: Vec<_> = (0..48)
            .map(|number| json!({"consumer": consumer(number), "resources": {"VCPU": 1}, "groups": [format!("g{}", number % 25)]}))
            .collect();
        let groups: Vec<_> = (0..25)
            .map(|number| json!({"name": format!("g{number}"), "affinity": "apart"}))
            .collect();
        let said = world
            .schedule(&json!({"machines": machines, "groups": groups}))
            .await;
        assert_eq!((said.status, said.fault().1), (400, "machines"), "{said:?}");
        assert!(said.fault().2.contains("120 in all"), "{said:?}");
    });
}

/// h0 is suddenly much worse than the others.
fn worse(world: &mut World) {
    world.know(0, |facts| {
        facts.power_model = Fact::now(PowerModel {
            static_watts: 500.0,
            full_load_watts: 2500.0,
        });
    });
}

#[test]
fn a_plan_moves_nobody_out_of_what_it_was_promised_and_says_so() {
    run(async {
        let mut world = World::new(8, &[200.0, 250.0]).await;
        world.placed(&grouped(0, "web", "apart")).await;
        assert_eq!(world.placed(&grouped(1, "web", "apart")).await, "h1");
        worse(&mut world);
        let plan = world.get("/v1/plan?policy=save-energy").await;
        assert_eq!(plan["moves"], json!([]), "{plan}");
        let held = &plan["held"][0];
        assert_eq!(
            (&held["consumer"], &held["host"]),
            (&json!(consumer(0)), &json!("h0"))
        );
        let reason = held["reason"].as_str().unwrap();
        assert!(
            reason.contains("h1 would suit it better")
                && reason.contains("web of project default has a member"),
            "{reason}"
        );
        // The other goes, and nothing holds it any more.
        world
            .ask("DELETE", &format!("/v1/claims/{}", consumer(1)), "")
            .await;
        let plan = world.get("/v1/plan?policy=save-energy").await;
        assert_eq!(
            (&plan["moves"][0]["to"], &plan["held"]),
            (&json!("h1"), &json!([])),
            "{plan}"
        );
    });
}

#[test]
fn a_plan_predicts_with_the_busy_cpus_that_were_said_and_asks_for_no_traits_that_nobody_needs() {
    run(async {
        let mut world = World::new(8, &[200.0, 250.0]).await;
        let mut ask = machine(0, &json!({"busy_cpus": 0.25}));
        ask["policy"] = "save-energy".into();
        assert_eq!(world.placed(&ask).await, "h0");
        worse(&mut world);
        let plan = world.get("/v1/plan?policy=save-energy").await;
        // A quarter of a CPU of ten, and whoever is left may sleep.
        assert_eq!(
            plan["moves"][0]["watts_saved"],
            json!((500.0 + 50.0) - (50.0 + 5.0)),
            "{plan}"
        );
    });
}

#[test]
fn a_promise_that_is_broken_where_a_machine_stands_is_a_reason_to_move() {
    run(async {
        let mut world = World::new(8, &[200.0, 250.0]).await;
        let ask = machine(
            0,
            &json!({"limits": {"max_grams_per_kwh": 450}, "near": [{"host": "h0"}]}),
        );
        assert_eq!(world.placed(&ask).await, "h0");
        world.know(0, |facts| facts.grams_per_kwh = Fact::now(600.0));
        let plan = world.get("/v1/plan").await;
        let step = &plan["moves"][0];
        assert_eq!(
            (&step["because"], &step["to"], &step["ready"]),
            (&json!("promise"), &json!("h1"), &json!(false))
        );
        assert!(step["reason"].as_str().unwrap().contains("600 g/kWh"), "{step}");
        world.know(1, |facts| facts.grams_per_kwh = Fact::now(700.0));
        let plan = world.get("/v1/plan").await;
        assert_eq!(plan["moves"], json!([]));
        assert!(
            plan["held"][0]["reason"]
                .as_str()
                .unwrap()
                .contains("no other host keeps"),
            "{plan}"
        );
        // What is not known is not broken.
        world.know(0, |facts| facts.grams_per_kwh = Fact::Missing);
        let plan = world.get("/v1/plan").await;
        assert_eq!(plan["moves"], json!([]));
        assert!(!plan["held"].to_string().contains("breaks"), "{plan}");
    });
}

//! Places for machines.

use serde_json::json;

use super::world::World;
use super::world::consumer;
use super::world::one;
use super::world::run;
use crate::facts::Fact;

#[test]
fn a_machine_is_placed_where_it_draws_least_and_the_answer_says_why() {
    run(async {
        let world = World::new(8, &[450.0, 250.0]).await;
        let mut ask = one(1, 2);
        ask["policy"] = "save-energy".into();
        let said = world.schedule(&ask).await;
        let machine = &said.page["machines"][0];
        assert_eq!(said.page["outcome"], "placed");
        assert_eq!(said.page["policy"], "save-energy");
        assert_eq!(machine["host"], "h1");
        // 50 W for the sleeper, and a fifth of 200 W.
        assert_eq!(machine["watts"], 90.0);
        assert_eq!(machine["grams_per_hour"], 36.0);
        assert_eq!(said.page["watts"], 90.0);
        let why = &machine["why"];
        assert_eq!(why["candidates"], 2);
        assert_eq!(why["runners_up"][0]["host"], "h0");
        assert_eq!(why["runners_up"][0]["watts"], 130.0);
        let terms = why["chosen"]["terms"].as_array().unwrap();
        let watts = terms.iter().find(|term| term["term"] == "watts").unwrap();
        assert_eq!(
            (&watts["normalised"], &watts["state"], &watts["unit"]),
            (&json!(1.0), &json!("known"), &json!("W"))
        );
        let sum: f64 = terms
            .iter()
            .map(|term| term["contribution"].as_f64().unwrap())
            .sum();
        assert!((sum - why["chosen"]["score"].as_f64().unwrap()).abs() < 1e-12);
        let delay = terms.iter().find(|term| term["term"] == "delay").unwrap();
        assert_eq!(delay["state"], "not-asked");
    });
}

#[test]
fn a_repeated_call_says_where_it_is_and_another_wish_is_refused() {
    run(async {
        let world = World::new(8, &[450.0, 250.0]).await;
        let ask = json!({"machines": [{"consumer": consumer(1).to_uppercase(), "resources": {"VCPU": 2}}]});
        let first = world.placed(&ask).await;
        let again = world.schedule(&one(1, 2)).await;
        assert_eq!((again.status, &again.page["outcome"]), (200, &json!("held")));
        assert_eq!(again.page["machines"][0]["host"], json!(first));
        let other = world.schedule(&one(1, 3)).await;
        assert_eq!((other.status, other.fault().0), (409, "wattle.consumer_exists"));
        let claims = world.get("/v1/claims").await;
        assert_eq!(claims["claims"][0]["hosts"], json!({first: {"VCPU": 2}}));
        assert_eq!(claims["claims"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn to_simulate_claims_nothing() {
    run(async {
        let world = World::new(8, &[450.0]).await;
        let said = world.ask("POST", "/v1/simulate", &one(1, 2).to_string()).await;
        assert_eq!((said.status, &said.page["outcome"]), (200, &json!("simulated")));
        let said = world.ask("POST", "/v1/simulate", &one(1, 9).to_string()).await;
        assert_eq!((said.status, &said.page["outcome"]), (200, &json!("no-place")));
        assert_eq!(world.get("/v1/claims").await["claims"], json!([]));
    });
}

#[test]
fn where_there_is_no_place_every_host_is_told_with_its_rule_and_figures() {
    run(async {
        let mut world = World::new(8, &[450.0, 250.0, 250.0]).await;
        world.placed(&one(1, 8)).await;
        world.know(0, |facts| facts.grams_per_kwh = Fact::Missing);
        let mut ask = one(2, 8);
        ask["machines"][0]["limits"] = json!({"max_grams_per_kwh": 300});
        let said = world.schedule(&ask).await;
        assert_eq!((said.status, said.fault().0), (409, "wattle.no_place"));
        let why = &said.page["answer"]["machines"][0]["why"];
        let rules: Vec<_> = why["refused"]
            .as_array()
            .unwrap()
            .iter()
            .map(|refused| &refused["rule"])
            .collect();
        assert!(
            rules.contains(&&json!("unknown")) && rules.contains(&&json!("carbon")),
            "{why}"
        );
        let full = json!({"machines": [{"consumer": consumer(3), "resources": {"VCPU": 9}}]});
        let said = world.schedule(&full).await;
        let refused = &said.page["answer"]["machines"][0]["why"]["refused"][0];
        assert_eq!(refused["figures"]["capacity"], 8, "{refused}");
        assert!(
            refused["reason"]
                .as_str()
                .unwrap()
                .contains("no room for 9 of VCPU")
        );
        assert_eq!(
            world.get("/v1/claims").await["claims"].as_array().unwrap().len(),
            1
        );
    });
}

#[test]
fn many_machines_are_placed_together_or_not_at_all() {
    run(async {
        let world = World::new(4, &[450.0, 250.0, 350.0]).await;
        let machine =
            |number| json!({"consumer": consumer(number), "resources": {"VCPU": 2}, "groups": ["g"]});
        let ask = |count: usize| json!({"machines": (0..count).map(machine).collect::<Vec<_>>(), "groups": [{"name": "g", "affinity": "apart"}]});
        let said = world.schedule(&ask(4)).await;
        assert_eq!(said.fault().0, "wattle.no_place");
        assert_eq!(world.get("/v1/claims").await["claims"], json!([]));
        let said = world.schedule(&ask(3)).await;
        let mut hosts: Vec<_> = said.page["machines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|machine| machine["host"].to_string())
            .collect();
        hosts.sort_unstable();
        assert_eq!(hosts, ["\"h0\"", "\"h1\"", "\"h2\""]);
        let again = world.schedule(&ask(3)).await;
        assert_eq!(again.page["outcome"], "held");
    });
}

#[test]
fn a_policy_comes_by_name_from_the_configuration_or_as_weights() {
    run(async {
        let world = World::new(8, &[450.0, 250.0]).await;
        for (policy, weights, expected) in [
            (json!("night"), json!({}), "night"),
            (json!(null), json!({"watts": 1}), "custom"),
            (json!("spread"), json!({"watts": 100}), "custom"),
            (json!(null), json!({}), "balanced"),
        ] {
            let mut ask = one(1, 2);
            (ask["policy"], ask["weights"]) = (policy, weights);
            let said = world.ask("POST", "/v1/simulate", &ask.to_string()).await;
            assert_eq!(said.page["policy"], expected, "{said:?}");
            if expected == "custom" {
                assert_eq!(said.page["machines"][0]["host"], "h1");
            }
        }
    });
}

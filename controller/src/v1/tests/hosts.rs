//! Hosts and claims.

use std::time::Duration;

use serde_json::json;

use super::world::World;
use super::world::consumer;
use super::world::host_uuid;
use super::world::one;
use super::world::run;
use crate::facts::Fact;

#[test]
fn a_host_is_told_with_every_fact_its_state_and_age() {
    run(async {
        let mut world = World::new(8, &[450.0, 250.0]).await;
        world.know(0, |facts| {
            facts.grams_per_kwh = Fact::Stale {
                value: 300.0,
                age: Duration::from_secs(90),
            };
            facts.country = Fact::Contradictory("DE and FR".to_owned());
        });
        for name in ["h0".to_owned(), host_uuid(0)] {
            let page = world.get(&format!("/v1/hosts/{name}")).await;
            assert_eq!(
                (&page["name"], &page["standing"]),
                (&json!("h0"), &json!("ready"))
            );
            assert_eq!(page["resources"]["VCPU"]["capacity"], 8);
            let facts = &page["facts"];
            assert_eq!(
                facts["grams_per_kwh"],
                json!({"state": "stale", "value": 300.0, "unit": "g/kWh", "age_seconds": 90.0})
            );
            assert_eq!(facts["country"]["problem"], "DE and FR");
            assert_eq!(facts["position"]["state"], "missing");
            assert_eq!(facts["power_model"]["value"]["full_load_watts"], 450.0);
            assert_eq!(page["grams_per_kwh"], json!(null));
        }
        assert_eq!(world.ask("GET", "/v1/hosts/h9", "").await.status, 404);
    });
}

#[test]
fn hosts_and_claims_come_page_by_page() {
    run(async {
        let world = World::new(8, &[450.0, 250.0, 350.0]).await;
        let page = world.get("/v1/hosts?limit=2").await;
        let names: Vec<_> = page["hosts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|host| host["name"].as_str().unwrap())
            .collect();
        assert_eq!((names, &page["next"]), (vec!["h0", "h1"], &json!("h1")));
        let page = world.get("/v1/hosts?limit=2&after=h1").await;
        assert_eq!(
            (&page["hosts"][0]["name"], &page["next"]),
            (&json!("h2"), &json!(null))
        );
        for number in 0..5 {
            let mut ask = one(number, 1);
            ask["project"] = if number == 3 { "other" } else { "mine" }.into();
            ask["policy"] = "pack".into();
            world.placed(&ask).await;
        }
        let page = world.get("/v1/claims?limit=2&project=mine").await;
        assert_eq!(page["next"], json!(consumer(1)));
        let page = world
            .get(&format!("/v1/claims?limit=2&project=mine&after={}", consumer(1)))
            .await;
        let ids: Vec<_> = page["claims"]
            .as_array()
            .unwrap()
            .iter()
            .map(|claim| claim["consumer"].as_str().unwrap())
            .collect();
        assert_eq!(ids, [consumer(2), consumer(4)]);
        assert_eq!(page["next"], json!(null));
        let all = world.get("/v1/claims").await["claims"].as_array().unwrap().len();
        let mut by_host = 0;
        for host in ["h0", "h1", "h2"] {
            let page = world.get(&format!("/v1/claims?host={host}")).await;
            by_host += page["claims"].as_array().unwrap().len();
        }
        assert_eq!((all, by_host), (5, 5));
        assert_eq!(world.ask("GET", "/v1/claims?host=h9", "").await.status, 404);
    });
}

#[test]
fn what_is_released_is_free_again_and_gone_only_once() {
    run(async {
        let world = World::new(8, &[450.0]).await;
        world.placed(&one(1, 8)).await;
        let target = format!("/v1/claims/{}", consumer(1));
        assert_eq!(world.ask("DELETE", &target, "").await.status, 204);
        let said = world.ask("DELETE", &target, "").await;
        assert_eq!((said.status, said.fault().0), (404, "wattle.not_found"));
        world.placed(&one(2, 8)).await;
    });
}

#[test]
fn a_drained_host_takes_nothing_new_until_it_is_undrained() {
    run(async {
        let world = World::new(8, &[450.0, 250.0]).await;
        let mut ask = one(1, 1);
        ask["policy"] = "save-energy".into();
        let simulated = async || {
            let said = world.ask("POST", "/v1/simulate", &ask.to_string()).await;
            said.page["machines"][0]["host"].as_str().unwrap().to_owned()
        };
        let settled = async |expected: &str| {
            // The order is kept when the answer comes; the board follows in a moment.
            for _ in 0..1000 {
                if world.get("/v1/hosts/h1").await["standing"] == expected {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("h1 never was {expected}");
        };
        assert_eq!(simulated().await, "h1");
        let body = r#"{"reason": "new fans", "maintenance": true}"#;
        let said = world.ask("POST", "/v1/hosts/h1/drain", body).await;
        assert_eq!(
            said.page,
            json!({"host": "h1", "standing": "maintenance", "consumers": 0})
        );
        settled("maintenance").await;
        assert_eq!(world.get("/v1/hosts/h1").await["order"]["reason"], "new fans");
        assert_eq!(simulated().await, "h0");
        assert_eq!(world.ask("POST", "/v1/hosts/h1/undrain", "").await.status, 200);
        settled("ready").await;
        // Whoever looks after the providers gives back what was kept from others.
        for _ in 0..1000 {
            if simulated().await == "h1" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(simulated().await, "h1");
        assert_eq!(world.ask("POST", "/v1/hosts/h9/drain", "").await.status, 404);
        assert_eq!(world.ask("POST", "/v1/hosts/h9/undrain", "").await.status, 404);
    });
}

//! A plan over HTTP's values: what `rebalance` proposes, with hold and cooldown.

use std::time::Duration;

use serde_json::json;

use super::world::World;
use super::world::one;
use super::world::run;

#[test]
fn who_is_on_a_drained_host_is_to_leave_it_at_once() {
    run(async {
        let world = World::new(8, &[450.0, 250.0]).await;
        let mut ask = one(1, 2);
        ask["policy"] = "save-energy".into();
        assert_eq!(world.placed(&ask).await, "h1");
        assert_eq!(world.get("/v1/plan").await["moves"], json!([]));
        world.ask("POST", "/v1/hosts/h1/drain", "").await;
        for _ in 0..1000 {
            if world.get("/v1/hosts/h1").await["standing"] == "draining" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let plan = world.get("/v1/plan?policy=save-energy").await;
        let step = &plan["moves"][0];
        assert_eq!(
            (&step["from"], &step["to"], &step["because"]),
            (&json!("h1"), &json!("h0"), &json!("leave")),
            "{plan}"
        );
        assert_eq!(step["ready"], true);
        assert!(step["reason"].as_str().unwrap().contains("draining"));
    });
}

#[test]
fn a_move_for_gain_is_ready_only_when_it_has_been_wanted_for_long() {
    run(async {
        let mut world = World::new(8, &[450.0, 250.0]).await;
        let mut ask = one(1, 2);
        ask["policy"] = "save-energy".into();
        assert_eq!(world.placed(&ask).await, "h1");
        // h1 draws far more than it was thought to.
        world.know(1, |facts| {
            facts.power_model = crate::facts::Fact::now(crate::facts::PowerModel {
                static_watts: 500.0,
                full_load_watts: 2500.0,
            });
        });
        let target = "/v1/plan?policy=save-energy&hold_seconds=60";
        for (now, ready) in [(1000, false), (1059, false), (1060, true), (5000, false)] {
            let plan = world.ask_at(now, "GET", target, "").await.page;
            let step = &plan["moves"][0];
            assert_eq!(
                (&step["to"], &step["because"]),
                (&json!("h0"), &json!("better")),
                "{plan}"
            );
            assert_eq!(step["ready"], ready, "at {now}: {plan}");
            assert!(step["gain"].as_f64() > step["cost"].as_f64());
            // It alone keeps one CPU of ten busy: a tenth of the dynamic power of each, and the static power, since both would sleep.
            assert_eq!(step["watts_saved"], json!((500.0 + 200.0) - (50.0 + 40.0)));
        }
    });
}

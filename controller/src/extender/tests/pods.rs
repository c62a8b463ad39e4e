//! What pods ask for.

use serde_json::Value;
use serde_json::json;

use super::NAMES;
use super::annotated;
use super::asked;
use super::json_of;
use super::scores;

/// The recorded request with another specification of its pod, and the watts that `worker-4` would draw with it.
fn watts_with(change: impl FnOnce(&mut Value)) -> f64 {
    let mut args = json_of(NAMES);
    change(&mut args["Pod"]["spec"]);
    let said = asked("/filter", &args.to_string()).unwrap();
    let reason = said["FailedNodes"]["worker-4"].as_str().unwrap().to_owned();
    let watts = reason.split_once("it would draw ").unwrap().1;
    watts.split_once(" W").unwrap().0.parse().unwrap()
}

#[test]
fn a_pod_is_taken_for_the_cpus_that_the_scheduler_counts() {
    // Above 100 W each CPU draws 20 W. Without a request a container counts as a tenth of one.
    let watts = |cpus: f64| 100.0 + 20.0 * cpus;
    let close = |one: f64, other: f64| assert!((one - other).abs() < 0.11, "{one} W, not {other} W");
    let (containers, greediest, overhead) = (0.5 + 0.15 + 0.1, 1.2, 0.25);
    close(watts_with(|_| ()), watts(greediest + overhead));
    close(
        watts_with(|spec| spec["initContainers"] = json!(null)),
        watts(containers + overhead),
    );
    close(
        watts_with(|spec| spec["overhead"] = json!(null)),
        watts(greediest),
    );
    let sidecar =
        json!({"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": "300m"}}});
    let with = |place: usize| {
        let sidecar = sidecar.clone();
        watts_with(move |spec| {
            spec["initContainers"]
                .as_array_mut()
                .unwrap()
                .insert(place, sidecar);
        })
    };
    // It runs already beside those that come after it.
    close(with(0), watts(0.3 + greediest + overhead));
    close(with(2), watts(greediest + overhead));
    let large = json!({"requests": {"cpu": "2", "memory": "1Gi"}});
    close(
        watts_with(|spec| spec["containers"][0]["resources"] = large.clone()),
        watts(2.0 + 0.15 + 0.1 + overhead),
    );
    // What the pod says as a whole counts instead of its containers.
    close(
        watts_with(|spec| spec["resources"] = large),
        watts(2.0 + overhead),
    );
    close(
        watts_with(|spec| spec["resources"] = json!({"requests": {"memory": "1Gi"}})),
        watts(greediest + overhead),
    );
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
fn a_wish_that_cannot_be_meant_is_told_with_the_pod_and_fits_nowhere() {
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
        // Not as an error, which is passed over where the extender is ignorable.
        assert_eq!((&said["NodeNames"], &said["Error"]), (&json!([]), &json!(null)));
        let failed = said["FailedAndUnresolvableNodes"].as_object().unwrap();
        assert_eq!(failed.len(), 5);
        for reason in failed.values().map(|reason| reason.as_str().unwrap()) {
            assert!(
                reason.contains("default/web-0") && reason.contains(part),
                "{reason}"
            );
        }
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

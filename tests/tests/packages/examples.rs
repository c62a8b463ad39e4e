//! Examples for container platforms and fleets.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::built;
use super::source;
use super::told;

/// The documents of a file in YAML, as JSON.
fn documents(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(source().join("packaging/examples").join(name)).unwrap();
    let documents = text.split("\n---\n");
    documents
        .map(|text| serde_yaml::from_str(text).unwrap())
        .collect()
}

fn of_kind<'d>(documents: &'d [Value], kind: &str) -> &'d Value {
    documents
        .iter()
        .find(|document| document["kind"] == kind)
        .unwrap()
}

#[test]
fn the_daemon_set_mounts_the_host_read_only_and_is_not_privileged() {
    let documents = documents("kubernetes.yaml");
    let pod = &of_kind(&documents, "DaemonSet")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let security = &container["securityContext"];
    assert_eq!(security["privileged"], false);
    assert_eq!(security["allowPrivilegeEscalation"], false);
    assert_eq!(security["readOnlyRootFilesystem"], true);
    assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]));
    assert_eq!(
        security["capabilities"]["add"],
        serde_json::json!(["DAC_READ_SEARCH", "NET_BIND_SERVICE"])
    );
    let volumes = pod["volumes"].as_array().unwrap();
    for mount in container["volumeMounts"].as_array().unwrap() {
        assert!(
            volumes.iter().any(|volume| volume["name"] == mount["name"]),
            "{mount}"
        );
        assert!(mount["readOnly"] == true || mount["name"] == "state", "{mount}");
    }
    let labels = &of_kind(&documents, "DaemonSet")["spec"]["template"]["metadata"]["labels"];
    for kind in ["Service", "ServiceMonitor"] {
        let selector = &of_kind(&documents, kind)["spec"]["selector"];
        let selector = selector.get("matchLabels").unwrap_or(selector);
        assert_eq!(selector, labels, "{kind}");
    }
}

#[test]
fn the_configuration_in_the_example_is_right() {
    let documents = documents("kubernetes.yaml");
    let text = of_kind(&documents, "ConfigMap")["data"]["agent.yaml"]
        .as_str()
        .unwrap()
        .to_owned();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    fs::write(&file, text).unwrap();
    for file in [file, source().join("packaging/etc/agent.yaml")] {
        told(Command::new(built("wattle-agent")).arg("check-config").arg(file));
    }
    let file = source().join("packaging/etc/controller.yaml");
    told(
        Command::new(built("wattle-controller"))
            .arg("check-config")
            .arg(file),
    );
}

#[test]
fn the_playbook_has_a_name_and_one_action_for_every_task() {
    let plays = documents("ansible.yaml");
    let play = &plays[0][0];
    let tasks = play["tasks"].as_array().unwrap();
    for task in tasks.iter().chain(play["handlers"].as_array().unwrap()) {
        let keys = task.as_object().unwrap().keys();
        assert_eq!(
            keys.filter(|key| key.starts_with("ansible.builtin.")).count(),
            1,
            "{task}"
        );
        assert!(task["name"].is_string(), "{task}");
    }
}

#[test]
fn the_image_starts_what_it_contains_with_flags_that_there_are() {
    let text = fs::read_to_string(source().join("packaging/oci/Containerfile")).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let word = |line: &&str| line.split(' ').next().unwrap().to_owned();
    let instructions: Vec<_> = lines.iter().map(word).collect();
    let expected = [
        "FROM",
        "COPY",
        "COPY",
        "USER",
        "EXPOSE",
        "VOLUME",
        "ENTRYPOINT",
        "CMD",
    ];
    assert_eq!(instructions, expected);
    assert_eq!(lines[0], "FROM scratch");
    let flags: Vec<String> = serde_json::from_str(lines[7].strip_prefix("CMD ").unwrap()).unwrap();
    told(Command::new(built("wattle-agent")).args(flags).arg("--version"));
}

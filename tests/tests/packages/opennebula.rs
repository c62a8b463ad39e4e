//! The probes and the hook for OpenNebula, run as OpenNebula runs them.

use std::fs;
use std::process::Command;

use super::built;
use super::has;
use super::source;
use super::told;
use crate::e2e::agent::Agent;

fn script(name: &str) -> Command {
    Command::new(source().join("packaging/opennebula").join(name))
}

#[test]
fn the_probe_tells_what_the_agent_knows_and_nothing_where_there_is_none() {
    if !has("curl") {
        skip!("curl is missing");
    }
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &["--interval", "100ms"]);
    agent.wait_until_ready();
    agent.after_ticks(3);
    let told_by = |url: &str| told(script("wattle-probe").env("WATTLE_URL", url));
    let attributes = told_by(&format!("http://{}", agent.address));
    let watts = attributes
        .lines()
        .find_map(|line| line.strip_prefix("WATTLE_POWER_WATTS=\"")?.strip_suffix('"'));
    assert!(watts.unwrap().parse::<f64>().unwrap() > 0.0, "{attributes}");
    assert_eq!(told_by("http://127.0.0.1:1"), "");
}

#[test]
fn the_place_of_the_host_is_an_attribute_if_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    let bin = built("wattle-agent").parent().unwrap().to_owned();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let ask = || {
        told(
            script("wattle-geolocation")
                .env("WATTLE_CONFIG", &file)
                .env("PATH", &path),
        )
    };
    fs::write(&file, "location: {latitude: 52.5, longitude: 13.4}\n").unwrap();
    let told = ask();
    assert!(told.contains("GEOLOCATION=") && told.contains("52.5"), "{told}");
    fs::write(&file, "location: nowhere\n").unwrap();
    assert_eq!(ask(), "");
}

#[test]
fn the_hook_goes_to_the_host_that_it_is_told_of_and_to_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let ssh = dir.path().join("ssh");
    fs::write(&ssh, "#!/bin/sh\necho \"$@\"\n").unwrap();
    told(Command::new("chmod").arg("755").arg(&ssh));
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
    let hook = |template: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", "printf %s \"$1\" | base64 | \"$2\"", "sh", template]);
        command.arg(source().join("packaging/opennebula/wattle-host-hook"));
        command.env("PATH", &path).output().unwrap()
    };
    let output = hook("<HOST><ID>3</ID><NAME>node-7.example</NAME><STATE>2</STATE></HOST>");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains(" node-7.example wattle-agent location --write "),
        "{told}"
    );
    for hostile in ["<HOST><NAME>-oProxyCommand=x;y</NAME></HOST>", "<HOST/>"] {
        let output = hook(hostile);
        assert!(!output.status.success(), "{}", super::said(&output));
    }
}

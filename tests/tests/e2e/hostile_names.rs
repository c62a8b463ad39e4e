//! Cgroups whose names nobody would choose in good faith.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::client::ask;
use super::living::Living;
use super::promtool;

/// A name, and the part of it that can be shown, as it is written in either text form.
const NAMES: [(&[u8], &str); 8] = [
    (b"quo\"te.service", "quo\\\"te.service"),
    (b"back\\slash\\n.service", "back\\\\slash\\\\n.service"),
    (b"new\nline.service", "new\u{fffd}line.service"),
    (
        b"nul-less\x01\x1b[31m.service",
        "nul-less\u{fffd}\u{fffd}[31m.service",
    ),
    (
        b"not-utf-8-\xff\xfe.service",
        "not-utf-8-\u{fffd}\u{fffd}.service",
    ),
    // Both end up as the same text, which must not make two series of one name.
    (
        b"not-utf-8-\xfe\xff.service",
        "not-utf-8-\u{fffd}\u{fffd}.service",
    ),
    (b"} 1\n# EOF\n.service", "} 1\u{fffd}# EOF\u{fffd}.service"),
    (b" {a=\"b\"} 7.service", " {a=\\\"b\\\"} 7.service"),
];

#[test]
fn hostile_names_are_shown_safely_in_every_form() {
    let host = Living::start(Spec::default().with_mixture(3, 5));
    let long = [b"x".repeat(200), b".service".to_vec()].concat();
    let slice = host.path().join("sys/fs/cgroup/system.slice");
    for name in NAMES.iter().map(|(name, _)| *name).chain([long.as_slice()]) {
        let cgroup = slice.join(OsStr::from_bytes(name));
        fs::create_dir_all(&cgroup).unwrap();
        fs::write(
            cgroup.join("cpu.stat"),
            "usage_usec 7000\nuser_usec 7000\nsystem_usec 0\n",
        )
        .unwrap();
        fs::write(cgroup.join("memory.current"), "4096\n").unwrap();
    }
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &host.flags(&["--interval", "100ms"]));
    agent.wait_until_ready();
    let text = agent.get("/metrics").text();
    let openmetrics = ask(
        agent.address,
        "GET",
        "/metrics",
        &[("Accept", "application/openmetrics-text")],
    )
    .text();
    for body in [&text, &openmetrics] {
        super::exposition::Exposition::parse(body);
        for (_, shown) in NAMES {
            let label = format!("name=\"{shown}\"");
            assert!(body.contains(&label), "{label} is not in\n{body}");
        }
        assert!(body.contains(&format!("name=\"{}\"", "x".repeat(200) + ".service")));
        assert_eq!(body.matches("\n# EOF").count(), usize::from(*body == openmetrics));
    }
    assert!(serde_json::from_slice::<serde_json::Value>(&agent.get("/api/v1/report").body).is_ok());
    if !promtool::is_there() {
        skip!("{}", promtool::MISSING);
    }
    assert_eq!(promtool::check(&text), (Some(0), String::new()));
}

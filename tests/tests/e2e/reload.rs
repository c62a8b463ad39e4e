//! SIGHUP.

use std::fs;

use nix::sys::signal::Signal;
use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::living::Living;
use super::patience::wait_until;

const FAILURES: &str = "wattle_config_reload_failures_total";

#[test]
fn a_reload_takes_what_it_can_reports_the_rest_and_keeps_everything_when_the_file_is_wrong() {
    let host = Living::start(Spec::default().with_mixture(5, 10));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    let write = |text: &str| fs::write(&file, text).unwrap();
    write("interval: 1m\nlisten: 127.0.0.1:0\n");
    let flags = host.flags(&[
        "--config",
        file.to_str().unwrap(),
        "--state-dir",
        dir.path().to_str().unwrap(),
    ]);
    let agent = Agent::start_as(super::agent::command(&flags));
    assert_eq!(
        agent.scrape().whole("wattle_idle_policy_info{policy=\"host\"}"),
        1
    );
    assert_eq!(agent.get("/readyz").status, 503);

    write("interval: 100ms\nlisten: 127.0.0.1:1\npower: {idle-policy: usage}\nlog: {level: debug}\n");
    agent.program.signal(Signal::SIGHUP);
    agent.wait_until_ready();
    assert_eq!(
        agent
            .after_ticks(1)
            .whole("wattle_idle_policy_info{policy=\"usage\"}"),
        1
    );
    agent.program.wait_for_log("keys=\"listen\"");
    agent.program.wait_for_log("need a restart");
    agent
        .program
        .wait_for_log("changed=\"interval, log.level, power.idle-policy\"");

    write("interval: 100ms\npower: {idle-policy: nobody}\n");
    agent.program.signal(Signal::SIGHUP);
    wait_until("the refusal", || agent.scrape().whole(FAILURES) == 1);
    agent
        .program
        .wait_for_log("agent.yaml:2: power.idle-policy: unknown variant `nobody`");
    assert_eq!(
        agent
            .after_ticks(2)
            .whole("wattle_idle_policy_info{policy=\"usage\"}"),
        1
    );

    write("interval: 100ms\nlog: {level: error}\n");
    agent.program.signal(Signal::SIGHUP);
    wait_until("the old policy", || {
        agent
            .scrape()
            .get("wattle_idle_policy_info{policy=\"host\"}")
            .is_some()
    });
    assert_eq!(agent.scrape().whole(FAILURES), 1);
}

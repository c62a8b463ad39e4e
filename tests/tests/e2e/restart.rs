//! Ends and beginnings, orderly and not.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;
use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::agent::command;
use super::client;
use super::exposition::Exposition;
use super::exposition::micro;
use super::living::Living;
use super::patience::now;
use super::patience::wait_until;

const EACH: &str = "wattle_host_energy_joules_total";

fn spec() -> Spec {
    Spec::default().with_mixture(12, 40)
}

/// Cores, packages and memory, as the host really used them.
fn truth_uj(host: &Living) -> u64 {
    let truth = host.truth().host;
    truth.cpu_uj + truth.dram_uj
}

/// Waits until the agent has seen so much more.
fn until_it_has_seen(agent: &Agent, uj: u64) -> Exposition {
    wait_until("energy", || agent.scrape().sum_micro(EACH, "") >= uj);
    agent.scrape()
}

fn assert_nothing_fell(before: &Exposition, after: &Exposition) {
    // Requests answered and ticks missed are those of one run.
    let of_a_run = ["wattle_http_", "wattle_ticks_missed_total"];
    let ours = |series: &&str| {
        series.starts_with("wattle_") && !of_a_run.iter().any(|name| series.starts_with(name))
    };
    for (series, value) in before.counters().filter(|(series, _)| ours(series)) {
        let now = after.get(series).map(micro);
        assert!(now >= Some(micro(value)), "{series} fell from {value} to {now:?}");
    }
}

#[test]
fn after_kill_9_counters_go_on_and_even_the_time_between_is_counted_exactly_once() {
    let host = Living::held(spec());
    let state = tempfile::tempdir().unwrap();
    let flags = host.flags(&["--interval", "100ms"]);
    let mut agent = Agent::start(state.path(), &flags);
    agent.wait_until_ready();
    host.let_go();
    for round in 1..=3 {
        let before = until_it_has_seen(&agent, round * 200_000_000);
        agent.program.signal(Signal::SIGKILL);
        agent.program.wait();
        let at_death = truth_uj(&host);
        wait_until("energy that nobody sees", || {
            truth_uj(&host) > at_death + 50_000_000
        });
        agent = Agent::start(state.path(), &flags);
        let after = agent.after_ticks(0);
        assert_nothing_fell(&before, &after);
        assert_eq!(after.micro("wattle_conservation_error_joules"), 0);
    }
    host.hold();
    let last = agent.after_ticks(2);
    // The counters of the hardware move in units of 61 µJ and so do the truth's: nothing is rounded away.
    assert_eq!(last.sum_micro(EACH, ""), truth_uj(&host));
}

#[test]
fn both_signals_end_it_with_0_at_once_and_save_counters_that_outlive_a_reboot() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let host = Living::start(spec());
        let state = tempfile::tempdir().unwrap();
        let flags = host.flags(&["--interval", "100ms"]);
        let mut agent = Agent::start(state.path(), &flags);
        let before = until_it_has_seen(&agent, 50_000_000);
        let open = client::connect(agent.address);
        let start = now();
        agent.program.signal(signal);
        assert_eq!(agent.program.wait().code(), Some(0), "{signal}");
        // The client that is still there would be waited for by whoever waits: a busy machine alone takes no such time.
        assert!(start.elapsed() < Duration::from_secs(5), "{signal}");
        drop(open);
        host.apply("new-boot-id");
        let agent = Agent::start(state.path(), &flags);
        assert_nothing_fell(&before, &agent.after_ticks(0));
    }
}

#[test]
fn after_a_crash_of_the_machine_counters_begin_at_0_and_the_log_says_why() {
    let host = Living::start(spec());
    let state = tempfile::tempdir().unwrap();
    let flags = host.flags(&["--interval", "100ms"]);
    let mut agent = Agent::start(state.path(), &flags);
    until_it_has_seen(&agent, 300_000_000);
    agent.program.signal(Signal::SIGKILL);
    agent.program.wait();
    host.hold();
    host.apply("new-boot-id");
    let agent = Agent::start(state.path(), &flags);
    assert_eq!(agent.after_ticks(1).sum_micro(EACH, ""), 0);
    agent.program.wait_for_log("the machine stopped without warning");
}

#[test]
fn a_second_agent_on_the_same_state_directory_warns_and_runs() {
    let host = Living::start(spec());
    let state = tempfile::tempdir().unwrap();
    let flags = host.flags(&["--interval", "100ms"]);
    let first = Agent::start(state.path(), &flags);
    let second = Agent::start(state.path(), &flags);
    second
        .program
        .wait_for_log("another agent uses it; give this one a --state-dir of its own");
    second.wait_until_ready();
    first.wait_until_ready();
    assert!(!first.program.log().contains("WARN"), "{}", first.program.log());
}

#[test]
fn a_state_directory_that_cannot_be_written_is_warned_of_and_the_agent_runs() {
    let host = Living::start(spec());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    // Below a file nobody can make a directory, root included.
    let agent = Agent::start(&file.join("state"), &host.flags(&["--interval", "100ms"]));
    agent.program.wait_for_log("counters will not outlive the agent");
    agent.program.wait_for_log("choose another with --state-dir");
    until_it_has_seen(&agent, 1_000_000);
}

#[test]
fn a_damaged_state_is_set_aside_with_a_word_and_never_fatal() {
    let host = Living::start(spec());
    let state = tempfile::tempdir().unwrap();
    for slot in ["state-a", "state-b"] {
        fs::write(state.path().join(slot), b"wattle-state 1 7 \xff\0").unwrap();
    }
    let mut command =
        command(&host.flags(&["--listen", "127.0.0.1:0", "--interval", "100ms", "--state-dir"]));
    command.arg(state.path());
    let agent = Agent::start_as(command);
    agent.program.wait_for_log("state-a.aside");
    agent.program.wait_for_log("state-b.aside");
    agent.wait_until_ready();
}

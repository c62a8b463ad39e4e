//! Keys, sizes, signals and an agent that goes away.

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use super::super::agent::Agent;
use super::super::agent::binary;
use super::super::living::Living;
use super::tmux;
use super::tmux::Tmux;

const UTF8: (&str, &str) = ("LC_ALL", "C.UTF-8");

/// An agent on a host with a large guest and services.
fn agent() -> (Agent, Living, tempfile::TempDir) {
    let spec = Spec {
        workloads: vec![
            WorkloadSpec::new(Kind::Libvirt, "one-524", Load::Constant(6000)),
            WorkloadSpec::new(Kind::Service, "000-small", Load::Constant(50)),
        ],
        ..Spec::default()
    };
    let host = Living::start(spec.with_mixture(30, 40));
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &host.flags(&["--interval", "200ms"]));
    agent.wait_until_ready();
    (agent, host, state)
}

fn line(agent: &Agent) -> String {
    format!(
        "{} top --interval 200ms --url http://{}",
        binary().display(),
        agent.address
    )
}

/// The names in the table, in order.
fn names(screen: &[String]) -> Vec<String> {
    let rows = screen.iter().skip(5).take(screen.len().saturating_sub(6));
    rows.filter_map(|row| row.split_whitespace().nth(1).map(str::to_owned))
        .collect()
}

#[test]
fn keys_sort_filter_and_change_the_tab_and_the_screen_is_given_back() {
    if !tmux::is_there() {
        skip!("{}", tmux::MISSING);
    }
    let (agent, _host, _state) = agent();
    let tmux = Tmux::start((80, 24), &[UTF8], &line(&agent));
    // The first report may be that of a first tick, which has no watts yet.
    let screen = tmux.wait("rows and watts", |lines| {
        names(lines).iter().any(|name| name == "one-524")
            && lines[1].contains(" W  cpu ")
            && lines[1].contains("  dram ")
    });
    assert!(screen[0].starts_with("fakehost "), "{screen:?}");
    assert!(screen[4].contains("WATTS*"), "{screen:?}");
    assert!(screen.iter().all(|line| line.chars().count() <= 80), "{screen:?}");
    tmux.text("a");
    tmux.wait("names in order", |lines| {
        lines[4].contains("NAME*")
            && names(lines)
                .first()
                .is_some_and(|name| name.starts_with("000-small"))
    });
    tmux.text("/one-524");
    tmux.keys(&["Enter"]);
    tmux.wait("one row", |lines| {
        names(lines) == ["one-524"] && lines[3].ends_with("/one-524")
    });
    tmux.text("V");
    tmux.wait("no row", |lines| {
        names(lines).is_empty() && lines[3].contains("without V")
    });
    tmux.text("x2");
    tmux.wait_for_text("no peers are measured");
    tmux.keys(&["Tab"]);
    tmux.wait_for_text("powercap/intel-rapl:0");
    tmux.text("?");
    tmux.wait_for_text("reverse the order");
    tmux.text("q");
    let after = tmux.wait_for_text("ended with 0");
    assert!(after[0].starts_with("before"), "{after:?}");
    assert!(
        after.join(" ").contains(" icanon") && after.join(" ").contains(" echo "),
        "{after:?}"
    );
}

#[test]
fn a_resize_is_followed_and_a_suspension_gives_the_terminal_back_for_a_while() {
    if !tmux::is_there() {
        skip!("{}", tmux::MISSING);
    }
    let (agent, _host, _state) = agent();
    let tmux = Tmux::start((80, 24), &[UTF8], &line(&agent));
    tmux.wait_for_text("one-524");
    tmux.resize(120, 40);
    tmux.wait("a sparkline", |lines| {
        lines.len() == 40 && lines[39].starts_with("q quit") && lines[4].contains("HISTORY")
    });
    tmux.resize(40, 10);
    tmux.wait("a small screen", |lines| {
        lines.len() == 10 && lines[9].starts_with("q quit") && lines[4].contains("CPU%")
    });
    tmux.resize(80, 24);
    tmux.wait("the first size", |lines| {
        lines.len() == 24 && lines[23].starts_with("q quit")
    });
    let top = Pid::from_raw(tmux.child().unwrap());
    tmux.keys(&["C-z"]);
    tmux.wait("the screen of before", |lines| {
        lines[0].starts_with("before") && !lines.join("").contains("one-524")
    });
    kill(top, Signal::SIGCONT).unwrap();
    tmux.wait("the table again", |lines| {
        names(lines).iter().any(|name| name == "one-524")
    });
    kill(top, Signal::SIGTERM).unwrap();
    let after = tmux.wait_for_text("ended with 0");
    assert!(after.join(" ").contains(" icanon"), "{after:?}");
}

#[test]
fn an_agent_that_ends_is_missed_and_found_again() {
    if !tmux::is_there() {
        skip!("{}", tmux::MISSING);
    }
    let (mut agent, host, state) = agent();
    let tmux = Tmux::start((100, 24), &[UTF8], &line(&agent));
    tmux.wait_for_text("one-524");
    agent.program.signal(Signal::SIGKILL);
    agent.program.wait();
    let screen = tmux.wait_for_text("trying again");
    assert!(screen.join("").contains("one-524"), "{screen:?}");
    let listen = agent.address.to_string();
    let mut command =
        super::super::agent::command(&host.flags(&["--interval", "200ms", "--listen", &listen]));
    command.arg("--state-dir").arg(state.path());
    let _again = Agent::start_as(command);
    tmux.wait("figures again", |lines| lines[23].starts_with("q quit"));
    tmux.keys(&["C-c"]);
    tmux.wait_for_text("ended with 0");
}

#[test]
fn without_utf8_only_ascii_is_drawn_and_no_color_means_none() {
    if !tmux::is_there() {
        skip!("{}", tmux::MISSING);
    }
    let (agent, _host, _state) = agent();
    let coloured = |screen: &str| {
        ["\u{1b}[31m", "\u{1b}[34m", "\u{1b}[36m", "\u{1b}[32m"]
            .iter()
            .any(|code| screen.contains(code))
    };
    let plain = Tmux::start((120, 24), &[("LC_ALL", "C"), ("NO_COLOR", "1")], &line(&agent));
    let screen = plain.wait_for_text("one-524").join("");
    assert!(screen.is_ascii(), "{screen}");
    assert!(!coloured(&plain.colours()));
    let colours = Tmux::start((120, 24), &[UTF8], &line(&agent));
    colours.wait("bars", |lines| lines.join("").contains(['▁', '█']));
    assert!(coloured(&colours.colours()));
}

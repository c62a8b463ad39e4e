//! What the power of a running agent weighs.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::agent::run;
use super::living::Living;
use super::patience::wait_until;

#[test]
fn a_service_that_never_answers_holds_up_no_tick_and_the_time_is_counted_as_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/now", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            held.push(stream);
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let state = tempfile::tempdir().unwrap();
    let host = Living::start(Spec::default());
    let flags = [
        "--interval",
        "200ms",
        "--carbon.source",
        "http",
        "--carbon.http.provider",
        "json",
        "--carbon.http.url",
        &url,
        "--carbon.http.pointer",
        "/grams",
    ];
    let agent = Agent::start(state.path(), &host.flags(&flags));
    agent.wait_until_ready();
    wait_until("a question", || asked.load(Ordering::SeqCst) > 0);
    let before = agent.scrape();
    let after = agent.after_ticks(5);
    let unknown = "wattle_host_energy_of_unknown_carbon_joules_total";
    assert!(after.micro(unknown) > before.micro(unknown));
    assert_eq!(after.sum_micro("wattle_host_carbon_grams_total", ""), 0);
    assert_eq!(
        after
            .family("wattle_grid_carbon_intensity_grams_per_kilowatt_hour")
            .count(),
        0
    );
    assert_eq!(after.get("wattle_sensor_up{sensor=\"carbon\"}"), Some("0"));
}

#[test]
fn a_reload_takes_another_source_and_no_counter_falls() {
    let (dir, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let host = Living::start(Spec::default());
    let file = dir.path().join("agent.yaml");
    let configure =
        |carbon: &str| std::fs::write(&file, format!("interval: 200ms\ncarbon: {carbon}\n")).unwrap();
    configure("{source: static, intensity: 9000, pue: 1.2, zone: lab}");
    let agent = Agent::start(state.path(), &host.flags(&["--config", file.to_str().unwrap()]));
    agent.wait_until_ready();
    let shown = agent.after_ticks(5);
    assert_eq!(
        shown.get("wattle_grid_carbon_intensity_grams_per_kilowatt_hour{zone=\"lab\",source=\"static\"}"),
        Some("9000.0")
    );
    assert_eq!(
        shown.get(
            "wattle_grid_carbon_info{zone=\"lab\",source=\"static\",accounting=\"average\",pue=\"1.200\"}"
        ),
        Some("1")
    );
    let host_grams =
        |scrape: &super::exposition::Exposition| scrape.sum_micro("wattle_host_carbon_grams_total", "");
    assert!(host_grams(&shown) > 0);
    configure("{source: table, zone: SE}");
    agent.program.signal(nix::sys::signal::Signal::SIGHUP);
    let series = "wattle_grid_carbon_intensity_grams_per_kilowatt_hour{zone=\"SE\",source=\"table\"}";
    wait_until("the table", || agent.scrape().get(series) == Some("40.695"));
    let later = agent.after_ticks(2);
    for (series, value) in shown.counters() {
        let now = later.get(series).unwrap().parse::<f64>().unwrap();
        assert!(now >= value.parse::<f64>().unwrap(), "{series}");
    }
    let mut infos = later.family("wattle_grid_carbon_data_info");
    assert!(
        infos.any(|(labels, _)| labels.contains("licence=\"CC-BY-4.0\"") && labels.contains("year=\"2023\""))
    );
    configure("{source: off}");
    agent.program.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("the end", || {
        agent.scrape().family("wattle_host_carbon_grams_total").count() == 0
    });
    configure("{source: static, intensity: 1}");
    agent.program.signal(nix::sys::signal::Signal::SIGHUP);
    wait_until("the return", || {
        agent.scrape().family("wattle_host_carbon_grams_total").count() > 0
    });
    assert!(host_grams(&agent.scrape()) >= host_grams(&later));
}

#[test]
fn a_source_that_lacks_something_is_refused_with_its_key() {
    for (flags, wanted) in [
        (&["static"][..], "carbon.intensity: the source static needs it"),
        (&["file"], "carbon.file.path"),
        (&["http"], "carbon.zone: the source electricity-maps needs it"),
        (&["http", "--carbon.zone", "SE"], "carbon.token-file"),
        (&["http", "--carbon.http.provider", "json"], "carbon.http.url"),
        (
            &[
                "http",
                "--carbon.http.provider",
                "uk",
                "--carbon.accounting",
                "marginal",
            ],
            "carbon.accounting: uk knows the average only",
        ),
        (&["prometheus"], "carbon.prometheus.url"),
        (
            &["static", "--carbon.intensity=-1"],
            "--carbon.intensity: \"-1\" is no intensity",
        ),
        (
            &["static", "--carbon.intensity", "1", "--carbon.pue", "0.9"],
            "--carbon.pue: \"0.9\" is no factor from 1",
        ),
        (
            &["http", "--carbon.http.url", "https://a:b@example.org"],
            "--carbon.http.url: a URL with a password in it",
        ),
    ] {
        let done = run(&[&["location", "--carbon.source"], flags].concat());
        let text = String::from_utf8(done.stderr).unwrap();
        assert!(
            !done.status.success() && text.contains(wanted),
            "{flags:?} {text}"
        );
    }
}

//! The real Prometheus, scraping the real agent in each of the three forms.

mod places;
pub(crate) mod server;
mod via;

use serde_json::Value;
use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Spec;

use self::server::Server;
use self::via::Via;
use super::agent::Agent;
use super::living::Living;
use super::patience::wait_until;
use super::skip;

const SCRAPES: u64 = 5;
const TEXT: &str = "text/plain;version=0.0.4";

/// An agent on a host of some size where everything comes and goes.
fn busy_agent() -> (Agent, Living, tempfile::TempDir) {
    let churn = Churn {
        processes_per_second: 20,
        cgroups_per_second: 4,
    };
    let host = Living::start(
        Spec {
            churn,
            ..Spec::default()
        }
        .with_mixture(15, 40),
    );
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(
        state.path(),
        &host.flags(&["--interval", "300ms", "--limits.keep-ended", "2s"]),
    );
    agent.wait_until_ready();
    (agent, host, state)
}

/// The target of a job is up and everything it showed was stored.
fn assert_taken(server: &Server, job: &str) {
    let of_job = |metric: &str| server.value(&format!("{metric}{{job=\"{job}\"}}"));
    wait_until("some scrapes", || {
        server.value(&format!("count_over_time(up{{job=\"{job}\"}}[5m])")) >= Some(SCRAPES as f64)
    });
    assert_eq!(
        server.value(&format!("min_over_time(up{{job=\"{job}\"}}[5m])")),
        Some(1.0),
        "{job}"
    );
    let scraped = format!("scrape_samples_scraped{{job=\"{job}\"}}");
    let lost = server.value(&format!("{scraped} - scrape_samples_post_metric_relabeling"));
    assert_eq!(lost, Some(0.0), "{job}");
    assert!(of_job("scrape_samples_scraped") > Some(100.0), "{job}");
    assert_eq!(of_job("wattle_conservation_error_joules"), Some(0.0), "{job}");
    let targets = server.api("/api/v1/targets?state=active");
    let all = targets["activeTargets"].as_array().unwrap();
    let mine: Vec<&Value> = all
        .iter()
        .filter(|target| target["labels"]["job"] == job)
        .collect();
    assert_eq!(
        (mine.len(), &mine[0]["health"], &mine[0]["lastError"]),
        (1, &"up".into(), &"".into())
    );
}

#[test]
fn prometheus_takes_every_sample_of_openmetrics_and_of_text() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    let (agent, _host, _state) = busy_agent();
    let openmetrics = Via::unchanged(agent.address);
    let text = Via::accepting(agent.address, TEXT);
    let jobs = [("openmetrics", openmetrics.address), ("text", text.address)];
    let server = Server::start(&jobs, &[]);
    for (job, _) in jobs {
        assert_taken(&server, job);
    }
    server.assert_nothing_dropped();
    assert_eq!(
        openmetrics.content_types(),
        ["application/openmetrics-text; version=1.0.0; charset=utf-8"]
    );
    assert_eq!(text.content_types(), ["text/plain; version=0.0.4; charset=utf-8"]);
    for (job, name, kind) in [
        ("openmetrics", "wattle_host_energy_joules", "counter"),
        ("openmetrics", "wattle_host_power_watts", "gauge"),
        ("openmetrics", "wattle_workload", "info"),
        ("openmetrics", "wattle_tick_seconds", "histogram"),
        ("text", "wattle_host_energy_joules_total", "counter"),
        ("text", "wattle_host_power_watts", "gauge"),
        ("text", "wattle_workload_info", "gauge"),
        ("text", "wattle_tick_seconds", "histogram"),
    ] {
        let metadata = server.metadata(job, name);
        assert_eq!(metadata["type"], kind, "{job}: {name}: {metadata}");
        assert!(
            metadata["help"].as_str().is_some_and(|help| help.ends_with('.')),
            "{metadata}"
        );
    }
    assert_eq!(
        server.metadata("openmetrics", "wattle_host_energy_joules")["unit"],
        "joules"
    );
}

#[test]
fn prometheus_takes_every_sample_of_protobuf_when_it_asks_for_native_histograms() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    let (agent, _host, _state) = busy_agent();
    let via = Via::unchanged(agent.address);
    let server = Server::start(
        &[("protobuf", via.address)],
        &["--enable-feature=native-histograms"],
    );
    assert_taken(&server, "protobuf");
    server.assert_nothing_dropped();
    assert_eq!(
        via.content_types(),
        ["application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"]
    );
    for (name, kind) in [
        ("wattle_host_energy_joules_total", "counter"),
        ("wattle_host_power_watts", "gauge"),
        ("wattle_workload_info", "gauge"),
    ] {
        assert_eq!(server.metadata("protobuf", name)["type"], kind, "{name}");
    }
}

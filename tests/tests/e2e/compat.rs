//! Dashboards that were made for others, on the real Prometheus.

use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use super::agent::Agent;
use super::client;
use super::living::Living;
use super::patience::wait_until;
use super::prometheus::server;
use super::prometheus::server::Server;
use super::promtool;

/// An agent on a host with a guest of OpenNebula, a pod and containers.
fn agent(more: &[&str]) -> (Agent, Living, tempfile::TempDir) {
    let spec = Spec {
        workloads: vec![
            WorkloadSpec::new(Kind::Libvirt, "one-524", Load::Constant(900)),
            WorkloadSpec::new(Kind::Pod, "nginx", Load::Constant(400)),
        ],
        ..Spec::default()
    };
    let host = Living::start(spec.with_mixture(8, 20));
    let state = tempfile::tempdir().unwrap();
    let flags = host.flags(&[&["--interval", "300ms"], more].concat());
    let agent = Agent::start(state.path(), &flags);
    agent.wait_until_ready();
    (agent, host, state)
}

/// Queries of the originals' own dashboards and documentation, as they are there but for variables, which are filled in, and
/// windows, which are shorter.
const QUERIES: [&str; 27] = [
    // Scaphandre: docker-compose/sample.jsonnet and the pages on Prometheus.
    "scaph_host_power_microwatts / 1000000",
    "sum(scaph_process_power_consumption_microwatts) / 1000000",
    "sum(scaph_domain_power_microwatts) / 1000000",
    "sum(avg_over_time(scaph_host_power_microwatts[1h]))/1000000",
    "scaph_host_load_avg_one",
    "scaph_host_load_avg_five",
    "scaph_host_load_avg_fifteen",
    "scaph_socket_power_microwatts / 1000000",
    "scaph_domain_power_microwatts / 1000000",
    "scaph_self_cpu_usage_percent",
    "scaph_self_memory_bytes",
    "scaph_self_memory_virtual_bytes",
    "scaph_process_power_consumption_microwatts{cmdline=~\".*.*\"}/1000000",
    "scaph_process_cpu_usage_percentage{cmdline=~\".*.*\"}",
    "scaph_process_memory_bytes{cmdline=~\".*.*\"}",
    "scaph_process_power_consumption_microwatts{vmname=\"one-524\"} / 1e6",
    // Kepler: compose/dev/grafana/dashboards/dev and docs/user.
    "count by (instance, model_name, vendor_id) (kepler_node_cpu_info)",
    "kepler_build_info",
    "rate(kepler_node_cpu_joules_total{job=\"compat\", zone=\"package\"}[20s])",
    "kepler_node_cpu_watts{job=\"compat\", zone=\"package\"}",
    "sum(rate(node_rapl_package_joules_total[20s]))",
    "kepler_node_cpu_usage_ratio",
    "topk(10, kepler_container_cpu_watts{zone=\"package\", state=\"running\"})",
    "sum by (pod_name, pod_namespace) (kepler_pod_cpu_watts)",
    "sum(rate(kepler_vm_cpu_joules_total[20s])) by (vm_id)",
    "kepler_node_cpu_active_watts / kepler_node_cpu_watts",
    // COGNIT and OpenNebula.
    "sum by(one_vm_id)(increase(opennebula_libvirt_cpu_seconds_total[40s])) + on (one_vm_id) opennebula_vm_power_consumption_uW",
];

/// Two queries that must give the same, to the last digits, at any moment.
const EQUAL: [(&str, &str); 7] = [
    ("sum(kepler_node_cpu_watts)", "sum(wattle_host_power_watts)"),
    (
        "sum(kepler_node_cpu_joules_total)",
        "sum(wattle_host_energy_joules_total)",
    ),
    (
        "sum(kepler_node_cpu_active_watts + kepler_node_cpu_idle_watts)",
        "sum(wattle_host_power_watts)",
    ),
    (
        "sum(scaph_process_power_consumption_microwatts) / 1e6 + sum(kepler_node_cpu_idle_watts)",
        "sum(scaph_host_power_microwatts) / 1e6",
    ),
    (
        "sum(kepler_vm_cpu_joules_total)",
        "sum(wattle_workload_energy_joules_total{kind=\"vm\"})",
    ),
    (
        "sum(opennebula_vm_power_consumption_uW) / 1e6",
        "sum(scaph_process_power_consumption_microwatts{vmname=~\"one-.*\"}) / 1e6",
    ),
    (
        "sum(node_rapl_package_joules_total)",
        "sum(wattle_host_energy_joules_total{component=\"cpu\"})",
    ),
];

#[test]
fn queries_of_others_dashboards_have_answers_on_prometheus_and_the_answers_are_right() {
    if !server::is_there() {
        skip!("{}", server::MISSING);
    }
    let all = [
        "--compat",
        "scaphandre,kepler",
        "--compat",
        "opennebula",
        "--compat",
        "node",
    ];
    let (agent, _host, _state) = agent(&all);
    let server = Server::start(&[("compat", agent.address)], &[]);
    let ready = "min(count_over_time(kepler_node_cpu_watts[5m])) > 4";
    wait_until("some scrapes", || server.value(ready).is_some());
    for query in QUERIES {
        let rows = server.rows(query);
        assert!(!rows.is_empty(), "{query} has no answer");
        for row in &rows {
            let value: f64 = row["value"][1].as_str().unwrap().parse().unwrap();
            assert!(value.is_finite() && value >= 0.0, "{query}: {row}");
        }
    }
    for (one, other) in EQUAL {
        // Both in one query, so that no scrape comes in between.
        let off = server.value(&format!("abs(({one}) - ({other})) / ({other})"));
        assert!(off.is_some_and(|off| off < 1e-9), "{one} and {other}: {off:?}");
    }
    let kind = |name: &str| server.metadata("compat", name)["type"].clone();
    assert_eq!(kind("kepler_node_cpu_joules"), "counter");
    assert_eq!(kind("scaph_host_energy_microjoules"), "unknown");
    server.assert_nothing_dropped();
}

#[test]
fn promtool_complains_of_nothing_but_the_originals_names() {
    if !promtool::is_there() {
        skip!("{}", promtool::MISSING);
    }
    let (agent, _host, _state) = agent(&["--processes.top", "5"]);
    let text = agent.get("/metrics/compat").text();
    let (_, told) = promtool::check(&text);
    let known = |line: &str| {
        let foreign = ["scaph_", "kepler_", "opennebula_", "node_rapl_"];
        let lint = [
            "counter metrics should have \"_total\" suffix",
            "non-counter metrics should not have \"_total\" suffix",
            "use base unit \"joules\" instead of \"microjoules\"",
            "use base unit \"watts\" instead of \"microwatts\"",
            "use base unit \"percent\"",
            "metric names should be written in 'snake_case' not 'camelCase'",
        ];
        foreign.iter().any(|start| line.starts_with(start)) && lint.iter().any(|lint| line.contains(lint))
    };
    for line in told.lines() {
        assert!(known(line), "{line}");
    }
    assert!(told.contains("scaph_host_energy_microjoules"), "{told}");
}

#[test]
fn a_second_path_has_the_chosen_names_and_the_first_has_none_until_it_is_told_to() {
    let (agent, _host, _state) = agent(&[]);
    assert!(!agent.get("/metrics").text().contains("kepler_"));
    let starts = |path: &str| {
        let text = agent.get(path).text();
        let names = text.lines().filter(|line| !line.starts_with('#'));
        let mut starts: Vec<_> = names
            .map(|line| line.split('_').next().unwrap().to_owned())
            .collect();
        starts.dedup();
        starts
    };
    assert_eq!(
        starts("/metrics/compat"),
        ["scaph", "kepler", "opennebula", "node"]
    );
    assert_eq!(starts("/metrics/compat?names=node%2Ckepler"), ["kepler", "node"]);
    let wrong = agent.get("/metrics/compat?names=keppler");
    assert_eq!(wrong.status, 400);
    assert_eq!(
        wrong.text(),
        "names: \"keppler\" is none of scaphandre, kepler, opennebula, node\n"
    );
    let accept = [
        ("Accept", "application/openmetrics-text;version=1.0.0"),
        ("Accept-Encoding", "gzip"),
    ];
    let packed = client::ask(agent.address, "GET", "/metrics/compat?names=kepler", &accept);
    assert_eq!(
        (
            packed.status,
            packed.header("content-encoding"),
            &packed.body[..2]
        ),
        (200, Some("gzip"), &[0x1f, 0x8b][..])
    );
}

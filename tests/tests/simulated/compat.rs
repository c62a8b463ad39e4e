//! Others' names: their sums are the agent's own.

use wattle_agent::config::Compat;
use wattle_agent::systems::Systems;
use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use crate::harness::SECOND;
use crate::harness::Scrape;
use crate::harness::Simulated;

fn worlds() -> [Hardware; 4] {
    let dies = Hardware {
        dies: 2,
        core: true,
        ..Hardware::default()
    };
    [Hardware::default(), Hardware::client(), Hardware::guest(), dies]
}

/// An agent that shows every name, on a host where everything comes and goes.
fn watched(hardware: Hardware, processes: usize) -> Simulated {
    let churn = Churn {
        processes_per_second: 10,
        cgroups_per_second: 2,
    };
    let spec = Spec {
        hardware,
        churn,
        workloads: vec![
            WorkloadSpec::new(Kind::Libvirt, "one-524", Load::Constant(900)),
            WorkloadSpec::new(Kind::Pod, "nginx", Load::Constant(400)),
        ],
        ..Spec::default()
    };
    Simulated::with(spec.with_mixture(6, 15), |settings| {
        settings.compat = Compat(Systems::ALL);
        settings.limits.keep_ended = "3s".parse().unwrap();
        settings.processes.top = processes.to_string().parse().unwrap();
    })
}

fn gauges(scrape: &Scrape, name: &str, labels: &[(&str, &str)]) -> f64 {
    let values = scrape.matching(name, labels);
    values.map(|sample| sample.value.parse::<f64>().unwrap()).sum()
}

#[track_caller]
fn assert_close(one: f64, other: f64) {
    assert!(
        (one - other).abs() <= 1e-6 * one.abs().max(1.0),
        "{one} and {other}"
    );
}

#[test]
fn keplers_active_and_idle_parts_add_up_to_the_zone_and_its_workloads_to_the_active_part() {
    for hardware in worlds() {
        let platform = hardware.psys_rest_mw.is_some();
        let mut sim = watched(hardware, 0);
        // A platform's counter is believed after a while.
        sim.seconds(if platform { 90 } else { 8 });
        let scrape = sim.after(SECOND);
        let zones = [("package", "cpu"), ("dram", "dram")];
        for (zone, component) in zones {
            let node =
                |name: &str| scrape.sum(&format!("kepler_node_cpu_{name}joules_total"), &[("zone", zone)]);
            let of_kind = |kind: &str| {
                let labels = [("kind", kind), ("component", component)];
                scrape.sum("wattle_workload_energy_joules_total", &labels)
            };
            assert_eq!(node(""), scrape.host_uj(component), "{zone}");
            assert_eq!(node("active_") + node("idle_"), node(""), "{zone}");
            assert_eq!(node("idle_"), of_kind("idle"), "{zone}");
            for kind in ["vm", "container"] {
                let name = format!("kepler_{kind}_cpu_joules_total");
                assert_eq!(
                    scrape.sum(&name, &[("zone", zone)]),
                    of_kind(kind),
                    "{zone} {kind}"
                );
            }
        }
        let whole = scrape.sum("wattle_host_energy_joules_total", &[]);
        let psys = scrape.find("kepler_node_cpu_joules_total", &[("zone", "psys")]);
        assert_eq!(psys, platform.then_some(whole));
        assert!(scrape.sum("kepler_vm_cpu_joules_total", &[]) > 0);
        assert!(gauges(&scrape, "kepler_pod_cpu_watts", &[]) > 0.0);
    }
}

#[test]
fn scaphandres_processes_and_the_idle_floor_add_up_to_the_host_with_and_without_single_processes() {
    for hardware in worlds() {
        for top in [0, 5] {
            let mut sim = watched(hardware.clone(), top);
            sim.seconds(8);
            let scrape = sim.after(SECOND);
            let name = "scaph_process_power_consumption_microwatts";
            let idle = gauges(&scrape, "kepler_node_cpu_idle_watts", &[("zone", "package")])
                + gauges(&scrape, "kepler_node_cpu_idle_watts", &[("zone", "dram")]);
            let host = gauges(&scrape, "scaph_host_power_microwatts", &[]);
            let own = gauges(&scrape, "wattle_host_power_watts", &[]);
            assert_close(host, own * 1e6);
            let other = gauges(&scrape, "wattle_host_power_watts", &[("component", "other")]);
            let platform = gauges(&scrape, "kepler_node_cpu_idle_watts", &[("zone", "psys")]);
            let idle = if other > 0.0 { platform } else { idle };
            assert_close(gauges(&scrape, name, &[]) + idle * 1e6, host);
            let numbered = scrape
                .family(name)
                .filter(|sample| !sample.label("pid").is_empty());
            assert_eq!(numbered.count() > 0, top > 0);
            assert!(
                scrape
                    .family(name)
                    .all(|sample| sample.label("cmdline").is_empty())
            );
            let sockets = gauges(&scrape, "scaph_socket_power_microwatts", &[]);
            if scrape.family("scaph_socket_power_microwatts").next().is_some() {
                assert_close(
                    sockets,
                    gauges(&scrape, "wattle_host_power_watts", &[("component", "cpu")]) * 1e6,
                );
            }
        }
    }
}

#[test]
fn counters_of_the_hardware_are_the_zones_of_node_exporter() {
    let mut sim = watched(Hardware::client(), 0);
    let scrape = sim.seconds(4);
    for kind in ["package", "core", "uncore", "psys"] {
        let own = scrape.sum("wattle_zone_energy_joules_total", &[("zone", kind)]);
        let node = scrape.sum(&format!("node_rapl_{kind}_joules_total"), &[]);
        assert!(node == own && own > 0, "{kind}: {node} {own}");
    }
    let paths: Vec<_> = scrape
        .family("node_rapl_package_joules_total")
        .map(|sample| (sample.label("index"), sample.label("path")))
        .collect();
    let expected = ["intel-rapl-mmio:0", "intel-rapl:0"].map(|id| format!("/sys/class/powercap/{id}"));
    assert_eq!(paths, [("0", &*expected[0]), ("0", &*expected[1])]);
}

#[test]
fn a_guests_watts_stand_under_its_number_in_opennebula() {
    let mut sim = watched(Hardware::default(), 0);
    sim.seconds(4);
    let scrape = sim.after(SECOND);
    let infos = scrape.matching("wattle_workload_info", &[("platform", "opennebula")]);
    let mut seen = 0;
    for info in infos {
        let id = [("id", info.label("id"))];
        let vm = [("one_vm_id", info.label("vm_id"))];
        let (uuid, vms) = (info.label("uuid"), "kepler_vm_cpu_watts");
        let watts = gauges(&scrape, vms, &[("vm_id", uuid)]);
        assert_close(
            gauges(&scrape, "opennebula_vm_power_consumption_uW", &vm),
            watts * 1e6,
        );
        assert_eq!(
            scrape.sum("opennebula_libvirt_cpu_seconds_total", &vm),
            scrape.sum("wattle_workload_cpu_seconds_total", &id)
        );
        seen += 1;
    }
    assert!(seen > 0);
}

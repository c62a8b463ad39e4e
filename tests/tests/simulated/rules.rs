//! The operator's rules on made-up hosts: whoever is called what, all that was used is there, and once.

use wattle_agent::config;
use wattle_agent::config::Settings;
use wattle_agent::workload::rules::Rules;
use wattle_tests::fakehost::Layout;

use super::worlds::id_of;
use super::worlds::laid_out;
use super::worlds::small;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// Read like an operator's file.
fn settings(rules: &str) -> Settings {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    std::fs::write(&file, format!("workloads:\n{rules}")).unwrap();
    config::load(Some(&file), &[]).unwrap()
}

fn rules(text: &str) -> Rules {
    settings(text).workloads
}

const RULES: &str = r"
  - match: {unit: nginx\.service}
    group: front
  - match: {label: {kind: container, runtime: docker}}
    group: front
    kind: service
  - match: {label: {kind: vm, vm_id: '([0-9]+)'}}
    name: machine $1
    labels: {tenant: acme}
  - match: {label: {runtime: lxc}}
    drop: true
  - match: {label: {kind: system}, user: '1000', executable: .+}
    group: loose
";

/// The true CPU time in microseconds of all workloads of these names.
fn true_usec(sim: &Simulated, names: &[&str]) -> i128 {
    let truth = sim.host.truth();
    let named = names.iter().flat_map(|name| truth.named(name));
    named.map(|workload| i128::from(workload.cpu_us)).sum()
}

/// `/proc` counts the time of a process in hundredths of a second.
#[track_caller]
fn assert_used(counted: i128, used: i128, grain: i128) {
    assert!(
        counted.abs_diff(used) <= grain.unsigned_abs(),
        "counted {counted} us of {used} us"
    );
}

fn usec(scrape: &Scrape, kind: &str, id: &str) -> i128 {
    scrape.sum("wattle_workload_cpu_seconds_total", &[("kind", kind), ("id", id)])
}

#[test]
fn grouped_workloads_are_one_with_the_sum_of_all_on_every_layout() {
    for layout in [Layout::V2, Layout::V1, Layout::Hybrid] {
        let mut plain = Simulated::new(laid_out(layout, small()));
        let mut ruled = Simulated::with(laid_out(layout, small()), |settings| {
            settings.workloads = rules(RULES);
        });
        let ids = ["nginx", "web"].map(|name| id_of(&plain.host.truth(), name));
        let machine = id_of(&plain.host.truth(), "one-524");
        let (plain_start, start) = (plain.seconds(2), ruled.seconds(2));
        let names: [&[&str]; 4] = [&["nginx", "web"], &["one-524"], &["c1"], &["loose"]];
        let before = names.map(|names| true_usec(&ruled, names));
        let (plain_end, end) = (plain.seconds(60), ruled.seconds(60));
        let series = [
            ("service", "group:front"),
            ("vm", &*machine),
            ("other", "other"),
            ("service", "group:loose"),
        ];
        for (index, ((kind, id), names)) in series.into_iter().zip(names).enumerate() {
            let counted = usec(&end, kind, id) - usec(&start, kind, id);
            let grain = if id == "group:loose" { 4 * 10_000 } else { 0 };
            assert_used(counted, true_usec(&ruled, names) - before[index], grain);
        }
        for component in ["cpu", "dram"] {
            let of = |scrape: &Scrape, id: &str| scrape.workload_uj(id, component);
            let apart: i128 = ids
                .iter()
                .map(|id| of(&plain_end, id) - of(&plain_start, id))
                .sum();
            let together = of(&end, "group:front") - of(&start, "group:front");
            // A share of each of two sockets is rounded to a microjoule in each tick.
            assert!(
                apart.abs_diff(together) <= 4 * 60,
                "{layout:?} {component}: {apart} and {together} uJ"
            );
        }
        for id in &ids {
            assert_eq!(end.workload_usec(id), 0, "{layout:?}: {id} has series of its own");
        }
        let info = end
            .matching("wattle_workload_info", &[("id", &machine)])
            .next()
            .unwrap();
        assert_eq!(
            (info.label("name"), info.label("tenant")),
            ("machine 524", "acme")
        );
    }
}

#[test]
fn new_rules_move_workloads_and_lose_nothing_on_the_way() {
    let mut sim = Simulated::new(small());
    let nginx = id_of(&sim.host.truth(), "nginx");
    let start = sim.seconds(2);
    let used_before = true_usec(&sim, &["nginx", "web"]);
    let web = id_of(&sim.host.truth(), "web");
    let all = |scrape: &Scrape| {
        [&*nginx, &web, "group:front"]
            .map(|id| scrape.workload_usec(id))
            .iter()
            .sum::<i128>()
    };
    sim.seconds(10);
    sim.take_rules(rules(RULES));
    let moved = sim.seconds(1);
    let end = sim.seconds(10);
    assert_eq!(end.workload_usec(&nginx), moved.workload_usec(&nginx));
    assert!(end.workload_usec("group:front") > moved.workload_usec("group:front"));
    sim.take_rules(Rules::default());
    let back = sim.seconds(10);
    assert!(back.workload_usec(&nginx) > end.workload_usec(&nginx));
    assert_used(
        all(&back) - all(&start),
        true_usec(&sim, &["nginx", "web"]) - used_before,
        0,
    );
}

#[test]
fn a_group_goes_on_after_a_restart_and_outlives_its_members() {
    let mut sim = Simulated::with(small(), |settings| settings.workloads = rules(RULES));
    let before = sim.seconds(5);
    sim.stop();
    sim.start();
    sim.fault("restart nginx");
    let after = sim.seconds(5);
    assert!(after.workload_usec("group:front") > before.workload_usec("group:front"));
    let of_group = |scrape: &Scrape| {
        scrape
            .matching("wattle_workload_cpu_seconds_total", &[("id", "group:front")])
            .count()
    };
    assert_eq!((of_group(&before), of_group(&after)), (1, 1));
}

//! Workloads that come and go, in any order and with anything else that can happen.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use wattle_agent::config::Keep;
use wattle_agent::config::Limit;
use wattle_agent::config::Settings;
use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Layout;
use wattle_tests::fakehost::Spec;

use super::worlds::id_of;
use super::worlds::laid_out;
use super::worlds::small;
use crate::harness::SECOND;
use crate::harness::Sample;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// One thing that happens between two ticks.
#[derive(Clone, Debug)]
enum Event {
    Nothing,
    Fault(&'static str),
    Kill,
    Stop,
    Wall(u64),
}

const FAULTS: &[&str] = &[
    "vanish intel-rapl:0",
    "vanish powercap",
    "heal powercap",
    "heal intel-rapl:0",
    "stuck intel-rapl:1",
    "garbage intel-rapl:1",
    "heal intel-rapl:1",
    "reset intel-rapl:0",
    "jump intel-rapl:1",
    "garbage proc/stat",
    "heal proc/stat",
    "vanish proc/uptime",
    "heal proc/uptime",
    "garbage sys/fs/cgroup/system.slice/nginx.service/cpu.stat",
    "heal sys/fs/cgroup/system.slice/nginx.service/cpu.stat",
    "ghost loose",
    "reuse-pid loose",
    "restart nginx",
    "restart web",
    "restart one-524",
    "new-boot-id",
];

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Nothing),
        4 => prop::sample::select(FAULTS).prop_map(Event::Fault),
        1 => Just(Event::Kill),
        1 => Just(Event::Stop),
        1 => (0_u64..4_000_000_000).prop_map(Event::Wall),
    ]
}

fn happen(sim: &mut Simulated, event: &Event) {
    match event {
        Event::Nothing => {}
        // A fault may find nothing to act on: what it names may have gone.
        Event::Fault(words) => drop(sim.host.apply(&words.parse().unwrap())),
        Event::Kill => {
            sim.kill();
            sim.start();
        }
        Event::Stop => {
            sim.stop();
            sim.start();
        }
        Event::Wall(seconds) => sim.clock.set_wall(|_| Duration::from_secs(*seconds)),
    }
}

fn keeping(seconds: u64) -> impl Fn(&mut Settings) {
    move |settings| settings.limits.keep_ended = Keep(Duration::from_secs(seconds))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every tick checks the balance and that no counter fell, see [`crate::harness::Agent::tick`].
    #[test]
    fn whatever_happens_the_figures_balance_and_no_counter_falls(
        seed: u64,
        layout in prop::sample::select(vec![Layout::V2, Layout::V1, Layout::Hybrid]),
        limit in 1_usize..12,
        keep in 0_u64..6,
        story in prop::collection::vec((any_event(), 1_u64..2500), 10..40),
    ) {
        let churn = Churn { processes_per_second: 5, cgroups_per_second: 2 };
        let spec = laid_out(layout, Spec { seed, churn, ..small() });
        let mut sim = Simulated::with(spec, |settings| {
            keeping(keep)(settings);
            settings.limits.workloads = Limit(limit);
        });
        let mut rebooted = false;
        for (event, millis) in story {
            rebooted |= matches!(event, Event::Fault("new-boot-id"));
            if rebooted && matches!(event, Event::Kill) {
                sim.forget();
            }
            happen(&mut sim, &event);
            sim.after(Duration::from_millis(millis));
        }
    }
}

/// What was shown of each workload, by component.
fn shown(scrape: &Scrape) -> BTreeMap<(String, String), i128> {
    let samples = scrape.family("wattle_workload_energy_joules_total");
    samples
        .map(|sample| {
            let series = (
                sample.label("id").to_owned(),
                sample.label("component").to_owned(),
            );
            (series, sample.micro())
        })
        .collect()
}

fn retired(scrape: &Scrape, component: &str) -> i128 {
    scrape.sum("wattle_retired_energy_joules_total", &[("component", component)])
}

#[test]
fn the_retired_grow_by_exactly_what_the_series_showed_that_go() {
    let churn = Churn {
        processes_per_second: 5,
        cgroups_per_second: 2,
    };
    let mut sim = Simulated::with(Spec { churn, ..small() }, keeping(3));
    let mut before = sim.after(SECOND);
    let mut gone = 0;
    for _ in 0..40 {
        let after = sim.after(SECOND);
        let now = shown(&after);
        let mut left = BTreeMap::from([("cpu", 0), ("dram", 0)]);
        for ((id, component), energy) in shown(&before) {
            if !now.contains_key(&(id, component.clone())) {
                *left.get_mut(component.as_str()).unwrap() += energy;
                gone += 1;
            }
        }
        for (component, energy) in left {
            assert_eq!(
                retired(&after, component) - retired(&before, component),
                energy,
                "{component}"
            );
        }
        before = after;
    }
    assert!(gone > 50, "{gone} series went");
}

#[test]
fn an_ended_workload_keeps_its_series_for_its_time_and_not_for_scrapes() {
    let mut sim = Simulated::with(small(), keeping(5));
    let id = id_of(&sim.host.truth(), "web");
    sim.seconds(3);
    sim.fault("end web");
    let ended = sim.after(SECOND);
    let last = ended.workload_uj(&id, "cpu");
    assert!(last > 0);
    for _ in 0..40 {
        let again = sim.after(Duration::from_millis(100));
        assert_eq!(again.workload_uj(&id, "cpu"), last);
    }
    let gone = sim.seconds(2);
    assert!(!shown(&gone).contains_key(&(id, "cpu".to_owned())));
    assert_eq!(retired(&gone, "cpu"), last);
}

#[test]
fn workloads_over_the_limit_are_summed_and_the_host_still_balances() {
    let mut sim = Simulated::with(small().with_mixture(12, 24), |settings| {
        settings.limits.workloads = Limit(5);
    });
    let end = sim.seconds(5);
    let own = |sample: &&Sample| {
        !["system", "kernel", "idle", "unattributed", "other"].contains(&sample.label("kind"))
    };
    assert_eq!(
        end.family("wattle_workload_cpu_seconds_total")
            .filter(own)
            .count(),
        5
    );
    assert!(end.sum("wattle_workload_energy_joules_total", &[("kind", "other")]) > 0);
    assert!(end.sum("wattle_workloads_over_limit_total", &[]) > 5_000_000);
}

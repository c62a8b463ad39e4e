//! Attributed joules against true ones, over five minutes on busy hosts with counters that wrap every few seconds.

use std::time::Duration;

use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Layout;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Power;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::WorkloadSpec;

use super::worlds::assert_exact;
use super::worlds::by_id;
use super::worlds::laid_out;
use crate::harness::Scrape;
use crate::harness::Simulated;

/// So many ticks are given for learning the static power of sockets whose load varies. Before that utilisation splits the energy, and
/// what was charged then stays charged, so the figures are those after it.
const WARM_UP: u32 = 90;
/// Five minutes.
const MEASURED: u32 = 300;
/// What used less is not measured to a percent: `/proc` counts the time of processes and interrupts in hundredths of a second.
const LEAST_UJ: i128 = 50_000_000;
const PERMILLE: i128 = 10;

#[test]
fn workloads_on_cgroup_v2_get_their_joules() {
    five_minutes(busy_server());
}

#[test]
fn workloads_on_cgroup_v1_get_their_joules() {
    five_minutes(laid_out(Layout::V1, busy_server()));
}

#[test]
fn workloads_on_the_hybrid_layout_get_their_joules() {
    five_minutes(laid_out(Layout::Hybrid, busy_server()));
}

#[test]
fn pinned_workloads_pay_for_their_own_socket() {
    let mut spec = busy_server();
    for (number, workload) in spec.workloads.iter_mut().enumerate() {
        workload.socket = [Some(0), Some(1), Some(1), None][number % 4];
    }
    five_minutes(spec);
}

#[test]
fn the_rest_of_a_client_is_what_psys_counts_beyond_the_package() {
    let hardware = Hardware {
        bits: 20,
        ..Hardware::client()
    };
    let spec = Spec {
        hardware,
        ..Spec::default()
    };
    let (mut sim, start) = warmed_up(spec.with_mixture(6, 14));
    let before = sim.host.truth();
    let end = measure(&mut sim, &start);
    let after = sim.host.truth();
    assert_eq!(end.quality("other"), "derived");
    let used = i128::from(after.other_uj.unwrap()) - i128::from(before.other_uj.unwrap());
    let counted = end.host_uj("other") - start.host_uj("other");
    assert!(
        is_close(counted, used),
        "other: counted {counted} uJ of {used} uJ"
    );
}

/// Two sockets at 200 W on average, whose 24 bits of 61 µJ wrap every five seconds, and everything that can run on them.
fn busy_server() -> Spec {
    let hardware = Hardware {
        package: Power {
            static_mw: 60_000,
            dynamic_mw: 310_000,
        },
        bits: 24,
        ..Hardware::default()
    };
    let sine = Load::Sine {
        low: 100,
        high: 1900,
        period: Duration::from_secs(23),
    };
    let square = Load::Square {
        low: 0,
        high: 1500,
        on: Duration::from_millis(1700),
        off: Duration::from_millis(3100),
    };
    let walk = Load::Walk { low: 0, high: 2000 };
    let kinds = [
        Kind::Service,
        Kind::Docker,
        Kind::Podman,
        Kind::Libvirt,
        Kind::Lxc,
        Kind::Pod,
        Kind::Session,
        Kind::Loose,
    ];
    let loads = [
        sine,
        walk.clone(),
        square,
        walk,
        Load::Constant(20),
        Load::Constant(700),
    ];
    let workload = |(number, &kind): (usize, &Kind)| {
        let load = loads[number % loads.len()].clone();
        WorkloadSpec::new(kind, &format!("w{number}"), load).processes(2)
    };
    Spec {
        hardware,
        workloads: kinds.iter().enumerate().map(workload).collect(),
        ..Spec::default()
    }
}

fn five_minutes(spec: Spec) {
    let (mut sim, start) = warmed_up(spec);
    let end = measure(&mut sim, &start);
    let seconds = i128::from(MEASURED);
    let watts = (end.host_uj("cpu") - start.host_uj("cpu")) / seconds / 1_000_000;
    assert!((350..450).contains(&watts), "{watts} W, not two sockets at 200 W");
    let wraps = end.events("wrap") - start.events("wrap");
    assert!(wraps > 2 * seconds / 6, "{wraps} wraps in {seconds} s");
}

fn warmed_up(spec: Spec) -> (Simulated, Scrape) {
    let mut sim = Simulated::new(spec);
    let start = sim.seconds(WARM_UP);
    (sim, start)
}

/// Five minutes, after which the host's total is exact and every workload within a percent.
fn measure(sim: &mut Simulated, start: &Scrape) -> Scrape {
    let (host_before, before) = (sim.true_uj(), by_id(&sim.host.truth()));
    let end = sim.seconds(MEASURED);
    assert_exact(
        [start.measured_uj(), end.measured_uj()],
        [host_before, sim.true_uj()],
    );
    let after = by_id(&sim.host.truth());
    let mut errors = Vec::new();
    for (index, component) in ["cpu", "dram"].into_iter().enumerate() {
        for (id, now) in &after {
            let earlier = before.get(id).copied().unwrap_or_default();
            let used = now.uj[index] - earlier.uj[index];
            let counted = end.workload_uj(id, component) - start.workload_uj(id, component);
            if used >= LEAST_UJ {
                let told = format!("{component} of {id}: counted {counted} uJ of {used} uJ");
                assert!(is_close(counted, used), "{told}");
                errors.push(((counted - used).abs() * 100_000 / used, told));
            }
        }
    }
    show_worst(errors);
    end
}

#[expect(
    clippy::print_stdout,
    reason = "for people who run the tests by hand with --nocapture"
)]
fn show_worst(errors: Vec<(i128, String)>) {
    let (error, told) = errors.into_iter().max().unwrap();
    println!("worst error, {error} of 100000: {told}");
}

fn is_close(counted: i128, used: i128) -> bool {
    (counted - used).abs() * 1000 <= used * PERMILLE
}

//! What the host says against what is true.

use proptest::prelude::*;

use super::*;

fn any_hardware() -> impl Strategy<Value = Hardware> {
    let base = prop_oneof![
        Just(Hardware::default()),
        Just(Hardware::client()),
        Just(Hardware::epyc()),
        Just(Hardware {
            dies: 2,
            ..Hardware::default()
        }),
    ];
    (base, 20_u32..33, 1_u32..6).prop_map(|(base, bits, cpus_per_socket)| Hardware {
        bits,
        cpus_per_socket,
        ..base
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_microjoule_belongs_to_a_workload_or_to_nobody(
        seed: u64, hardware in any_hardware(), cgroups in 0_u32..12, processes in 0_u32..40, churn in 0_u32..20,
        steps in prop::collection::vec(1_u64..2_000_000, 1..40),
    ) {
        let churn = Churn { processes_per_second: churn, cgroups_per_second: churn / 4 };
        let mut world = World::new(Spec { hardware, seed, churn, ..Spec::default() }.with_mixture(cgroups, processes));
        for us in steps {
            world.step(Duration::from_micros(us));
        }
        let truth = world.truth();
        prop_assert_eq!(truth.accounted(), truth.host);
        let ran: u64 = truth.workloads.iter().map(|workload| workload.cpu_us).sum();
        let cpu = truth.cpu;
        prop_assert_eq!(ran, cpu.user_us + cpu.system_us + cpu.irq_us + cpu.softirq_us);
    }

    #[test]
    fn the_same_seed_makes_the_same_host(seed: u64) {
        let churn = Churn { processes_per_second: 9, cgroups_per_second: 3 };
        let run = || {
            let mut world = World::new(Spec { seed, churn, ..Spec::default() }.with_mixture(6, 20));
            (0..20).for_each(|_| world.step(STEP));
            world.truth()
        };
        prop_assert_eq!(run(), run());
    }
}

#[test]
fn a_reader_of_wrapping_counters_finds_the_true_energy() {
    let hardware = Hardware {
        bits: 21,
        ..Hardware::default()
    };
    let (dir, mut host) = host(Spec {
        hardware,
        ..small(Layout::V2)
    });
    let range = number(dir.path(), "sys/class/powercap/intel-rapl:0/max_energy_range_uj");
    let (mut last, mut sum) = (number(dir.path(), ZONE), 0);
    for _ in 0..300 {
        host.step(STEP).unwrap();
        let now = number(dir.path(), ZONE);
        sum += if now < last {
            range - last + now
        } else {
            now - last
        };
        last = now;
    }
    let zone = &host.truth().zones[0];
    assert!(zone.wraps >= 10, "{zone:?}");
    // A reader who adds the range and not the modulus misses one unit at each wrap.
    assert!(
        zone.energy_uj.abs_diff(sum) <= zone.wraps * 62 + 1,
        "{sum} {zone:?}"
    );
}

#[test]
fn a_pinned_workload_heats_only_its_own_socket() {
    let load = Load::Constant(2000);
    let workloads = vec![WorkloadSpec::new(Kind::Docker, "web", load).on_socket(1)];
    let quiet = Load::Constant(0);
    let spec = Spec {
        workloads,
        kernel: quiet.clone(),
        irq: quiet.clone(),
        softirq: quiet,
        ..Spec::default()
    };
    let (dir, mut host) = host(spec);
    host.step(Duration::from_secs(10)).unwrap();
    let truth = host.truth();
    let web = cgroup_of(&truth, "web");
    // Two of eight CPUs for ten seconds at 110 W of dynamic power; init takes a thousandth of a CPU elsewhere.
    assert!(web.joules.cpu_uj.abs_diff(275_000_000) < 1000, "{web:?}");
    let effective = read(
        dir.path(),
        &format!("sys/fs/cgroup{}/cpuset.cpus.effective", web.cgroup),
    );
    assert_eq!(effective, "8-15\n");
}

#[test]
fn files_of_processes_that_did_not_run_are_not_written_again() {
    let workloads = vec![WorkloadSpec::new(Kind::Service, "idle", Load::Constant(0)).processes(3)];
    let (dir, mut host) = host(Spec {
        workloads,
        ..Spec::default()
    });
    let truth = host.truth();
    for pid in &cgroup_of(&truth, "idle").pids {
        fs::remove_file(dir.path().join(format!("proc/{pid}/stat"))).unwrap();
    }
    // Writing again would fail, because files are rewritten in place.
    (0..5).for_each(|_| host.step(STEP).unwrap());
    assert!(
        !dir.path()
            .join(format!("proc/{}/stat", cgroup_of(&truth, "idle").pids[0]))
            .exists()
    );
}

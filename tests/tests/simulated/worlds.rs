//! The hosts that tests share, and what is true of them.

use std::collections::BTreeMap;

use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Kind;
use wattle_tests::fakehost::Layout;
use wattle_tests::fakehost::Load;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::Truth;
use wattle_tests::fakehost::WorkloadSpec;
use wattle_tests::fakehost::WorkloadTruth;

/// What rounding to whole microjoules may change of a sum over two counters, each compared at two instants.
pub(crate) const ROUNDING_UJ: u128 = 2;

/// A server with two small sockets and one workload of most sorts.
pub(crate) fn small() -> Spec {
    let hardware = Hardware {
        cpus_per_socket: 2,
        ..Hardware::default()
    };
    Spec {
        hardware,
        workloads: vec![
            WorkloadSpec::new(Kind::Service, "nginx", Load::Constant(700)).processes(3),
            WorkloadSpec::new(Kind::Docker, "web", Load::Walk { low: 50, high: 900 }).on_socket(1),
            WorkloadSpec::new(Kind::Libvirt, "one-524", Load::Constant(600)),
            WorkloadSpec::new(Kind::Lxc, "c1", Load::Constant(100)),
            WorkloadSpec::new(Kind::Loose, "loose", Load::Constant(160)).processes(2),
        ],
        ..Spec::default()
    }
}

/// The same as a laptop, with psys and a memory-mapped twin of the package.
pub(crate) fn small_client() -> Spec {
    let hardware = Hardware {
        cpus_per_socket: 4,
        ..Hardware::client()
    };
    let mut spec = Spec { hardware, ..small() };
    spec.workloads.retain(|workload| workload.socket.is_none());
    spec
}

/// The same with another layout of cgroups.
pub(crate) fn laid_out(layout: Layout, spec: Spec) -> Spec {
    Spec { layout, ..spec }
}

/// A workload's figures over all its incarnations.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// Microjoules above the idle host's, of processors and of memory.
    pub(crate) uj: [i128; 2],
    /// CPU time.
    pub(crate) cpu_us: i128,
}

/// The true figures by the id that the agent should give.
pub(crate) fn by_id(truth: &Truth) -> BTreeMap<String, Used> {
    let mut all: BTreeMap<String, Used> = BTreeMap::new();
    for workload in &truth.workloads {
        let used = all.entry(agents_id(workload)).or_default();
        used.uj[0] += i128::from(workload.joules.cpu_uj);
        used.uj[1] += i128::from(workload.joules.dram_uj);
        used.cpu_us += i128::from(workload.cpu_us);
    }
    let idle = Used {
        uj: [truth.idle.cpu_uj.into(), truth.idle.dram_uj.into()],
        cpu_us: 0,
    };
    all.insert("idle".to_owned(), idle);
    all
}

/// The id of the latest workload of this name.
pub(crate) fn id_of(truth: &Truth, name: &str) -> String {
    agents_id(truth.named(name).last().unwrap())
}

/// The cgroup of the latest workload of this name.
pub(crate) fn cgroup_of(truth: &Truth, name: &str) -> String {
    truth.named(name).last().unwrap().cgroup.clone()
}

/// A guest's UUID, a container's id or name, a user's slice, a unit's cgroup, or the kind for what runs outside of any.
fn agents_id(workload: &WorkloadTruth) -> String {
    const USER: &str = "/user.slice/user-1000.slice";
    let cgroup = &workload.cgroup;
    let is_system_container = cgroup.starts_with("/lxc.payload.") || cgroup.contains("/systemd-nspawn@");
    if cgroup.is_empty() {
        workload.kind.clone()
    } else if cgroup.starts_with(USER) {
        USER.to_owned()
    } else if is_system_container {
        workload.name.clone()
    } else if matches!(workload.kind.as_str(), "vm" | "container") {
        workload.id.clone()
    } else {
        cgroup.clone()
    }
}

/// What was counted between two instants is what was used, but for rounding.
#[track_caller]
pub(crate) fn assert_exact(measured: [[i128; 2]; 2], truth: [[i128; 2]; 2]) {
    for (component, name) in ["cpu", "dram"].iter().enumerate() {
        let counted = measured[1][component] - measured[0][component];
        let used = truth[1][component] - truth[0][component];
        assert!(
            counted.abs_diff(used) <= ROUNDING_UJ,
            "{name}: counted {counted} uJ of {used} uJ"
        );
    }
}

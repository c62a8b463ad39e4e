//! The whole made-up host, in memory and in a directory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::*;

mod accuracy;
mod faults;
mod files;

const STEP: Duration = Duration::from_millis(100);
const ZONE: &str = "sys/class/powercap/intel-rapl:0/energy_uj";

fn read(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn number(dir: &Path, path: &str) -> u64 {
    read(dir, path).trim().parse().unwrap()
}

/// The figure behind `key` in a file of keys and figures.
fn keyed(dir: &Path, path: &str, key: &str) -> u64 {
    let text = read(dir, path);
    text.lines()
        .find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
        .unwrap()
}

fn host(spec: Spec) -> (tempfile::TempDir, Host) {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::create(dir.path(), spec).unwrap();
    (dir, host)
}

fn small(layout: Layout) -> Spec {
    let workloads = vec![
        WorkloadSpec::new(Kind::Service, "nginx", Load::Constant(700)).processes(3),
        WorkloadSpec::new(Kind::Docker, "web", Load::Constant(400))
            .processes(2)
            .on_socket(1),
        WorkloadSpec::new(Kind::Libvirt, "one-524", Load::Constant(900)),
        WorkloadSpec::new(Kind::Lxc, "c1", Load::Constant(100)),
        WorkloadSpec::new(Kind::Loose, "loose", Load::Constant(60)).processes(2),
    ];
    let hardware = Hardware {
        cpus_per_socket: 2,
        ..Hardware::default()
    };
    Spec {
        layout,
        hardware,
        workloads,
        ..Spec::default()
    }
}

fn cgroup_of<'t>(truth: &'t Truth, name: &str) -> &'t WorkloadTruth {
    truth.named(name).last().unwrap()
}

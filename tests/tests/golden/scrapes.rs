//! Whole scrapes as text.

use wattle_agent::exposition::Format;
use wattle_agent::systems::Systems;

use super::assert_golden;
use super::captured::HOSTS;
use super::captured::watched;

/// Families whose figures are of the machine that runs the tests, and not of the captured host: its own process, the disk
/// that the host is unpacked on, the version that is being built. All others must come out the same everywhere.
const UNSTABLE: [&str; 3] = ["process_", "wattle_host_filesystem_", "wattle_build_info"];

/// What stands in the order in which a directory lists its entries, which is that of the file system the host is unpacked on.
const UNORDERED: &str = "wattle_workload_";

/// Takes out the samples of unstable families, whose comments stay, and sorts those of unordered ones.
fn stable(text: &str) -> String {
    let keep = |line: &&str| !UNSTABLE.iter().any(|start| line.starts_with(start));
    let mut lines: Vec<&str> = text.lines().filter(keep).collect();
    for run in lines.chunk_by_mut(|one, two| one.starts_with(UNORDERED) && two.starts_with(UNORDERED)) {
        run.sort_unstable();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn captured_hosts_are_shown_as_committed() {
    for host in HOSTS {
        let text = watched(host).text(Format::Text);
        assert_golden(&format!("tests/golden/{host}.prom"), &stable(&text));
    }
}

#[test]
fn a_captured_host_is_shown_as_committed_in_openmetrics() {
    let text = watched("intel-two-sockets-dram").text(Format::OpenMetrics);
    assert_golden("tests/golden/intel-two-sockets-dram.openmetrics", &stable(&text));
}

/// Whose figures, under others' names, are of the machine that runs the tests.
const UNSTABLE_OTHERS: [&str; 3] = ["scaph_self_", "scaph_host_disk_", "kepler_build_info"];

#[test]
fn captured_hosts_are_shown_as_committed_under_the_names_of_others() {
    for host in [
        "amd-epyc",
        "intel-client-psys",
        "intel-two-sockets-dram",
        "no-rapl-guest",
    ] {
        let text = watched(host).compat(Systems::ALL);
        let keep = |line: &&str| !UNSTABLE_OTHERS.iter().any(|start| line.starts_with(start));
        let mut lines: Vec<&str> = text.lines().filter(keep).collect();
        for run in lines.chunk_by_mut(|one, two| !one.starts_with('#') && !two.starts_with('#')) {
            run.sort_unstable();
        }
        assert_golden(
            &format!("tests/golden/{host}.compat.prom"),
            &(lines.join("\n") + "\n"),
        );
    }
}

#[test]
fn what_is_left_out_of_the_comparison_is_there() {
    let text = watched("cgroup-v2").text(Format::Text);
    for start in UNSTABLE {
        assert!(text.lines().any(|line| line.starts_with(start)), "{start}");
    }
}

//! The two commands as they are run.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use wattle_tests::fakehost::Truth;

fn fakehost(dir: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fakehost"));
    command.arg("--dir").arg(dir).args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn truth(child: Child) -> Truth {
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_host_lives_for_its_time_and_then_tells_the_truth() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("truth.json");
    let arguments = [
        "--duration",
        "20s",
        "--speed",
        "100",
        "--bits",
        "23",
        "--watts",
        "200",
        "--churn",
        "10",
    ];
    let mut child = fakehost(
        &dir.path().join("host"),
        &[&arguments[..], &["--truth", file.to_str().unwrap()]].concat(),
    );
    let input = child.stdin.take();
    let told = truth(child);
    drop(input);
    assert_eq!(told.elapsed_us, 20_000_000);
    assert_eq!(told.accounted(), told.host);
    assert!(told.zones[0].wraps >= 2, "{:?}", told.zones[0]);
    assert!(told.workloads.iter().any(|workload| workload.ended));
    assert_eq!(
        serde_json::from_slice::<Truth>(&fs::read(file).unwrap()).unwrap(),
        told
    );
    let shown =
        fs::read_to_string(dir.path().join("host/sys/class/powercap/intel-rapl:0/energy_uj")).unwrap();
    assert_eq!(shown, format!("{}\n", told.zones[0].shown_uj));
}

#[test]
fn it_stops_when_its_input_closes() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = fakehost(dir.path(), &[]);
    drop(child.stdin.take());
    let told = truth(child);
    assert_eq!(told.accounted(), told.host);
}

#[test]
fn lines_on_its_input_are_faults_a_wrong_one_is_told_and_sigterm_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = fakehost(dir.path(), &[]);
    child
        .stdin
        .as_ref()
        .unwrap()
        .write_all(b"vanish intel-rapl:0\nexplode\n")
        .unwrap();
    let mut complaint = String::new();
    BufReader::new(child.stderr.as_mut().unwrap())
        .read_line(&mut complaint)
        .unwrap();
    assert!(complaint.contains("explode"), "{complaint}");
    assert!(!dir.path().join("sys/class/powercap/intel-rapl:0").exists());
    assert!(dir.path().join("sys/class/powercap/intel-rapl:1").exists());
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let input = child.stdin.take();
    truth(child);
    drop(input);
}

#[test]
fn a_fault_comes_at_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = [
        "--duration",
        "5s",
        "--speed",
        "100",
        "--fault",
        "2s end unit-0",
        "--fault",
        "3s vanish powercap",
    ];
    let mut child = fakehost(dir.path(), &arguments);
    let input = child.stdin.take();
    let told = truth(child);
    drop(input);
    assert!(!dir.path().join("sys/class/powercap").exists());
    let unit = told.named("unit-0").next().unwrap();
    assert!(unit.ended && unit.cpu_us > 0);
}

#[test]
fn a_committed_host_can_be_unpacked_and_a_second_can_pass() {
    let dir = tempfile::tempdir().unwrap();
    let hosts = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hosts");
    let unpack = |frame: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hostarchive"));
        let status = command
            .arg("unpack")
            .arg(hosts.join(frame))
            .arg(dir.path())
            .status()
            .unwrap();
        assert!(status.success());
        let energy =
            fs::read_to_string(dir.path().join("sys/class/powercap/intel-rapl:0/energy_uj")).unwrap();
        energy.trim().parse::<u64>().unwrap()
    };
    let first = unpack("intel-two-sockets-dram.host");
    let joules = (unpack("intel-two-sockets-dram.later") - first) / 1_000_000;
    assert!((40..150).contains(&joules), "{joules} J in a second");
}

//! What a real container moves over the network, and which processes use most: beside what the kernel says.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;

use super::agent::Agent;
use super::exposition::Exposition;
use super::patience::wait_until;
use super::skip::is_root;

/// A process in a cgroup and a network namespace of its own, which go with it.
struct Container {
    cgroup: PathBuf,
    process: Child,
    outside: String,
}

/// Becomes a member of the cgroup, and waits for input until its parent is gone.
const LIVE: &str = "echo $$ > \"$0/cgroup.procs\" && exec unshare --net cat";
/// Sends a thousand packets to the other end, then uses some CPU time, so that it is no idle workload.
const SEND: &str = "echo $$ > \"$0/cgroup.procs\"; for i in $(seq 1000); do echo hello > /dev/udp/10.99.77.1/9999; done; \
                    for i in $(seq 20000); do :; done";

impl Container {
    fn start(root: &Path) -> Option<Self> {
        let number = std::process::id();
        let cgroup = root.join(format!("wattle-test-{number}-net"));
        fs::create_dir(&cgroup).ok()?;
        let process = Command::new("sh")
            .args(["-c", LIVE])
            .arg(&cgroup)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let container = Self {
            cgroup,
            process,
            outside: format!("wtl{number}"),
        };
        container.connect().then_some(container)
    }

    /// A pair of devices, one end inside.
    fn connect(&self) -> bool {
        let host = fs::read_link("/proc/self/ns/net").unwrap();
        let own = format!("/proc/{}/ns/net", self.process.id());
        wait_until("a namespace", || fs::read_link(&own).is_ok_and(|own| own != host));
        let (outside, pid) = (&self.outside, self.process.id().to_string());
        let add = [
            "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", &pid,
        ];
        let inside = |rest: &[&str]| {
            let mut command = Command::new("nsenter");
            run(command.args(["-t", &pid, "-n", "ip"]).args(rest))
        };
        run(Command::new("ip").args(add))
            && run(Command::new("ip").args(["addr", "add", "10.99.77.1/30", "dev", outside]))
            && run(Command::new("ip").args(["link", "set", outside, "up"]))
            && inside(&["addr", "add", "10.99.77.2/30", "dev", "eth0"])
            && inside(&["link", "set", "eth0", "up"])
    }

    fn send(&self) {
        let pid = self.process.id().to_string();
        let mut command = Command::new("nsenter");
        command
            .args(["-t", &pid, "-n", "bash", "-c", SEND])
            .arg(&self.cgroup);
        assert!(run(&mut command));
    }

    /// What the kernel counted: received, sent.
    fn counted(&self) -> [u64; 2] {
        let text = fs::read_to_string(format!("/proc/{}/net/dev", self.process.id())).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.trim_start().strip_prefix("eth0:"));
        let words: Vec<u64> = line
            .unwrap()
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        [words[0], words[8]]
    }

    fn shown(&self, scrape: &Exposition) -> [u64; 2] {
        let name = self.cgroup.file_name().unwrap().to_str().unwrap();
        ["receive", "transmit"].map(|direction| {
            let family = format!("wattle_workload_network_{direction}_bytes_total");
            let id = format!("name=\"{name}\"");
            scrape.sum_micro(&family, &id) / 1_000_000
        })
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        wait_until("an empty cgroup", || {
            fs::remove_dir(&self.cgroup).is_ok() || !self.cgroup.exists()
        });
    }
}

fn run(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn root() -> Option<PathBuf> {
    let v2 = Path::new("/sys/fs/cgroup");
    let candidates = [
        (v2.to_path_buf(), "cgroup.controllers"),
        (v2.join("cpuacct"), "cpuacct.usage"),
    ];
    let found = candidates
        .into_iter()
        .find(|(path, file)| path.join(file).exists());
    found.map(|(path, _)| path)
}

#[test]
fn a_container_moved_what_the_kernel_counted_in_its_namespace_from_its_first_byte_on() {
    let tools = ["ip", "nsenter", "unshare", "bash"];
    let has = |tool: &&str| run(Command::new("sh").args(["-c", "command -v \"$0\"", tool]));
    let (Some(root), true) = (root(), is_root() && tools.iter().all(has)) else {
        skip!(
            "needs root, cgroups that account CPU time, and {}",
            tools.join(", ")
        );
    };
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &["--interval", "100ms"]);
    agent.wait_until_ready();
    agent.after_ticks(1);
    let Some(container) = Container::start(&root) else {
        skip!("no cgroups or network devices can be made here");
    };
    container.send();
    let [_, sent] = container.counted();
    assert!(sent > 30_000, "{sent} bytes prove little");
    // The kernel goes on to send a packet of its own now and then, so both are read until they agree.
    wait_until("the kernel's own figures", || {
        let scrape = agent.after_ticks(1);
        container.shown(&scrape) == container.counted()
    });
}

#[test]
fn the_largest_processes_the_rest_and_the_left_are_all_that_ran() {
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &["--interval", "100ms", "--processes.top", "3"]);
    agent.wait_until_ready();
    let scrape = agent.after_ticks(10);
    let single = |name: &str| scrape.micro(name);
    let largest = scrape.sum_micro("wattle_process_energy_joules_total", "pid=");
    let parts = largest
        + single("wattle_process_rest_energy_joules_total")
        + single("wattle_process_left_energy_joules_total");
    let all = scrape.sum_micro("wattle_workload_energy_joules_total", "component=")
        + scrape.sum_micro("wattle_retired_energy_joules_total", "component=");
    let idle = scrape.sum_micro("wattle_workload_energy_joules_total", "kind=\"idle\"");
    assert_eq!(parts, all - idle);
    assert!(largest > 0);
}

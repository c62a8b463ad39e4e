//! Containers of podman.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::Guest;
use super::agent;
use super::command::checked;
use super::command::missing;
use super::rootfs;

/// Raising limits needs a capability that test machines may lack, and the container does well with those that are there.
const RUNTIME: &str = r#"#!/bin/sh
bundle=
for argument; do
    [ "$before" = --bundle ] && bundle=$argument
    before=$argument
done
[ -z "$bundle" ] || sed -i 's/,"rlimits":\[[^]]*\]//' "$bundle/config.json"
exec runc "$@"
"#;

/// A running container.
struct Container {
    name: String,
    id: String,
    /// Its cgroup where CPU time is counted.
    cgroup: String,
    dir: TempDir,
}

impl Container {
    /// Starts it, or says why not.
    fn run() -> Result<Self, String> {
        if let Some(program) = missing(&["podman", "runc", "conmon", "tar"]) {
            return Err(format!("{program} is missing"));
        }
        let dir = tempfile::tempdir().unwrap();
        let runtime = dir.path().join("runtime");
        fs::write(&runtime, RUNTIME).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
        let mut container = Self {
            name: format!("wattle-test-{}", std::process::id()),
            id: String::new(),
            cgroup: String::new(),
            dir,
        };
        container.import_image()?;
        container.start()?;
        Ok(container)
    }

    fn podman(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("podman");
        command.args(["--cgroup-manager", "cgroupfs", "--runtime"]);
        command.arg(self.dir.path().join("runtime")).args(arguments);
        command
    }

    fn import_image(&self) -> Result<(), String> {
        let root = self.dir.path().join("rootfs");
        rootfs::create(&root).ok_or("busybox is missing")?;
        let archive = self.dir.path().join("rootfs.tar.gz");
        rootfs::pack(&root, &archive);
        checked(&mut self.podman(&["import", archive.to_str().unwrap(), &self.name]));
        Ok(())
    }

    fn start(&mut self) -> Result<(), String> {
        let spin = ["/bin/sh", "-c", "while :; do :; done"];
        let run = [
            "run",
            "--detach",
            "--network",
            "none",
            "--name",
            &self.name,
            &self.name,
        ];
        let output = self.podman(&[&run[..], &spin].concat()).output().unwrap();
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(format!("podman cannot run containers here: {reason}"));
        }
        self.id = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        let pid = checked(&mut self.podman(&["inspect", "--format", "{{.State.Pid}}", &self.name]));
        self.cgroup = cpu_cgroup(pid.trim());
        Ok(())
    }
}

/// The directory of the cgroup that accounts for a process's CPU time.
fn cpu_cgroup(pid: &str) -> String {
    let lines = fs::read_to_string(Path::new("/proc").join(pid).join("cgroup")).unwrap();
    let line = |controller: &str| {
        let mut fields = lines.lines().map(|line| line.splitn(3, ':').collect::<Vec<_>>());
        let found = fields.find(|fields| fields[1].split(',').any(|name| name == controller));
        found.map(|fields| fields[2].to_owned())
    };
    let root = Path::new("/sys/fs/cgroup");
    match line("cpuacct") {
        Some(path) if root.join("cpuacct").exists() => format!("/sys/fs/cgroup/cpuacct{path}"),
        Some(path) => format!("/sys/fs/cgroup/cpu,cpuacct{path}"),
        None => format!("/sys/fs/cgroup{}", line("").unwrap()),
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self
            .podman(&["rm", "--force", "--time", "0", &self.name])
            .output();
        let _ = self.podman(&["rmi", &self.name]).output();
    }
}

impl Guest for Container {
    fn labels(&self) -> Vec<(&'static str, String)> {
        let known = [
            ("kind", "container"),
            ("id", &self.id),
            ("name", &self.name),
            ("runtime", "podman"),
        ];
        known.map(|(label, value)| (label, value.to_owned())).to_vec()
    }

    fn work(&self, at_all: bool) {
        let state = checked(&mut self.podman(&["inspect", "--format", "{{.State.Status}}", &self.name]));
        if (state.trim() == "paused") == at_all {
            let verb = if at_all { "unpause" } else { "pause" };
            checked(&mut self.podman(&[verb, &self.name]));
        }
    }

    fn used_us(&self) -> u64 {
        if let Ok(nanoseconds) = fs::read_to_string(format!("{}/cpuacct.usage", self.cgroup)) {
            return nanoseconds.trim().parse::<u64>().unwrap() / 1000;
        }
        let stat = fs::read_to_string(format!("{}/cpu.stat", self.cgroup)).unwrap();
        let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec "));
        usage.unwrap().parse().unwrap()
    }
}

#[test]
fn a_container_of_podman_is_known_by_name_and_pays_for_what_it_used() {
    let container = match Container::run() {
        Ok(container) => container,
        Err(reason) => skip!("{reason}"),
    };
    let state = tempfile::tempdir().unwrap();
    let agent = agent(state.path());
    let series = agent.recognises(&container);
    agent.measure(&[(&container, &series)]);
    let last = agent.after_ticks(1);
    drop(container);
    agent.forgets(&series, &last);
}

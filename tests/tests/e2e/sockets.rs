//! Daemons of container engines, asked for what the disk does not tell.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use tempfile::TempDir;
use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::agent::command;
use super::living::Living;
use super::patience::wait_until;
use super::skip::is_root;

/// podman with a place of its own, and its service.
struct Podman {
    dir: TempDir,
    service: Option<Child>,
}

impl Podman {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            service: None,
        }
    }

    fn command(&self) -> Command {
        let mut podman = Command::new("podman");
        podman.args(["--storage-driver", "vfs"]);
        for (flag, below) in [("--root", "root"), ("--runroot", "run"), ("--tmpdir", "tmp")] {
            podman.arg(flag).arg(self.dir.path().join(below));
        }
        podman.stdin(Stdio::null()).stderr(Stdio::null());
        podman
    }

    /// Makes a container that never runs; its id, where that can be done here.
    fn create(&self, name: &str) -> Option<String> {
        let rootfs = self.dir.path().join("rootfs");
        fs::create_dir(&rootfs).unwrap();
        let mut create = self.command();
        create
            .args(["create", "--name", name, "--rootfs"])
            .arg(rootfs)
            .arg("true");
        let output = create.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }

    fn serve(&mut self) -> PathBuf {
        let socket = self.dir.path().join("podman.sock");
        let mut serve = self.command();
        serve.args(["system", "service", "--time", "0"]);
        serve
            .arg(format!("unix://{}", socket.display()))
            .stdout(Stdio::null());
        self.service = Some(serve.spawn().unwrap());
        wait_until("podman's service", || socket.exists());
        socket
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        if let Some(mut service) = self.service.take() {
            // It may have ended by itself; then there is nothing to do.
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

/// A cgroup as podman's containers have it, on a made-up host that has no other trace of the container.
fn make_cgroup(host: &Path, id: &str) {
    let dir = host.join(format!("sys/fs/cgroup/machine.slice/libpod-{id}.scope"));
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("cgroup.procs"), "").unwrap();
    fs::write(
        dir.join("cpu.stat"),
        "usage_usec 100\nuser_usec 100\nsystem_usec 0\n",
    )
    .unwrap();
}

#[test]
fn podmans_service_names_a_container_that_the_disk_does_not_know() {
    let mut podman = Podman::new();
    let Some(id) = podman.create("shop").filter(|_| is_root()) else {
        skip!("needs root and podman");
    };
    let socket = podman.serve();
    let host = Living::start(Spec::default().with_mixture(5, 10));
    let agent = Agent::start_as(command(&host.flags(&[
        "--interval",
        "100ms",
        "--listen",
        "127.0.0.1:0",
        "--workload.sockets",
        "/nonexistent.sock",
        "--workload.sockets",
        socket.to_str().unwrap(),
    ])));
    agent.wait_until_ready();
    make_cgroup(host.path(), &id);
    let series = |name: &str| {
        format!("wattle_workload_cpu_seconds_total{{kind=\"container\",id=\"{id}\",name=\"{name}\"}}")
    };
    wait_until("the container's name", || {
        agent.scrape().get(&series("shop")).is_some()
    });
    agent
        .program
        .wait_for_log("/nonexistent.sock of workload.sockets does not answer");
}

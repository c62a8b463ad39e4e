//! Containers of LXD.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use super::super::program::Program;
use super::Guest;
use super::agent;
use super::command::checked;
use super::command::missing;
use super::command::wait_until_it_answers;
use super::guest::assert_three_to_one;
use super::rootfs;

/// A pool that is a directory, and no network.
const PRESEED: &str = "config: {}
storage_pools: [{name: default, driver: dir}]
profiles: [{name: default, devices: {root: {path: /, pool: default, type: disk}}}]
";
const METADATA: &str =
    "architecture: x86_64\ncreation_date: 1700000000\nproperties: {description: busybox}\n";

/// LXD's daemon with a directory of its own.
struct Lxd {
    dir: TempDir,
    _daemon: Program,
}

/// One running container.
struct Container<'l> {
    lxd: &'l Lxd,
    project: &'static str,
    name: &'static str,
}

impl Lxd {
    /// Starts the daemon with an image of busybox, or says why not.
    fn start() -> Result<Self, String> {
        if let Some(program) = missing(&["lxd", "lxc", "tar"]) {
            return Err(format!("{program} is missing"));
        }
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("lxd");
        command.args(["--group", "root"]).env("LXD_DIR", dir.path());
        let daemon = Program::start(command);
        let lxd = Self { dir, _daemon: daemon };
        wait_until_it_answers("lxd", || lxd.command("lxd", &["waitready", "--timeout", "5"]));
        lxd.initialise();
        lxd.import_image().ok_or("busybox is missing")?;
        Ok(lxd)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("LXD_DIR", self.dir.path())
            .stdin(Stdio::null());
        command
    }

    fn lxc(&self, arguments: &[&str]) -> String {
        checked(&mut self.command("lxc", arguments))
    }

    fn initialise(&self) {
        let preseed = self.dir.path().join("preseed");
        fs::write(&preseed, PRESEED).unwrap();
        let mut init = self.command("lxd", &["init", "--preseed"]);
        checked(init.stdin(fs::File::open(preseed).unwrap()));
    }

    fn import_image(&self) -> Option<()> {
        let image = self.dir.path().join("image");
        rootfs::create(&image.join("rootfs"))?;
        fs::write(image.join("metadata.yaml"), METADATA).unwrap();
        let archive = self.dir.path().join("image.tar.gz");
        rootfs::pack(&image, &archive);
        self.lxc(&["image", "import", archive.to_str()?, "--alias", "busybox"]);
        Some(())
    }

    fn launch(&self, project: &'static str, name: &'static str, share: &str) -> Container<'_> {
        // Both on one processor, so that their shares decide how long each runs.
        let (share, cpu) = (format!("limits.cpu.allowance={share}"), "limits.cpu=0-0");
        let privileged = "security.privileged=true";
        self.lxc(&[
            "--project",
            project,
            "launch",
            "busybox",
            name,
            "-c",
            privileged,
            "-c",
            &share,
            "-c",
            cpu,
        ]);
        let container = Container {
            lxd: self,
            project,
            name,
        };
        container.spin();
        container
    }
}

impl Drop for Lxd {
    fn drop(&mut self) {
        for (project, name) in [("default", "c1"), ("blue", "c2")] {
            let arguments = ["--project", project, "delete", "--force", name];
            let _ = self.command("lxc", &arguments).output();
        }
        let shutdown = ["shutdown", "--timeout", "20"];
        let _ = self.command("lxd", &shutdown).output();
        unmount_below(self.dir.path());
    }
}

/// The daemon leaves mounts of its own behind.
fn unmount_below(directory: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let mut below: Vec<_> = points
        .filter(|point| Path::new(point).starts_with(directory))
        .collect();
    below.reverse();
    for point in below {
        let _ = Command::new("umount").args(["--lazy", point]).status();
    }
}

impl Container<'_> {
    fn lxc(&self, arguments: &[&str]) -> String {
        self.lxd.lxc(&[&["--project", self.project], arguments].concat())
    }

    /// Starts what keeps it busy for as long as it is not frozen.
    fn spin(&self) {
        let spin = "(while :; do :; done) >/dev/null 2>&1 </dev/null &";
        self.lxc(&["exec", self.name, "--", "/bin/sh", "-c", spin]);
    }

    fn end(self) {
        self.lxc(&["delete", "--force", self.name]);
    }
}

impl Guest for Container<'_> {
    fn labels(&self) -> Vec<(&'static str, String)> {
        let mut labels = vec![("kind", "container".to_owned()), ("name", self.name.to_owned())];
        if self.project != "default" {
            labels.push(("project", self.project.to_owned()));
        }
        labels
    }

    fn work(&self, at_all: bool) {
        let state = self.lxc(&["list", "--format", "csv", "--columns", "s", self.name]);
        if (state.trim() == "FROZEN") == at_all {
            self.lxc(&[if at_all { "start" } else { "pause" }, self.name]);
        }
    }

    fn used_us(&self) -> u64 {
        let path = format!("/1.0/instances/{}/state?project={}", self.name, self.project);
        let state: Value = serde_json::from_str(&self.lxd.lxc(&["query", &path])).unwrap();
        state["cpu"]["usage"].as_u64().unwrap() / 1000
    }
}

#[test]
fn containers_of_lxd_are_known_by_name_and_project_and_pay_for_what_they_used() {
    let lxd = match Lxd::start() {
        Ok(lxd) => lxd,
        Err(reason) => skip!("{reason}"),
    };
    let state = tempfile::tempdir().unwrap();
    let agent = agent(state.path());
    lxd.lxc(&[
        "project",
        "create",
        "blue",
        "-c",
        "features.images=false",
        "-c",
        "features.profiles=false",
    ]);
    let c1 = lxd.launch("default", "c1", "75%");
    let c1_series = agent.recognises(&c1);
    let c2 = lxd.launch("blue", "c2", "25%");
    let c2_series = agent.recognises(&c2);
    let guests: [(&dyn Guest, &str); 2] = [(&c1, &c1_series), (&c2, &c2_series)];
    assert_three_to_one(&agent.measure(&guests));
    let last = agent.after_ticks(1);
    c1.end();
    agent.forgets(&c1_series, &last);
}

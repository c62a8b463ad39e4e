//! Cgroups of this machine, with processes in them.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use wattle_hostfs::Roots;
use wattle_hostfs::hierarchies::Hierarchies;
use wattle_hostfs::hierarchies::Hierarchy;

use super::patience::wait_until;

/// The hierarchy that accounts CPU time.
pub(crate) fn first() -> Option<Hierarchy> {
    Hierarchies::detect(&Roots::default()).ok()?.cpu
}

/// Version 2 beside it.
pub(crate) fn second() -> Option<Hierarchy> {
    Hierarchies::detect(&Roots::default()).ok()?.unified_cpu()
}

/// A cgroup of a test's own; it is gone after the test, with its processes.
pub(crate) struct RealCgroup {
    pub(crate) dir: PathBuf,
    running: Vec<Child>,
}

impl RealCgroup {
    /// Its name tells what for, and that it is this test's: `end` makes it a service or another kind of thing.
    pub(crate) fn make(hierarchy: &Hierarchy, purpose: &str, end: &str) -> io::Result<Self> {
        let name = format!("wattle-test-{}-{purpose}{end}", std::process::id());
        let dir = hierarchy.dir.join(name);
        fs::create_dir(&dir)?;
        Ok(Self {
            dir,
            running: Vec::new(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.dir.file_name().and_then(|name| name.to_str()).unwrap()
    }

    /// Runs a script of bash in it, and in the other cgroups.
    pub(crate) fn run(&mut self, others: &[&Path], script: &str) -> u32 {
        let enter = |dir: &Path| format!("echo $$ > '{}/cgroup.procs' && ", dir.display());
        let enter: String = others
            .iter()
            .copied()
            .chain([self.dir.as_path()])
            .map(enter)
            .collect();
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("{enter}{script}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = bash.spawn().unwrap();
        let pid = child.id();
        self.running.push(child);
        pid
    }

    pub(crate) fn stop(&mut self) {
        for mut child in self.running.drain(..) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The kernel's own account, in microseconds.
    pub(crate) fn used_us(&self) -> u64 {
        if let Ok(nanoseconds) = fs::read_to_string(self.dir.join("cpuacct.usage")) {
            return nanoseconds.trim().parse::<u64>().unwrap() / 1000;
        }
        let stat = fs::read_to_string(self.dir.join("cpu.stat")).unwrap();
        let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec "));
        usage.unwrap().parse().unwrap()
    }

    /// Waits until its processes have used so much more.
    pub(crate) fn wait_for_work(&self, usec: u64) {
        let from = self.used_us();
        wait_until("work", || self.used_us() >= from + usec);
    }
}

impl Drop for RealCgroup {
    fn drop(&mut self) {
        self.stop();
        // Children of what was stopped may run on for a moment, and the kernel lets the last go after its parent was told.
        wait_until("an empty cgroup", || {
            let left = fs::read_to_string(self.dir.join("cgroup.procs")).unwrap_or_default();
            for pid in left.lines().filter_map(|line| line.parse().ok()) {
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGKILL);
            }
            fs::remove_dir(&self.dir).is_ok()
        });
    }
}

/// What spins until it is stopped.
pub(crate) const SPIN: &str = "while :; do :; done";

/// Processes that come and go, some hundreds a second, each with a little work.
pub(crate) const SHORT_LIVED: &str = "while :; do for i in 1 2 3 4 5 6 7 8; do ( j=0; while [ $j -lt 200 ]; do j=$((j+1)); done ) & done; wait; done";

/// One time beside another.
#[expect(clippy::cast_precision_loss, reason = "seconds of a short test")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

//! A machine of systemd-nspawn, in the scope that systemd's machine manager gives it.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tempfile::TempDir;

use super::super::patience::wait_for;
use super::super::patience::wait_until;
use super::super::program::Program;
use super::Guest;
use super::agent;
use super::command::missing;
use super::rootfs;

/// What systemd-machined calls the scope of a machine called box-1.
const SCOPE: &str = "machine.slice/machine-box\\x2d1.scope";
const SPIN: &str = "while :; do :; done";
/// Into the scope in each hierarchy; then the machine.
const ENTER: &str = r#"for scope; do echo $$ >"$scope/cgroup.procs" || exit; done
exec systemd-nspawn --quiet --register=no --keep-unit --machine=box-1 --directory="$ROOT" /bin/sh -c "$SPIN""#;

/// A running machine.
struct Machine {
    scopes: Vec<PathBuf>,
    program: Option<Program>,
    _root: TempDir,
}

impl Machine {
    fn start() -> Result<Self, String> {
        if let Some(program) = missing(&["systemd-nspawn"]) {
            return Err(format!("{program} is missing"));
        }
        let root = tempfile::tempdir().unwrap();
        rootfs::create(root.path()).ok_or("busybox is missing")?;
        let scopes: Vec<_> = hierarchies().iter().map(|at| at.join(SCOPE)).collect();
        for scope in &scopes {
            fs::create_dir_all(scope).map_err(|error| format!("{}: {error}", scope.display()))?;
        }
        let mut command = Command::new("sh");
        command.args(["-c", ENTER, "sh"]).args(&scopes);
        command.env("ROOT", root.path()).env("SPIN", SPIN);
        let program = Some(Program::start(command));
        let machine = Self {
            scopes,
            program,
            _root: root,
        };
        wait_until("the machine to run", || machine.used_us() > 100_000);
        Ok(machine)
    }

    fn pids(&self) -> Vec<i32> {
        let mut pids = Vec::new();
        let mut places = vec![self.scopes[0].clone()];
        while let Some(place) = places.pop() {
            let listed = fs::read_to_string(place.join("cgroup.procs")).unwrap_or_default();
            pids.extend(listed.lines().filter_map(|pid| pid.parse::<i32>().ok()));
            let below = fs::read_dir(place).into_iter().flatten().flatten();
            places.extend(below.map(|entry| entry.path()).filter(|path| path.is_dir()));
        }
        pids
    }

    fn signal(&self, signal: Signal) {
        for pid in self.pids() {
            // It may just have ended.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

/// The hierarchies in which a scope is made: the one that accounts CPU time first.
fn hierarchies() -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    if root.join("cgroup.controllers").exists() {
        return vec![root.to_path_buf()];
    }
    let names = ["cpuacct", "cpu,cpuacct", "memory", "systemd", "unified"];
    let mut found: Vec<_> = names.iter().map(|name| root.join(name)).collect();
    found.retain(|path| path.join("cgroup.procs").exists());
    found
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
        self.program = None;
        for scope in &self.scopes {
            wait_for("an empty scope", || remove_tree(scope).ok());
            // Others may be in the slice.
            let _ = scope.parent().map(fs::remove_dir);
        }
    }
}

fn remove_tree(place: &Path) -> std::io::Result<()> {
    for below in fs::read_dir(place)?.flatten() {
        if below.path().is_dir() {
            remove_tree(&below.path())?;
        }
    }
    fs::remove_dir(place)
}

impl Guest for Machine {
    fn labels(&self) -> Vec<(&'static str, String)> {
        let known = [("kind", "container"), ("name", "box-1")];
        known.map(|(label, value)| (label, value.to_owned())).to_vec()
    }

    fn work(&self, at_all: bool) {
        self.signal(if at_all { Signal::SIGCONT } else { Signal::SIGSTOP });
    }

    fn used_us(&self) -> u64 {
        if let Ok(nanoseconds) = fs::read_to_string(self.scopes[0].join("cpuacct.usage")) {
            return nanoseconds.trim().parse::<u64>().unwrap() / 1000;
        }
        let stat = fs::read_to_string(self.scopes[0].join("cpu.stat")).unwrap();
        let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec "));
        usage.unwrap().parse().unwrap()
    }
}

#[test]
fn a_machine_of_systemd_nspawn_is_known_by_name_and_pays_for_what_it_used() {
    let machine = match Machine::start() {
        Ok(machine) => machine,
        Err(reason) => skip!("{reason}"),
    };
    let state = tempfile::tempdir().unwrap();
    let agent = agent(state.path());
    let series = agent.recognises(&machine);
    agent.measure(&[(&machine, &series)]);
    let last = agent.after_ticks(1);
    drop(machine);
    agent.forgets(&series, &last);
}

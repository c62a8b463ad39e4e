//! A real cgroup of this machine that is really busy.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;

use super::agent::Agent;
use super::exposition::Exposition;
use super::patience::wait_until;

const SPIN: &str = "echo $$ > \"$0/cgroup.procs\" && exec taskset -c \"$1\" sh -c 'while :; do :; done'";
const SECOND_US: u64 = 1_000_000;
const MODES: [&str; 5] = ["user", "nice", "system", "irq", "softirq"];

/// A cgroup with spinning processes in it; both are gone after the test.
struct Busy {
    path: PathBuf,
    spinning: Vec<Child>,
}

impl Busy {
    fn create(root: &Path, name: &str) -> io::Result<Self> {
        let path = root.join(format!("wattle-test-{}-{name}", std::process::id()));
        fs::create_dir(&path)?;
        let spinning = Vec::new();
        Ok(Self { path, spinning })
    }

    /// Starts so many processes that want all of one CPU; they share it evenly.
    fn spin(&mut self, processes: u32, cpu: &str) {
        // Where the CPU controller is on, cgroups and not processes share evenly, but for their weight.
        let _ = fs::write(self.path.join("cpu.weight"), (processes * 100).to_string());
        for _ in 0..processes {
            let mut command = Command::new("sh");
            command.args(["-c", SPIN]).arg(&self.path).arg(cpu);
            self.spinning.push(command.spawn().unwrap());
        }
    }

    fn stop(&mut self) {
        for mut child in self.spinning.drain(..) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The kernel's own account, in microseconds.
    fn used_us(&self) -> u64 {
        if let Ok(nanoseconds) = fs::read_to_string(self.path.join("cpuacct.usage")) {
            return nanoseconds.trim().parse::<u64>().unwrap() / 1000;
        }
        let stat = fs::read_to_string(self.path.join("cpu.stat")).unwrap();
        let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec "));
        usage.unwrap().parse().unwrap()
    }

    fn labels(&self) -> String {
        let name = self.path.file_name().unwrap().to_str().unwrap();
        format!("kind=\"container\",id=\"/{name}\",name=\"{name}\"")
    }

    fn energy_uj(&self, scrape: &Exposition) -> u64 {
        let component = format!("{},component=\"cpu\"", self.labels());
        scrape.micro(&format!("wattle_workload_energy_joules_total{{{component}}}"))
    }

    fn cpu_us(&self, scrape: &Exposition) -> u64 {
        scrape.micro(&format!("wattle_workload_cpu_seconds_total{{{}}}", self.labels()))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop();
        // The kernel lets the last process go a moment after its parent has been told.
        wait_until("an empty cgroup", || fs::remove_dir(&self.path).is_ok());
    }
}

/// Where cgroups with an account of CPU time can be made.
fn root() -> Option<PathBuf> {
    let v2 = Path::new("/sys/fs/cgroup");
    let candidates = [v2.to_path_buf(), v2.join("cpuacct"), v2.join("cpu,cpuacct")];
    let kept = ["cgroup.controllers", "cpuacct.usage", "cpuacct.usage"];
    let mut found = candidates
        .into_iter()
        .zip(kept)
        .filter(|(path, file)| path.join(file).exists());
    found.next().map(|(path, _)| path)
}

/// The last CPU on which this test may run.
fn cpu() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    allowed
        .unwrap()
        .trim()
        .rsplit([',', '-'])
        .next()
        .unwrap()
        .to_owned()
}

/// The host's own account of busy CPU time.
fn host_us(scrape: &Exposition) -> u64 {
    let mode = |mode| scrape.micro(&format!("wattle_host_cpu_seconds_total{{mode=\"{mode}\"}}"));
    MODES.map(mode).iter().sum()
}

/// The energy above what an idle host uses.
fn dynamic_uj(scrape: &Exposition) -> u64 {
    let all = scrape.sum_micro("wattle_host_energy_joules_total", "component=\"cpu\"");
    all - scrape.sum_micro("wattle_workload_energy_joules_total", "kind=\"idle\"")
}

fn assert_close(what: &str, found: f64, wanted: f64, tolerance: f64) {
    assert!(
        (found / wanted - 1.0).abs() < tolerance,
        "{what}: {found}, not {wanted}"
    );
}

#[expect(clippy::cast_precision_loss, reason = "seconds and joules of a short test")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[test]
fn busy_cgroups_get_the_energy_of_their_cpu_time_and_their_cpu_time_is_the_kernels() {
    let Some(root) = root() else {
        skip!("no cgroup hierarchy here accounts CPU time");
    };
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &["--interval", "500ms"]);
    agent.wait_until_ready();
    let (Ok(mut three), Ok(mut one)) = (Busy::create(&root, "three"), Busy::create(&root, "one")) else {
        skip!("needs root, or leave to make cgroups below {}", root.display());
    };
    let cpu = cpu();
    three.spin(3, &cpu);
    one.spin(1, &cpu);
    wait_until("work to begin", || one.used_us() > SECOND_US / 10);
    let before = agent.after_ticks(1);
    wait_until("work", || three.used_us() + one.used_us() > 3 * SECOND_US);
    let after = agent.after_ticks(1);
    let host = host_us(&after) - host_us(&before);
    let dynamic = dynamic_uj(&after) - dynamic_uj(&before);
    for (name, busy) in [("three", &three), ("one", &one)] {
        let energy = busy.energy_uj(&after) - busy.energy_uj(&before);
        let time = busy.cpu_us(&after) - busy.cpu_us(&before);
        assert_close(name, ratio(energy, dynamic), ratio(time, host), 0.05);
    }
    let times = ratio(three.cpu_us(&after), one.cpu_us(&after));
    assert!(
        (1.5..6.0).contains(&times),
        "they ran {times} to 1, which proves little"
    );
    for busy in [&mut three, &mut one] {
        busy.stop();
        let last = agent.after_ticks(2);
        assert_close(
            "CPU seconds",
            ratio(busy.cpu_us(&last), SECOND_US),
            ratio(busy.used_us(), SECOND_US),
            0.02,
        );
    }
}

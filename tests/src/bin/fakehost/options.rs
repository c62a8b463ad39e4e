//! What can be asked on the command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;
use clap::Parser;
use clap::ValueEnum;
use wattle_tests::fakehost::Churn;
use wattle_tests::fakehost::Fault;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Layout;
use wattle_tests::fakehost::Power;
use wattle_tests::fakehost::Spec;

const TEACHING: &str = "\
The agent reads the host with
  wattle-agent --path.procfs D/proc --path.sysfs D/sys --path.cgroup D/sys/fs/cgroup --path.rootfs D

Faults, by --fault \"5s vanish intel-rapl:0\" (virtual time) or as lines on standard input (at once):
  vanish PLACE       it is not there any more        reset ZONE          its counter starts from 0
  unreadable PLACE   mode 000; root reads it still   jump ZONE           its counter leaps by 2^31 uJ
  stuck PLACE        it keeps saying what it said    ghost WORKLOAD      a process listed, but without stat
  garbage PLACE      it says what no kernel says     reuse-pid WORKLOAD  a new process under an old number
  heal PLACE         it is as it should be           end WORKLOAD        its processes and its cgroup go
  new-boot-id        as after a reboot               restart WORKLOAD    the same name, counters from 0
                                                     start NAME          a container that wants half a CPU
A PLACE is a zone (intel-rapl:0), the word powercap for all zones, or a path below D (proc/stat).
WORKLOADs have the names that the truth gives them.

The truth is JSON: microjoules and CPU microseconds of each workload, what nobody caused, each zone, and the host.
The workloads and what nobody caused add up to the host, to the microjoule.";

/// Writes a living host below a directory, and says at the end what every workload's true joules were.
///
/// It runs in real time until the duration has passed, SIGTERM or SIGINT comes, or standard input (a pipe or a terminal) closes.
/// Then it prints the truth as JSON.
#[derive(Debug, Parser)]
#[command(name = "fakehost", after_help = TEACHING)]
pub(crate) struct Options {
    /// Where the host is written; made if it is not there. It should be empty.
    #[arg(long, value_name = "D")]
    pub(crate) dir: PathBuf,
    /// Which cgroup hierarchies are mounted.
    #[arg(long, value_enum, default_value = "v2")]
    layout: Layout,
    /// What the host is: a server with dram zones, a laptop with psys, an AMD server, or a guest without counters.
    #[arg(long, value_enum, default_value = "server")]
    hardware: Machine,
    /// Sockets; else as the hardware has.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=8))]
    sockets: Option<u32>,
    /// Logical CPUs of each socket.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=512))]
    cpus: u32,
    /// Watts of one package with all its CPUs busy; three tenths of it when idle. Else as the hardware has.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    watts: Option<u64>,
    /// The width of the energy counters. 32 is real; 23 at 200 W wraps every 2.6 s.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(8..=32))]
    bits: u32,
    /// Services, containers, guests and logins.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    cgroups: u32,
    /// Their processes altogether; at least one each.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    processes: u32,
    /// So many processes per second end and are replaced, and a fifth as many containers.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    churn: u32,
    /// The same seed and steps make the same host.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Virtual time from one state of the files to the next.
    #[arg(long, default_value = "100ms", value_parser = duration)]
    pub(crate) step: Duration,
    /// Virtual seconds per real second.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// How long to run, in virtual time; without it, until stopped.
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Also keep the truth in this file, replaced as a whole after every step.
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// What goes wrong and when, as in "5s vanish intel-rapl:0"; can be given many times.
    #[arg(long, value_name = "WHEN FAULT", value_parser = timed)]
    pub(crate) fault: Vec<Timed>,
}

/// A fault and its virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timed {
    pub(crate) at: Duration,
    pub(crate) fault: Fault,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Machine {
    Server,
    Client,
    Epyc,
    Guest,
}

impl Options {
    /// The host that was asked for.
    pub(crate) fn spec(&self) -> Spec {
        let base = match self.hardware {
            Machine::Server => Hardware::default(),
            Machine::Client => Hardware::client(),
            Machine::Epyc => Hardware::epyc(),
            Machine::Guest => Hardware::guest(),
        };
        let package = self.watts.map_or(base.package, |watts| Power {
            static_mw: watts * 300,
            dynamic_mw: watts * 700,
        });
        let sockets = self.sockets.unwrap_or(base.sockets);
        let hardware = Hardware {
            sockets,
            cpus_per_socket: self.cpus,
            package,
            bits: self.bits,
            ..base
        };
        let churn = Churn {
            processes_per_second: self.churn,
            cgroups_per_second: self.churn / 5,
        };
        Spec {
            layout: self.layout,
            hardware,
            churn,
            seed: self.seed,
            ..Spec::default()
        }
        .with_mixture(self.cgroups, self.processes)
    }
}

/// `100ms`, `1.5s`, `2m`, `1h`.
fn duration(text: &str) -> Result<Duration> {
    let digits = text
        .find(|byte: char| byte.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (figure, unit) = text.split_at(digits);
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => bail!("{text:?}: a duration is a figure and one of us, ms, s, m, h"),
    };
    let figure: f64 = figure
        .parse()
        .with_context(|| format!("{text:?} has no figure"))?;
    let duration = Duration::try_from_secs_f64(figure * seconds).with_context(|| format!("{text:?}"))?;
    if duration < Duration::from_micros(1) || duration > Duration::from_secs(10_000_000) {
        bail!("{text:?}: more than nothing and less than four months");
    }
    Ok(duration)
}

fn speed(text: &str) -> Result<f64> {
    let speed: f64 = text.parse().with_context(|| format!("{text:?} is no figure"))?;
    if !(0.001..=10_000.0).contains(&speed) {
        bail!("{text:?}: from 0.001 to 10000");
    }
    Ok(speed)
}

fn timed(text: &str) -> Result<Timed> {
    let (at, fault) = text
        .split_once(' ')
        .with_context(|| format!("{text:?}: a time, then a fault"))?;
    Ok(Timed {
        at: duration(at)?,
        fault: fault.parse()?,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn durations_have_a_figure_and_a_unit() {
        assert_eq!(duration("100ms").unwrap(), Duration::from_millis(100));
        assert_eq!(duration("1.5m").unwrap(), Duration::from_secs(90));
        for bad in ["", "5", "s", "-1s", "0s", "1e300s", "1d", "nans"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_timed_fault_is_a_time_and_a_fault() {
        let fault = Fault::Vanish("intel-rapl:0".to_owned());
        assert_eq!(
            timed("5s vanish intel-rapl:0").unwrap(),
            Timed {
                at: Duration::from_secs(5),
                fault
            }
        );
        assert!(timed("vanish intel-rapl:0").is_err());
    }
}

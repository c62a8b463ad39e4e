//! How many requests one processor reflects: the agent beside stamp-suite, through real sockets; `--help` says how to read it.

use std::io::Write;
use std::net::SocketAddr;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use anyhow::Result;
use clap::Parser;
use nix::sched::CpuSet;
use nix::sched::sched_setaffinity;
use nix::unistd::Pid;

const TEACHING: &str = "\
How to read it
  Each reflector runs on one processor, and is asked from another one by as many sockets as there are
  sessions, as fast as they can. What counts is how many replies came for each second of CPU time that the
  reflector took: others on the machine disturb that little. Packets have 44 octets and no TLVs.
  The agent's limits on sessions and rates hold here too: what they refuse costs it time and counts for nothing.

Examples
  cargo build --release -p wattle-agent -p wattle-tests --bins
  suite=$(WATTLE_PEERS_PROFILE=release tests/peers/provide stamp-suite target/peers)
  target/release/reflectors --stamp-suite $suite";

/// Our reflector's rate is limited for each session, so there are many of them.
const SESSIONS: u8 = 250;
/// A session is trusted when it has lasted for a while, and until then all new ones share one rate.
const WARM_UP: Duration = Duration::from_secs(4);
const LENGTH: usize = 44;
/// So often it is asked whether it is there.
const TRIES: u32 = 200;

/// Prints how many requests a processor reflects in a second: the agent's reflector, and that of stamp-suite.
#[derive(Debug, Parser)]
#[command(name = "reflectors", after_help = TEACHING)]
struct Options {
    /// The agent; without it that beside this program.
    #[arg(long)]
    agent: Option<PathBuf>,
    /// stamp-suite; without it the agent is measured alone.
    #[arg(long)]
    stamp_suite: Option<PathBuf>,
    /// How long each is asked.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let beside = std::env::current_exe()?.with_file_name("wattle-agent");
    let agent = options.agent.unwrap_or(beside);
    let state = tempfile::tempdir()?;
    let mut ours = pinned(&agent);
    ours.args(["--listen", "127.0.0.1:0", "--latency.reflect=true", "--state-dir"]);
    ours.arg(state.path());
    let at = free_address()?;
    ours.arg(format!("--latency.listen={at}"));
    let mut reflectors = vec![("wattle-agent", ours, at)];
    if let Some(program) = options.stamp_suite {
        let (mut theirs, at) = (pinned(&program), free_address()?);
        theirs.args([
            "--is-reflector",
            "--stateful-reflector",
            "--local-addr",
            "127.0.0.1",
        ]);
        theirs.args(["--local-port", &at.port().to_string()]);
        reflectors.push(("stamp-suite", theirs, at));
    }
    let mut here = CpuSet::new();
    here.set(0)?;
    sched_setaffinity(Pid::from_raw(0), &here)?;
    let mut out = std::io::stdout().lock();
    for (name, mut command, at) in reflectors {
        let started = Reflector::start(&mut command).with_context(|| format!("{command:?}"))?;
        let found = measure(&started, at, Duration::from_secs(options.seconds))?;
        writeln!(
            out,
            "{name:12} {:9.0} replies a second of CPU time; {:9.0} a second on the wall, with {:3.0} % of a processor",
            found.replies / found.cpu,
            found.replies / found.wall,
            100.0 * found.cpu / found.wall
        )?;
    }
    Ok(())
}

/// A program that runs on the second processor.
fn pinned(program: &PathBuf) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "1"]).arg(program);
    command
}

fn free_address() -> Result<SocketAddr> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?)
}

/// It ends with this.
struct Reflector(Child);

impl Reflector {
    fn start(command: &mut Command) -> Result<Self> {
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Self(quiet.spawn()?))
    }

    /// CPU time so far in seconds, of all threads together (Documentation/scheduler/sched-stats.rst).
    fn cpu(&self) -> Result<f64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id()))?;
        let mut nanos = 0;
        for thread in threads {
            // One that has ended meanwhile took nothing worth mentioning.
            let told = std::fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            let spent = told.split_whitespace().next().map(str::parse::<u64>);
            nanos += spent.transpose()?.unwrap_or_default();
        }
        Ok(nanos as f64 / 1e9)
    }
}

impl Drop for Reflector {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Found {
    replies: f64,
    cpu: f64,
    wall: f64,
}

fn measure(reflector: &Reflector, at: SocketAddr, lasting: Duration) -> Result<Found> {
    let askers = (1..=SESSIONS)
        .map(|last| Asker::new(last, at))
        .collect::<Result<Vec<_>>>();
    let mut askers = askers?;
    let pause = Duration::from_millis(100);
    while ask(&mut askers, Duration::from_millis(1), pause)? == 0 {
        anyhow::ensure!(
            askers.iter().all(|asker| asker.number < TRIES),
            "nothing comes back"
        );
    }
    ask(&mut askers, WARM_UP, pause)?;
    let (cpu, begin) = (reflector.cpu()?, now());
    let replies = ask(&mut askers, lasting, Duration::ZERO)?;
    Ok(Found {
        replies: replies as f64,
        cpu: reflector.cpu()? - cpu,
        wall: begin.elapsed().as_secs_f64(),
    })
}

/// Each asks in turn, and a turn begins no sooner than so long after the one before. Returns the number of replies.
fn ask(askers: &mut [Asker], lasting: Duration, turn: Duration) -> Result<u64> {
    let (begin, mut replies) = (now(), 0);
    while begin.elapsed() < lasting {
        for asker in &mut *askers {
            replies += asker.ask()?;
        }
        std::thread::sleep(turn);
    }
    Ok(replies)
}

/// One session, from an address of its own.
struct Asker {
    socket: UdpSocket,
    number: u32,
}

impl Asker {
    fn new(last: u8, at: SocketAddr) -> Result<Self> {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 1, last], 0)))?;
        socket.connect(at)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, number: 0 })
    }

    /// Sends the next packet and takes what has come.
    fn ask(&mut self) -> Result<u64> {
        let mut packet = [0; LENGTH];
        packet[..4].copy_from_slice(&self.number.to_be_bytes());
        // RFC 8762 section 4.2.1: a timestamp, an error estimate that is not zero, and RFC 8972's session.
        packet[4..12].copy_from_slice(&(1_u64 << 63 | u64::from(self.number)).to_be_bytes());
        packet[12..16].copy_from_slice(&[0, 1, 0, 1]);
        // Until the reflector listens, and when a queue is full, it is not sent: then it is one of those that are lost.
        let _ = self.socket.send(&packet);
        self.number += 1;
        let mut reply = [0; LENGTH];
        let mut replies = 0;
        while self.socket.recv(&mut reply).is_ok() {
            replies += 1;
        }
        Ok(replies)
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn now() -> Instant {
    Instant::now()
}

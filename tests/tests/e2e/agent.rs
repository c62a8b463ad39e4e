//! The agent's own binary.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::sync::OnceLock;

use super::client;
use super::client::Reply;
use super::exposition::Exposition;
use super::patience::wait_for;
use super::patience::wait_until;
use super::program::Program;

/// Where `tests/run` says the binary is.
const BINARY: &str = "WATTLE_AGENT";

/// A running agent.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

impl Agent {
    /// Starts it with these arguments on a port of its own, and waits until it listens.
    pub(crate) fn start(state: &Path, arguments: &[impl AsRef<OsStr>]) -> Self {
        let mut command = command(arguments);
        command
            .args(["--listen", "127.0.0.1:0", "--state-dir"])
            .arg(state);
        Self::start_as(command)
    }

    /// Starts what is a whole command line.
    pub(crate) fn start_as(command: Command) -> Self {
        let mut program = Program::start(command);
        let address = program.wait_for_address("listening");
        Self { program, address }
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        client::get(self.address, path)
    }

    /// What is shown now, or with the first tick.
    pub(crate) fn scrape(&self) -> Exposition {
        let reply = wait_for("the first tick", || {
            let reply = self.get("/metrics");
            (reply.status != 503).then_some(reply)
        });
        assert_eq!(reply.status, 200);
        Exposition::parse(&reply.text())
    }

    /// Waits for the second tick.
    pub(crate) fn wait_until_ready(&self) {
        wait_until("the second tick", || self.get("/readyz").status == 200);
    }

    /// Waits until so many more ticks have begun and ended; returns what is shown then.
    pub(crate) fn after_ticks(&self, more: u64) -> Exposition {
        let before = self.scrape().whole("wattle_ticks_total");
        wait_until("ticks", || {
            self.scrape().whole("wattle_ticks_total") >= before + more
        });
        self.scrape()
    }
}

/// The agent's command line.
pub(crate) fn command(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments);
    command
}

/// Runs the agent's command to its end.
pub(crate) fn run(arguments: &[impl AsRef<OsStr>]) -> Output {
    command(arguments).output().unwrap()
}

/// Without `tests/run`, cargo is asked for the binary beside this test, so that none that is older than the source is tested.
pub(crate) fn binary() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os(BINARY).map_or_else(build, PathBuf::from))
}

fn build() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "wattle-agent",
        "--manifest-path",
    ]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    command.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let built = command.status().is_ok_and(|status| status.success());
    let binary = profile.join("wattle-agent");
    assert!(
        built && binary.exists(),
        "{} is not there: build it with `cargo build -p wattle-agent`, name another in {BINARY}, or use tests/run",
        binary.display()
    );
    binary
}

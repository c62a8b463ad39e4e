//! The memory of the agent as it is shipped, on the host of the benchmark.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;
use anyhow::Result;
use anyhow::bail;

use crate::host::Host;
use crate::table::Row;
use crate::table::Table;

const INTERVAL: Duration = Duration::from_millis(100);
const BUDGET: u64 = 12 << 20;
/// As it is shipped: with what the unit puts into its environment.
const UNIT: &str = include_str!("../../../../systemd/wattle-agent.service");
/// The formats and packings in which it is scraped.
const HEADERS: [&str; 4] = [
    "Accept: text/plain",
    "Accept: application/openmetrics-text;version=1.0.0",
    "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    "Accept-Encoding: gzip",
];

/// The agent, which ends with it.
struct Agent {
    child: Child,
    address: String,
    _state_dir: tempfile::TempDir,
}

pub(crate) fn measure(host: &Host, ticks: u32, table: &mut Table) -> Result<()> {
    let binary = build()?;
    let agent = Agent::start(&binary, host)?;
    table.group(&format!("memory of wattle-agent, VmRSS after {ticks} ticks"));
    sleep(INTERVAL * ticks);
    table.add(Row::bytes("before the first scrape", agent.resident()?).at_most_bytes(BUDGET));
    agent.scrape(HEADERS[0])?;
    sleep(INTERVAL * 2);
    table.add(Row::bytes("after a scrape", agent.resident()?).at_most_bytes(BUDGET));
    for _ in 0..5 {
        for header in HEADERS {
            agent.scrape(header)?;
        }
        sleep(INTERVAL * 2);
    }
    table.add(Row::bytes("after scrapes in every format", agent.resident()?).at_most_bytes(BUDGET));
    Ok(())
}

/// The binary beside this one; under cargo it is built first, so that it is never an old one.
fn build() -> Result<PathBuf> {
    if let Some(cargo) = std::env::var_os("CARGO") {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        // Together with this one, so that what both are made of is compiled once.
        let status = Command::new(cargo)
            .args(["build", "--quiet", "--profile", profile, "--bin", "wattle-agent"])
            .args(["--package", "wattle-agent", "--package", "wattle-tests"])
            .status()?;
        if !status.success() {
            bail!("the agent cannot be built");
        }
    }
    let binary = std::env::current_exe()?.with_file_name("wattle-agent");
    if !binary.exists() {
        bail!("{} is not there: cargo build --release", binary.display());
    }
    Ok(binary)
}

impl Agent {
    fn start(binary: &Path, host: &Host) -> Result<Self> {
        let state_dir = tempfile::tempdir()?;
        let address = free_address()?;
        let roots = host.roots();
        let child = Command::new(binary)
            .args([
                "--listen",
                &address,
                "--interval",
                "100ms",
                "--log.level",
                "error",
            ])
            .envs(environment(UNIT))
            .args(flag("--state-dir", state_dir.path()))
            .args(flag("--path.procfs", &roots.proc))
            .args(flag("--path.sysfs", &roots.sys))
            .args(flag("--path.cgroup", &roots.cgroup))
            .args(flag("--path.rootfs", &roots.root))
            .stdout(Stdio::null())
            .spawn()
            .context("the agent cannot be started")?;
        Ok(Self {
            child,
            address,
            _state_dir: state_dir,
        })
    }

    fn resident(&self) -> Result<u64> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).context("the agent has ended")?;
        let kib = status.lines().find_map(|line| {
            let value = line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?;
            value.parse::<u64>().ok()
        });
        Ok(kib.context("no VmRSS")? << 10)
    }

    fn scrape(&self, header: &str) -> Result<()> {
        crate::door::scrape_once(&self.address, header)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Both fail only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The variables that a unit sets, none of which has a space in it.
fn environment(unit: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = unit.lines().filter_map(|line| line.strip_prefix("Environment="));
    lines
        .flat_map(str::split_whitespace)
        .filter_map(|variable| variable.split_once('='))
}

fn flag(name: &str, value: &Path) -> [OsString; 2] {
    [name.into(), value.into()]
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

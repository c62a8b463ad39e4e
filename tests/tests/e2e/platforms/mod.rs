//! Real platforms, started by the tests: whether the agent knows their guests by their right names, and how much they used.
//!
//! A guest is measured between two moments at which it rests, so that its platform's account and the agent's are of the
//! same time whenever they are asked.

mod boot_sector;
mod command;
mod guest;
mod libvirt;
mod lxd;
mod nspawn;
mod podman;
mod rootfs;
mod tap;

use guest::Guest;
use guest::Watched;

use super::agent::Agent;
use super::skip;

/// How many ticks of a second each measurement takes.
const MEASURED: u64 = 20;

/// An agent that forgets what has ended soon enough for a test.
fn agent(state: &std::path::Path) -> Watched {
    let agent = Agent::start(state, &["--limits.keep-ended", "5s"]);
    agent.wait_until_ready();
    Watched::new(agent)
}

//! A made-up host and the agent on it.

use std::ops::Deref;
use std::ops::DerefMut;
use std::time::Duration;

use wattle_agent::config::Settings;
use wattle_tests::fakehost::Host;
use wattle_tests::fakehost::Joules;
use wattle_tests::fakehost::Spec;

use super::agent::Agent;
use super::scrape::Scrape;

/// The ordinary time between two ticks.
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// The host moves on in steps of a quarter of a second, so that who runs changes within a tick too.
const STEP: Duration = Duration::from_millis(250);

/// A host and its agent. Nothing here waits for the time of day, so an hour passes in as long as it takes to compute, and a
/// failure repeats exactly.
pub(crate) struct Simulated {
    pub(crate) host: Host,
    agent: Agent,
}

impl Deref for Simulated {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.agent
    }
}

impl DerefMut for Simulated {
    fn deref_mut(&mut self) -> &mut Agent {
        &mut self.agent
    }
}

impl Simulated {
    /// A host as described and a started agent of default settings that has not ticked yet.
    pub(crate) fn new(spec: Spec) -> Self {
        Self::with(spec, |_| {})
    }

    /// The same with other settings.
    pub(crate) fn with(spec: Spec, adjust: impl FnOnce(&mut Settings)) -> Self {
        let wall = Duration::from_secs(spec.boot_time) + spec.uptime;
        let mut agent = Agent::new(spec.uptime, wall);
        agent.adjust(adjust);
        let host = Host::create(&agent.host_dir(), spec).unwrap();
        agent.start();
        Self { host, agent }
    }

    /// Time passes on the host, and nobody looks.
    pub(crate) fn pass(&mut self, by: Duration) {
        let mut left = by;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.host.world.step(step);
            left -= step;
        }
        self.host.flush().unwrap();
        self.clock.pass(by);
    }

    /// Time passes; then the agent ticks.
    pub(crate) fn after(&mut self, by: Duration) -> Scrape {
        self.pass(by);
        self.tick()
    }

    /// So many ticks, a second apart, at least one; what a scrape shows after the last.
    pub(crate) fn seconds(&mut self, count: u32) -> Scrape {
        (1..count).for_each(|_| drop(self.after(SECOND)));
        self.after(SECOND)
    }

    /// Does to the host what the words say.
    pub(crate) fn fault(&mut self, words: &str) {
        self.host.apply(&words.parse().unwrap()).unwrap();
    }

    /// What the host has truly used since its start, by component.
    pub(crate) fn true_uj(&self) -> [i128; 2] {
        let Joules { cpu_uj, dram_uj } = self.host.truth().host;
        [cpu_uj.into(), dram_uj.into()]
    }
}

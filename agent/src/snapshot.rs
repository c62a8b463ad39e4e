//! What is shown: one immutable value for everyone who asks between two ticks.

use std::sync::Arc;
use std::time::Duration;

use crate::geo::Distance;
use crate::geo::Situation;
use crate::history::History;
use crate::latency::report::LatencyReport;
use crate::latency::responder::ServerReport;
use crate::ledger::HostReport;
use crate::machine::Machine;
use crate::systems::Systems;

/// All that a scrape can show.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The host.
    pub host: HostReport,
    /// What it is called and made of.
    pub machine: Arc<Machine>,
    /// The agent itself.
    pub agent: AgentReport,
    /// Other hosts, if their distance is measured.
    pub latency: Option<Arc<LatencyReport>>,
    /// Where the host stands, where the operator wants to know.
    pub situation: Option<Arc<Situation>>,
    /// The last hour's power.
    pub history: Arc<History>,
}

impl Snapshot {
    /// How far the hosts are that tell where they stand.
    pub fn told(&self) -> impl Iterator<Item = &Distance> {
        let peers = self.latency.iter().flat_map(|report| &report.peers);
        peers.filter_map(|peer| peer.distance.as_ref())
    }
}

/// How the agent is doing.
#[derive(Clone, Debug, Default)]
pub struct AgentReport {
    /// How long ticks took, up to the one before this snapshot.
    pub tick_seconds: Histogram,
    /// Ticks that could not be made in time.
    pub ticks_missed: u64,
    /// The time there should be between two ticks.
    pub interval: Duration,
    /// The old names that stand in `/metrics` beside the new ones.
    pub compat: Systems,
    /// When the agent was started, since 1970.
    pub started: Duration,
    /// Attempts to save the state that were in vain.
    pub saves_failed: u64,
    /// Configurations that were refused at a reload.
    pub reloads_failed: u64,
    /// Connections and requests so far.
    pub http: HttpReport,
    /// The servers of test sessions that are switched on.
    pub servers: Vec<ServerReport>,
}

/// What came in by HTTP, up to the tick.
#[derive(Clone, Debug, Default)]
pub struct HttpReport {
    /// Connections accepted.
    pub connections: u64,
    /// Connections closed to make room for newer ones.
    pub evicted: u64,
    /// Answers by status.
    pub answers: Vec<(u16, u64)>,
}

/// The upper bounds of the buckets for the length of a tick, in seconds.
const BOUNDS: [f64; 9] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, f64::INFINITY];

/// Observations by size.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Histogram {
    counts: [u64; BOUNDS.len()],
    sum: f64,
}

impl Histogram {
    /// Adds one observation.
    pub fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        self.sum += seconds;
        for (bound, count) in BOUNDS.iter().zip(&mut self.counts) {
            if seconds <= *bound {
                *count += 1;
                return;
            }
        }
    }

    /// The sum of all observations.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Upper bounds with the number of observations in each bucket alone.
    pub fn buckets(&self) -> [(f64, u64); BOUNDS.len()] {
        std::array::from_fn(|index| (BOUNDS[index], self.counts[index]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_falls_into_the_first_bucket_that_holds_it() {
        let mut histogram = Histogram::default();
        for millis in [1, 1, 3, 10_000] {
            histogram.observe(Duration::from_millis(millis));
        }
        let filled: Vec<_> = histogram
            .buckets()
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(filled, [(0.001, 2), (0.005, 1), (f64::INFINITY, 1)]);
        assert_eq!(histogram.count(), 4);
    }
}

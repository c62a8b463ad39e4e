//! The agent's reading and attributing, without the rest, on this machine.

use std::fs;

use wattle_agent::clock::Clock;
use wattle_agent::clock::SystemClock;
use wattle_agent::collect::Collector;
use wattle_agent::config::Settings;
use wattle_agent::ledger::HostReport;
use wattle_agent::ledger::Ledger;
use wattle_agent::ledger::WorkloadReport;
use wattle_agent::run::Assumed;
use wattle_agent::workload::Kind;
use wattle_hostfs::Roots;

const MOST_FILES: usize = 4096;

/// A collector and a ledger that tick when they are told to.
pub(crate) struct Reader {
    collector: Collector,
    ledger: Ledger,
    latest: HostReport,
}

impl Reader {
    /// After its first tick.
    pub(crate) fn start() -> Self {
        let collector = Collector::new(&Roots::default(), MOST_FILES);
        let settings = Assumed::for_host(&collector).ledger_settings(&Settings::default());
        let mut reader = Self {
            collector,
            ledger: Ledger::new(settings, SystemClock.wall()),
            latest: HostReport::default(),
        };
        reader.tick();
        reader
    }

    /// One tick, in which nothing may be lost or fall.
    pub(crate) fn tick(&mut self) {
        let sample = self.collector.collect(&SystemClock);
        let report = self.ledger.advance(sample);
        assert_eq!(report.conservation_error_uj, 0);
        for before in &self.latest.workloads {
            let after = report
                .workloads
                .iter()
                .find(|after| after.identity == before.identity);
            if let Some(after) = after {
                assert!(after.cpu_usec >= before.cpu_usec, "{before:?} {after:?}");
            }
        }
        self.latest = report;
    }

    /// The CPU time of all workloads of a kind whose id or name ends so.
    pub(crate) fn cpu_usec(&self, kind: Kind, end: &str) -> u64 {
        let is = |report: &&WorkloadReport| {
            let identity = &report.identity;
            identity.kind == kind && (identity.id.ends_with(end) || identity.name.ends_with(end))
        };
        self.latest
            .workloads
            .iter()
            .filter(is)
            .map(|report| report.cpu_usec)
            .sum()
    }

    /// How many workloads have a name with this in it.
    pub(crate) fn named(&self, part: &str) -> usize {
        let is = |report: &&WorkloadReport| report.identity.id.contains(part);
        self.latest.workloads.iter().filter(is).count()
    }
}

/// The descriptors that this process holds on what has such a path.
pub(crate) fn descriptors(part: &str) -> usize {
    let links = fs::read_dir("/proc/self/fd").unwrap();
    links
        .filter_map(|link| fs::read_link(link.ok()?.path()).ok())
        .filter(|path| path.to_string_lossy().contains(part))
        .count()
}

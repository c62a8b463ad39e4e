//! The thread that ticks.
//!
//! It has its own clock and waits for nobody: scrapes take what it has published, and orders reach it between two ticks.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use wattle_door::Tally;

use crate::clock::Clock;
use crate::collect::Collector;
use crate::history::Recorder;
use crate::latency::responder;
use crate::latency::start::LatencyBoard;
use crate::ledger::HostReport;
use crate::ledger::Ledger;
use crate::ledger::LedgerSettings;
use crate::machine::Machine;
use crate::published::Board;
use crate::snapshot::AgentReport;
use crate::snapshot::HttpReport;
use crate::snapshot::Snapshot;
use crate::state_file::StateFile;
use crate::surroundings::Surroundings;
use crate::systems::Systems;
use crate::workload::rules::Rules;

/// What the ticking thread can be told.
#[derive(Debug)]
pub enum Order {
    /// Take new settings.
    Reconfigure(LedgerSettings, Arc<Rules>, Systems),
    /// A reload was refused.
    CountFailedReload,
    /// Save everything and end.
    Stop,
}

/// Everything a tick needs.
pub struct Ticker {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The readers.
    pub collector: Collector,
    /// The memory.
    pub ledger: Ledger,
    /// What the host is called and made of.
    pub machine: Arc<Machine>,
    /// The grid around the host.
    pub surroundings: Arc<Surroundings>,
    /// Where the memory is kept, if anywhere.
    pub state: Option<StateFile>,
    /// Where snapshots go.
    pub board: Arc<Board>,
    /// What of the last hour is shown.
    pub recorder: Recorder,
    /// What came in by HTTP.
    pub tally: Arc<Tally>,
    /// The last attempt to keep it was in vain, which is said once.
    pub saving_fails: bool,
    /// What is known of other hosts.
    pub latency: Arc<LatencyBoard>,
    /// When more workloads than there may be series were spoken of last.
    pub over_limit: OverLimit,
    /// What the servers of test sessions count.
    pub servers: Arc<responder::Tally>,
    /// How the agent is doing, and the time between two ticks.
    pub agent: AgentReport,
}

/// Workloads have come that found no series of their own: a word to the operator, now and then.
#[derive(Debug, Default)]
pub struct OverLimit {
    spoken: Option<(u64, Duration)>,
}

/// A host on which workloads come and go above the limit is not spoken of more often.
const SPEAK_EVERY: Duration = Duration::from_secs(300);

impl OverLimit {
    fn speak(&mut self, count: u64, at: Duration) {
        if self.is_due(count, at) {
            self.spoken = Some((count, at));
            tracing::warn!(
                count,
                "more workloads than limits.workloads: those that came late have no series of their own and are summed in kind other"
            );
        }
    }

    fn is_due(&self, count: u64, at: Duration) -> bool {
        match self.spoken {
            None => count > 0,
            Some((before, then)) => count > before && at.saturating_sub(then) >= SPEAK_EVERY,
        }
    }
}

impl Ticker {
    /// Ticks until told to stop, or until the one giving orders is gone.
    pub fn run(mut self, orders: &Receiver<Order>) {
        let mut due = self.clock.steady();
        loop {
            let wait = due.saturating_sub(self.clock.steady());
            match orders.recv_timeout(wait) {
                Ok(Order::Reconfigure(settings, rules, compat)) => {
                    self.collector.set_rules(&rules);
                    self.agent.compat = compat;
                    self.agent.interval = settings.interval;
                    // A tick that was planned on a longer interval is not waited for.
                    due = due.min(self.clock.steady() + settings.interval);
                    self.collector.watch_processes(settings.top_processes > 0);
                    self.ledger.reconfigure(settings);
                }
                Ok(Order::CountFailedReload) => self.agent.reloads_failed += 1,
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    if !self.tick_safely() {
                        return;
                    }
                    due = self.next_after(due);
                }
            }
        }
        self.save(true);
    }

    /// A defect in the tick must not end the scrapes: they go on showing the last snapshot, and `/healthz` says how old it
    /// is. The state on the disk is that of the last whole tick.
    fn tick_safely(&mut self) -> bool {
        let done = catch_unwind(AssertUnwindSafe(|| self.tick())).is_ok();
        if !done {
            tracing::error!("the tick has a defect and stopped; figures stay as they are until a restart");
        }
        done
    }

    /// Reads, settles, saves and publishes once, whatever the time.
    pub fn tick(&mut self) {
        let before = self.clock.steady();
        let mut sample = self.collector.collect(&*self.clock);
        self.surroundings.show(&mut sample);
        let host = self.ledger.advance(sample);
        self.over_limit.speak(host.workloads_over_limit, host.at);
        self.save(false);
        self.publish(host);
        self.agent
            .tick_seconds
            .observe(self.clock.steady().saturating_sub(before));
    }

    /// Saves before anything is shown: what a scrape has seen is never lost. A `clean` state is that of an orderly end.
    pub fn save(&mut self, clean: bool) {
        let Some(state) = &mut self.state else { return };
        let saved = state.write(&self.ledger, clean);
        let was_failing = std::mem::replace(&mut self.saving_fails, saved.is_err());
        match saved {
            Ok(()) if was_failing => tracing::info!("the state can be saved again"),
            Ok(()) => {}
            Err(error) => {
                self.agent.saves_failed += 1;
                if !was_failing {
                    tracing::warn!(%error, "the state cannot be saved, and each tick tries again; a restart now would lose what was counted since");
                }
            }
        }
    }

    fn publish(&mut self, mut host: HostReport) {
        self.recorder.record(&host);
        let latency = self.latency.load_full();
        host.sensors
            .extend(latency.iter().flat_map(|report| report.sensors()));
        let tally = self.tally.snapshot();
        let http = HttpReport {
            connections: tally.accepted,
            evicted: tally.evicted,
            answers: tally.answers,
        };
        self.agent.http = http;
        self.agent.servers = self.servers.reports();
        self.board.publish(Snapshot {
            host,
            machine: self.machine.clone(),
            agent: self.agent.clone(),
            latency,
            situation: self.surroundings.situation(),
            history: self.recorder.history(),
        });
    }

    /// The next instant on the grid of ticks. Those that are over by now are missed; their energy is in the next.
    fn next_after(&mut self, due: Duration) -> Duration {
        let interval = self.agent.interval;
        let next = due + interval;
        let late = self.clock.steady().saturating_sub(next);
        let missed = u32::try_from(late.as_nanos() / interval.as_nanos().max(1)).unwrap_or(u32::MAX);
        self.agent.ticks_missed += u64::from(missed);
        next + interval * missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_spoken_of_when_it_is_reached_and_again_after_a_while() {
        let mut over = OverLimit::default();
        let mut spoken = Vec::new();
        for (second, count) in [
            (1, 0),
            (2, 1),
            (3, 9),
            (300, 9),
            (302, 9),
            (303, 10),
            (400, 11),
            (700, 11),
        ] {
            let before = over.spoken;
            over.speak(count, Duration::from_secs(second));
            if over.spoken != before {
                spoken.push(second);
            }
        }
        assert_eq!(spoken, [2, 302, 700]);
    }
}

//! The loop that asks agents, each in its turn, and shows what they say.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::board::Board;
use super::report::Source;
use super::roll::Roll;
use super::roll::Witness;
use super::stats::Stats;
use super::targets::Finder;
use crate::clock;
use crate::config;
use crate::facts::Reading;
use crate::facts::Web;
use crate::facts::poll::AskError;
use crate::facts::poll::Rota;
use crate::facts::poll::Target;
use crate::facts::poll::ask;

/// What came of one question.
struct Told {
    name: String,
    reading: Result<Reading, AskError>,
    took: Duration,
}

/// Asks agents for ever.
pub(super) struct Agents {
    pub(super) finder: Finder,
    pub(super) web: Web,
    pub(super) board: Arc<Board>,
    pub(super) stats: Arc<Stats>,
    roll: Roll,
    rota: Rota,
    targets: BTreeMap<String, Target>,
    patience: Duration,
    /// Between two publications.
    pace: Duration,
}

impl Agents {
    pub(super) fn new(
        settings: &config::Fleet,
        finder: Finder,
        web: Web,
        board: Arc<Board>,
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            finder,
            web,
            board,
            stats,
            roll: Roll::new(settings),
            rota: Rota::new(settings.interval.0, settings.agents.concurrency),
            targets: BTreeMap::new(),
            patience: settings.timeout.0,
            pace: (settings.interval.0 / 5).clamp(Duration::from_millis(200), Duration::from_secs(5)),
        }
    }

    /// Never ends.
    pub(super) async fn run(mut self) {
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(self.pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = self.rota.next();
            let wait = next.map(|at| at.saturating_sub(clock::steady()));
            tokio::select! {
                _ = ticks.tick() => {
                    self.look_for_targets().await;
                    self.publish();
                }
                Some(told) = running.join_next() => self.hear(told),
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
            self.start(&mut running);
        }
    }

    async fn look_for_targets(&mut self) {
        let now = clock::steady();
        let found = self.finder.find(now).await;
        for (name, target) in &found {
            if self.targets.get(name) != Some(target) {
                let witness = Witness {
                    source: Source::Agent,
                    target: target.address.clone(),
                    labels: target.labels.clone(),
                };
                self.roll.add(name, witness, now);
            }
        }
        if self.targets != found {
            let names: BTreeSet<String> = found.keys().cloned().collect();
            self.roll.keep(&names);
            self.rota.set_targets(names.iter().map(String::as_str), now);
            tracing::info!(agents = found.len(), "these are asked from now on");
            self.targets = found;
        }
    }

    fn start(&mut self, running: &mut JoinSet<Told>) {
        for name in self.rota.start(clock::steady()) {
            let Some(target) = self.targets.get(&name).cloned() else {
                continue;
            };
            let (web, patience) = (self.web.clone(), self.patience);
            running.spawn(async move {
                let begun = clock::steady();
                let reading = ask(&web, &target, patience).await;
                let took = clock::steady().saturating_sub(begun);
                Told { name, reading, took }
            });
        }
    }

    fn hear(&mut self, told: Result<Told, tokio::task::JoinError>) {
        let now = clock::steady();
        // Who panicked said no name; its turn comes when the targets are set anew.
        let Ok(Told { name, reading, took }) =
            told.inspect_err(|error| tracing::error!(%error, "a question panicked"))
        else {
            return;
        };
        self.stats.asked(Source::Agent, reading.is_ok(), took);
        match reading {
            Ok(reading) => {
                self.rota.finished(&name, now);
                // Of the moment at which it was asked: so old it may be.
                self.roll.heard(&name, now.saturating_sub(took), reading);
            }
            Err(error) => {
                self.rota.failed(&name, now);
                self.roll.failed(&name, &error.to_string());
            }
        }
    }

    fn publish(&self) {
        let (hosts, reports) = self.roll.picture(clock::steady());
        self.board.publish_with(hosts, reports);
    }
}

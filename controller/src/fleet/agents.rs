//! The loop that asks agents, each in its turn, and shows what they say.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
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
    finder: Finder,
    web: Web,
    board: Arc<Board>,
    stats: Arc<Stats>,
    known: Known,
}

/// What is known of them.
struct Known {
    roll: Roll,
    rota: Rota,
    targets: BTreeMap<String, Target>,
    patience: Duration,
    /// Between two publications.
    pace: Duration,
    /// Between two looks for targets.
    look: Duration,
}

const SHORTEST: Duration = Duration::from_millis(200);

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
            known: Known {
                roll: Roll::new(settings),
                rota: Rota::new(settings.interval.0, settings.agents.concurrency),
                targets: BTreeMap::new(),
                patience: settings.timeout.0,
                pace: (settings.interval.0 / 5).clamp(SHORTEST, Duration::from_secs(1)),
                look: (settings.interval.0 / 5).clamp(SHORTEST, Duration::from_secs(5)),
            },
        }
    }

    /// Never ends.
    pub(super) async fn run(self) {
        let Self {
            finder,
            web,
            board,
            stats,
            mut known,
        } = self;
        // Apart, so that a name that is not found and a file on a disk that hangs hold up nobody.
        let (found, mut targets) = watch::channel(BTreeMap::new());
        tokio::spawn(look_for_targets(finder, found, known.look));
        let mut running = JoinSet::new();
        let mut ticks = tokio::time::interval(known.pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = known.rota.next();
            let wait = next.map(|at| at.saturating_sub(clock::steady()));
            tokio::select! {
                _ = ticks.tick() => {
                    let (hosts, reports) = known.roll.picture(clock::steady());
                    board.publish_with(hosts, reports);
                }
                Ok(()) = targets.changed() => known.set_targets(targets.borrow_and_update().clone()),
                Some(told) = running.join_next() => known.hear(told, &stats),
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
            known.start(&mut running, &web);
        }
    }
}

async fn look_for_targets(
    mut finder: Finder,
    found: watch::Sender<BTreeMap<String, Target>>,
    pace: Duration,
) {
    loop {
        let targets = finder.find(clock::steady()).await;
        found.send_if_modified(|known| {
            let changed = *known != targets;
            *known = targets;
            changed
        });
        tokio::time::sleep(pace).await;
    }
}

impl Known {
    fn set_targets(&mut self, found: BTreeMap<String, Target>) {
        let now = clock::steady();
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
        let names: BTreeSet<String> = found.keys().cloned().collect();
        self.roll.keep(&names);
        self.rota.set_targets(names.iter().map(String::as_str), now);
        tracing::info!(agents = found.len(), "these are asked from now on");
        self.targets = found;
    }

    fn start(&mut self, running: &mut JoinSet<Told>, web: &Web) {
        for name in self.rota.start(clock::steady()) {
            let Some(target) = self.targets.get(&name).cloned() else {
                continue;
            };
            let (web, patience) = (web.clone(), self.patience);
            running.spawn(async move {
                let begun = clock::steady();
                let reading = ask(&web, &target, patience).await;
                let took = clock::steady().saturating_sub(begun);
                Told { name, reading, took }
            });
        }
    }

    fn hear(&mut self, told: Result<Told, tokio::task::JoinError>, stats: &Stats) {
        let now = clock::steady();
        let told = told.inspect_err(|error| tracing::error!(%error, "a question panicked"));
        // Who panicked said no name; its turn comes when the targets are set anew.
        let Ok(Told { name, reading, took }) = told else {
            return;
        };
        stats.asked(Source::Agent, reading.is_ok(), took);
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
}

//! The agent's tick, taken apart.

use std::sync::Arc;

use anyhow::Result;
use tempfile::TempDir;
use wattle_agent::clock::Clock;
use wattle_agent::clock::SystemClock;
use wattle_agent::collect::Collector;
use wattle_agent::config::Settings;
use wattle_agent::history::Recorder;
use wattle_agent::ledger::Ledger;
use wattle_agent::published::Board;
use wattle_agent::run::Assumed;
use wattle_agent::snapshot::Snapshot;
use wattle_agent::state_file::StateFile;
use wattle_hostfs::Roots;

use crate::samples::Samples;
use crate::samples::cpu_time;

/// More than any host of the benchmark needs.
const MOST_FILES: usize = 60_000;

/// What a tick is made of, as [`wattle_agent::tick::Ticker`] has it.
pub(crate) struct Rig {
    collector: Collector,
    ledger: Ledger,
    state: StateFile,
    board: Arc<Board>,
    recorder: Recorder,
    _state_dir: TempDir,
}

/// CPU time by stage, and of all of them.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    pub(crate) collect: Samples,
    pub(crate) advance: Samples,
    pub(crate) save: Samples,
    pub(crate) publish: Samples,
    pub(crate) whole: Samples,
}

impl Rig {
    pub(crate) fn new(roots: &Roots) -> Result<Self> {
        let collector = Collector::new(roots, MOST_FILES);
        let settings = Assumed::for_host(&collector).ledger_settings(&Settings::default());
        let state_dir = tempfile::tempdir()?;
        let (state, _, _) = StateFile::open(state_dir.path(), "bench")?;
        Ok(Self {
            collector,
            ledger: Ledger::new(settings, SystemClock.wall()),
            state,
            board: Arc::default(),
            recorder: Recorder::default(),
            _state_dir: state_dir,
        })
    }

    pub(crate) fn tick(&mut self, stages: &mut Stages) -> Result<()> {
        let before = cpu_time();
        let sample = stages.collect.take(|| self.collector.collect(&SystemClock));
        let host = stages.advance.take(|| self.ledger.advance(sample));
        stages.save.take(|| self.state.write(&self.ledger, false))?;
        stages.publish.take(|| {
            self.recorder.record(&host);
            self.board.publish(Snapshot {
                host,
                history: self.recorder.history(),
                ..Snapshot::default()
            });
        });
        stages.whole.push(cpu_time().saturating_sub(before));
        Ok(())
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.board
            .latest()
            .map(|latest| latest.snapshot().clone())
            .unwrap_or_default()
    }
}

//! The agent on a directory that holds a host.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use wattle_agent::config::Settings;
use wattle_agent::exposition::Encoding;
use wattle_agent::exposition::Format;
use wattle_agent::published::Board;
use wattle_agent::run;
use wattle_agent::systems::Systems;
use wattle_agent::tick::Ticker;
use wattle_agent::workload::rules::Rules;

use super::clock::VirtualClock;
use super::scrape::Scrape;

/// The product's own ticker, without the thread that drives it, and where it reads and writes.
pub(crate) struct Agent {
    pub(crate) clock: Arc<VirtualClock>,
    settings: Settings,
    ticker: Option<Ticker>,
    board: Arc<Board>,
    latest: Option<Scrape>,
    dir: TempDir,
}

impl Agent {
    /// An agent, not yet started, of a machine that has been up for `uptime` at the time `wall`.
    pub(crate) fn new(uptime: Duration, wall: Duration) -> Self {
        // In memory where there is such a place: the files of a host are rewritten each tick.
        let dir = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap();
        Self {
            clock: Arc::new(VirtualClock::new(uptime, wall)),
            settings: settings_below(dir.path()),
            ticker: None,
            board: Arc::default(),
            latest: None,
            dir,
        }
    }

    /// Changes the settings that it is started with.
    pub(crate) fn adjust(&mut self, adjust: impl FnOnce(&mut Settings)) {
        adjust(&mut self.settings);
    }

    /// It is started.
    pub(crate) fn start(&mut self) {
        let (clock, board) = (self.clock.clone(), self.board.clone());
        let (ticker, _) = run::ticker(&self.settings, clock, board, Arc::default());
        self.ticker = Some(ticker);
    }

    /// It is told of other rules, as by a reload.
    pub(crate) fn take_rules(&mut self, rules: Rules) {
        self.ticker
            .as_mut()
            .unwrap()
            .collector
            .set_rules(&Arc::new(rules));
    }

    /// It is gone in an instant.
    pub(crate) fn kill(&mut self) {
        self.ticker = None;
        self.board = Arc::default();
    }

    /// It is asked to end, and does.
    pub(crate) fn stop(&mut self) {
        self.ticker.as_mut().unwrap().save(true);
        self.kill();
    }

    /// It ticks; what a scrape shows after that. The figures balance, and no counter is lower than it was shown before, also by
    /// the agent's earlier runs.
    pub(crate) fn tick(&mut self) -> Scrape {
        self.ticker.as_mut().unwrap().tick();
        let scrape = Scrape::parse(&self.text(Format::Text));
        scrape.assert_balanced();
        if let Some(latest) = &self.latest {
            scrape.assert_not_below(latest);
        }
        self.latest = Some(scrape.clone());
        scrape
    }

    /// From here on counters may begin anew.
    pub(crate) fn forget(&mut self) {
        self.latest = None;
    }

    /// The body that a scrape gets now.
    pub(crate) fn body(&self, format: Format) -> Vec<u8> {
        let latest = self.board.latest().unwrap();
        latest.body(format, Encoding::Identity).unwrap().to_vec()
    }

    /// The text that a scrape of `/metrics/compat` gets now.
    pub(crate) fn compat(&self, systems: Systems) -> String {
        let latest = self.board.latest().unwrap();
        let body = latest.compat(systems, Format::Text, Encoding::Identity);
        String::from_utf8(body.unwrap().to_vec()).unwrap()
    }

    /// The body in a format that is text.
    pub(crate) fn text(&self, format: Format) -> String {
        String::from_utf8(self.body(format)).unwrap()
    }

    /// Where it keeps its counters.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.settings.state_dir.clone()
    }

    /// The directory that holds the host.
    pub(crate) fn host_dir(&self) -> PathBuf {
        self.dir.path().join("host")
    }
}

/// Settings of an agent that reads and writes only below `dir`.
fn settings_below(dir: &Path) -> Settings {
    let host = dir.join("host");
    let mut settings = Settings::default();
    settings.path.procfs = host.join("proc");
    settings.path.sysfs = host.join("sys");
    settings.path.cgroup = host.join("sys/fs/cgroup");
    settings.path.rootfs = host;
    settings.state_dir = dir.join("state");
    settings
}

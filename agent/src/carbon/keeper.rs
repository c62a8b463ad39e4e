//! Keeps the grid up to date, beside the tick.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::Grid;
use super::Trouble;
use super::providers::Inquiry;
use super::providers::Session;
use super::source;
use crate::clock::Clock;
use crate::config::Carbon;
use crate::config::CarbonSource;
use crate::config::TraceMode;
use crate::desk::Desk;
use crate::fetch;
use crate::fetch::Client;
use crate::fetch::Pace;
use crate::privilege::Task;
use crate::privilege::keep_only;

/// Asks the source, and tells the tick.
pub struct Keeper {
    desk: Arc<Desk<Grid>>,
    clock: Arc<dyn Clock>,
    start: Duration,
    configured: Option<(Carbon, Option<String>)>,
    /// The thread ends when this is gone.
    thread: Option<mpsc::Sender<()>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Keeper")
            .field("start", &self.start)
            .finish()
    }
}

impl Keeper {
    /// One that keeps nothing yet. A replay without a date of its own begins now.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            start: clock.wall(),
            clock,
            desk: Arc::default(),
            configured: None,
            thread: None,
        }
    }

    /// The grid as it is known now; nothing where no source is configured.
    pub fn grid(&self) -> Option<Arc<Grid>> {
        self.desk.latest()
    }

    /// Where the grid stands.
    pub fn desk(&self) -> Arc<Desk<Grid>> {
        self.desk.clone()
    }

    /// Takes a configuration, and goes on as before if it is the same. `country` is where the host stands.
    pub fn configure(&mut self, settings: &Carbon, country: Option<&str>) {
        let country = country.filter(|_| settings.source == CarbonSource::Table);
        let wanted = Some((settings.clone(), country.map(str::to_owned)));
        if self.configured == wanted {
            return;
        }
        self.configured = wanted;
        let first = source::at_once(settings, country, self.start);
        let generation = self.desk.begin(first.clone());
        self.thread = None;
        let changes = match settings.source {
            CarbonSource::Http | CarbonSource::Prometheus => true,
            CarbonSource::File => settings.file.mode == TraceMode::Realtime,
            CarbonSource::Off | CarbonSource::Static | CarbonSource::Table => false,
        };
        if let Some(grid) = first.filter(|_| changes) {
            self.spawn(settings.clone(), grid, generation);
        }
    }

    /// Says where the host stands, which a table goes by if it is given no zone.
    pub fn set_country(&mut self, country: Option<&str>) {
        let Some((settings, known)) = &self.configured else {
            return;
        };
        if settings.source == CarbonSource::Table && known.as_deref() != country {
            let settings = settings.clone();
            self.configure(&settings, country);
        }
    }

    fn spawn(&mut self, settings: Carbon, grid: Grid, generation: u64) {
        let (sender, stop) = mpsc::channel();
        let worker = Worker {
            desk: self.desk.clone(),
            clock: self.clock.clone(),
            generation,
            pace: Pace::new(settings.poll.0),
            settings,
            grid,
            stop,
        };
        let thread = std::thread::Builder::new().name("carbon".to_owned());
        match thread.spawn(move || {
            keep_only(Task::Other);
            worker.run();
        }) {
            Ok(_) => self.thread = Some(sender),
            Err(error) => tracing::error!(%error, "the carbon intensity will not be renewed"),
        }
    }
}

struct Worker {
    desk: Arc<Desk<Grid>>,
    clock: Arc<dyn Clock>,
    generation: u64,
    settings: Carbon,
    grid: Grid,
    pace: Pace,
    stop: mpsc::Receiver<()>,
}

impl Worker {
    fn run(self) {
        if self.settings.source == CarbonSource::File {
            self.watch();
        } else {
            self.ask();
        }
    }

    /// Whether it is time to go on, after so long.
    fn goes_on(&self, wait: Duration) -> bool {
        self.stop.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
    }

    fn show(&mut self, grid: Grid) {
        if grid.trouble != self.grid.trouble {
            match grid.trouble {
                Some(trouble) => tracing::warn!(
                    source = grid.source,
                    reason = trouble.reason(),
                    advice = trouble.advice(),
                    "the carbon intensity is not renewed"
                ),
                None => tracing::info!(source = grid.source, "the carbon intensity is renewed"),
            }
        }
        self.grid = grid.clone();
        self.desk.leave(self.generation, grid);
    }

    fn ask(mut self) {
        let mut session = Session::default();
        loop {
            let wait = match self.inquire(&mut session) {
                Ok(grid) => {
                    self.show(grid);
                    self.pace.after_success()
                }
                Err((trouble, wish)) => {
                    let lasting = matches!(
                        trouble,
                        Trouble::Refused | Trouble::NoToken | Trouble::NotFound | Trouble::TooMany
                    );
                    self.show(Grid {
                        trouble: Some(trouble),
                        ..self.grid.clone()
                    });
                    self.pace.after_failure(wish, lasting)
                }
            };
            if !self.goes_on(wait) {
                return;
            }
        }
    }

    fn inquire(&self, session: &mut Session) -> Result<Grid, (Trouble, Option<Duration>)> {
        let authorities = self.settings.ca_file.as_deref();
        let client = Client::new(authorities).map_err(|error| (Trouble::from(&error), None))?;
        let runtime = fetch::runtime().map_err(|_| (Trouble::Unreachable, None))?;
        let inquiry = Inquiry {
            client: &client,
            settings: &self.settings,
            wall: self.clock.wall(),
        };
        let answer = runtime.block_on(inquiry.ask(session));
        // A name service that hangs must not hold up the thread.
        runtime.shutdown_background();
        let answer = answer.map_err(|failure| (failure.trouble, failure.retry_after))?;
        let wall = self.clock.wall();
        Ok(source::renewed(&self.grid, answer, wall, self.settings.max_age.0))
    }

    /// Reads the file again whenever it is another than before.
    fn watch(mut self) {
        // It may have changed since it was read for the first time.
        let mut seen = None;
        while self.goes_on(self.settings.poll.0) {
            let now = Some(self.mark());
            if now == seen && self.grid.trouble.is_none() {
                continue;
            }
            seen = now;
            let grid = match source::of_file(&self.settings, self.clock.wall()) {
                Ok(grid) => grid,
                // What was read before still holds.
                Err(trouble) => Grid {
                    trouble: Some(trouble),
                    ..self.grid.clone()
                },
            };
            self.show(grid);
        }
    }

    fn mark(&self) -> Option<(u64, u64, i64, i64)> {
        let about = std::fs::metadata(self.settings.file.path.as_deref()?).ok()?;
        Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
    }
}

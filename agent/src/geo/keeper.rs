//! Keeps the place up to date, beside the tick.

use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use wattle_hostfs::Roots;
use wattle_hostfs::addresses;

use super::Database;
use super::DatabaseError;
use super::Place;
use super::Situation;
use super::Trouble;
use super::asked;
use super::survey;
use crate::clock::Clock;
use crate::config::LocationSettings;
use crate::desk::Desk;
use crate::fetch::Pace;
use crate::privilege::Task;
use crate::privilege::keep_only;

/// Who wants to know when the place has changed.
pub(crate) type OnChange = Arc<dyn Fn(&Situation) + Send + Sync>;

/// Learns where the host stands.
pub struct Keeper {
    desk: Arc<Desk<Situation>>,
    clock: Arc<dyn Clock>,
    on_change: OnChange,
    configured: Option<(LocationSettings, Roots)>,
    /// The thread ends when this is gone.
    thread: Option<mpsc::Sender<()>>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Keeper")
            .field("configured", &self.configured)
            .finish()
    }
}

impl Keeper {
    /// One that knows nothing yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, on_change: OnChange) -> Self {
        Self {
            desk: Arc::default(),
            clock,
            on_change,
            configured: None,
            thread: None,
        }
    }

    /// Where what is known stands; nothing where no location is configured.
    pub fn desk(&self) -> Arc<Desk<Situation>> {
        self.desk.clone()
    }

    /// Takes a configuration, and goes on as before if it is the same.
    pub fn configure(&mut self, settings: &LocationSettings, roots: &Roots) {
        let wanted = Some((settings.clone(), roots.clone()));
        if self.configured == wanted {
            return;
        }
        self.configured = wanted;
        self.thread = None;
        let looks = settings.database.is_some();
        let first = survey::situation(settings, Vec::new(), looks.then_some(Trouble::Waiting));
        let known = looks || first.location.host().is_some();
        let generation = self.desk.begin(known.then(|| first.clone()));
        (self.on_change)(&first);
        if looks {
            self.spawn(Surveyor::new(settings, roots), generation);
        }
    }

    fn spawn(&mut self, surveyor: Surveyor, generation: u64) {
        let (sender, stop) = mpsc::channel();
        let worker = Worker {
            surveyor,
            desk: self.desk.clone(),
            clock: self.clock.clone(),
            on_change: self.on_change.clone(),
            generation,
            stop,
        };
        let thread = std::thread::Builder::new().name("location".to_owned());
        match thread.spawn(move || {
            keep_only(Task::Other);
            worker.run();
        }) {
            Ok(_) => self.thread = Some(sender),
            Err(error) => tracing::error!(%error, "the location cannot be looked up"),
        }
    }
}

/// Looks once and waits for the result. Nothing where no location is configured.
pub fn look(settings: &LocationSettings, roots: &Roots) -> Option<Situation> {
    if settings.database.is_none() {
        let situation = survey::situation(settings, Vec::new(), None);
        return situation.location.host().is_some().then_some(situation);
    }
    let mut surveyor = Surveyor::new(settings, roots);
    surveyor.ask();
    surveyor.look();
    Some(surveyor.situation())
}

struct Worker {
    surveyor: Surveyor,
    desk: Arc<Desk<Situation>>,
    clock: Arc<dyn Clock>,
    on_change: OnChange,
    generation: u64,
    stop: mpsc::Receiver<()>,
}

impl Worker {
    fn run(mut self) {
        let mut shown = None;
        let mut pace = Pace::new(self.surveyor.settings.http.poll.0);
        let mut ask_at = Duration::ZERO;
        loop {
            if self.clock.steady() >= ask_at {
                let told = self.surveyor.ask();
                let wait = if told {
                    pace.after_success()
                } else {
                    pace.after_failure(None, false)
                };
                ask_at = self.clock.steady() + wait;
            }
            self.surveyor.look();
            let situation = self.surveyor.situation();
            if shown.as_ref() != Some(&situation) {
                say(&situation);
                if self.desk.leave(self.generation, situation.clone()) {
                    (self.on_change)(&situation);
                }
                shown = Some(situation);
            }
            let wait = self.surveyor.settings.poll.0;
            if self.stop.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }
}

fn say(situation: &Situation) {
    match situation.trouble {
        Some(trouble) => {
            tracing::warn!(
                reason = trouble.reason(),
                advice = trouble.advice(),
                "the location is not renewed"
            );
        }
        None => tracing::info!(places = situation.location.0.len(), "the location is known"),
    }
}

/// Which file it is, and since when: a file that is replaced or written to is another.
type Mark = (u64, u64, i64, i64);

/// Finds the places of the host's addresses, and remembers them.
///
/// The database is not kept: it is read when it is another than before, or when the host has other addresses.
struct Surveyor {
    settings: LocationSettings,
    roots: Roots,
    told: Option<IpAddr>,
    told_trouble: Option<Trouble>,
    seen: Option<(Option<Mark>, Vec<IpAddr>)>,
    found: Vec<Place>,
    trouble: Option<Trouble>,
}

impl Surveyor {
    fn new(settings: &LocationSettings, roots: &Roots) -> Self {
        Self {
            settings: settings.clone(),
            roots: roots.clone(),
            told: None,
            told_trouble: None,
            seen: None,
            found: Vec::new(),
            trouble: None,
        }
    }

    /// Asks for the public address, where that is configured; whether all is well.
    fn ask(&mut self) -> bool {
        let Some(url) = &self.settings.http.url else {
            return true;
        };
        match asked::public_address(&url.0) {
            Ok(address) => {
                self.told = Some(address);
                self.told_trouble = None;
            }
            Err(error) => {
                tracing::debug!(error, "the public address is not told");
                self.told_trouble = Some(Trouble::NotTold);
            }
        }
        self.told_trouble.is_none()
    }

    fn look(&mut self) {
        let Some(file) = self.settings.database.clone() else {
            return;
        };
        let interfaces = match addresses::read(&self.roots) {
            Ok(interfaces) => interfaces,
            Err(error) => {
                tracing::debug!(%error, "the addresses of the interfaces cannot be read");
                self.trouble = Some(Trouble::NoInterfaces);
                self.seen = None;
                return;
            }
        };
        let ranked = survey::ranked(&self.settings, self.told, &interfaces);
        let seen = Some((mark(&file), ranked));
        if seen == self.seen {
            return;
        }
        let ranked = seen
            .as_ref()
            .map(|(_, ranked)| ranked.as_slice())
            .unwrap_or_default();
        self.trouble = self.look_up(&file, ranked).err();
        self.seen = seen;
    }

    /// The places of these addresses. If the database is of no use, those that are still the host's stay as they were.
    fn look_up(&mut self, file: &Path, ranked: &[IpAddr]) -> Result<(), Trouble> {
        let database = match Database::open(file) {
            Ok(database) => database,
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "the database of addresses is not taken");
                self.found
                    .retain(|place| place.address.is_some_and(|address| ranked.contains(&address)));
                return Err(match error {
                    DatabaseError::Io(_) => Trouble::NoFile,
                    DatabaseError::TooLarge | DatabaseError::Broken(_) => Trouble::Broken,
                    DatabaseError::Foreign(_) => Trouble::Foreign,
                });
            }
        };
        let places = ranked
            .iter()
            .filter_map(|&address| Some(survey::place(address, database.look_up(address)?)));
        self.found = places.collect();
        match (ranked.is_empty(), self.found.is_empty()) {
            (true, _) => Err(Trouble::NoAddress),
            (false, true) => Err(Trouble::Unknown),
            (false, false) => Ok(()),
        }
    }

    fn situation(&self) -> Situation {
        survey::situation(
            &self.settings,
            self.found.clone(),
            self.trouble.or(self.told_trouble),
        )
    }
}

fn mark(file: &Path) -> Option<Mark> {
    let about = std::fs::metadata(file).ok()?;
    Some((about.ino(), about.len(), about.mtime(), about.mtime_nsec()))
}

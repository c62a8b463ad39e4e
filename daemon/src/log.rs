//! Messages for people, for the journal and for machines, on standard error.

use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::util::TryInitError;

use crate::journal;
use crate::journal::Journal;
use crate::repeats::Repeats;

/// Lets the level be changed while the daemon runs.
#[derive(Clone, Debug)]
pub struct Level(reload::Handle<LevelFilter, Registry>);

/// How messages look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people. In the journal without what the journal knows itself: the time and the level.
    Text,
    /// One object a line.
    Json,
}

/// Begins to write. `now` is a clock for what is said again and again.
pub fn start(form: Form, level: LevelFilter, now: fn() -> Duration) -> Result<Level, TryInitError> {
    let (filter, handle) = reload::Layer::new(level);
    tracing_subscriber::registry()
        .with(filter)
        .with(Repeats::new(now))
        .with(writer(form, journal::is_listening()))
        .try_init()?;
    Ok(Level(handle))
}

fn writer<S>(form: Form, in_journal: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'s> LookupSpan<'s>,
{
    let layer = fmt::layer().with_target(false);
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match (form, in_journal) {
        (Form::Text, false) => layer.with_writer(io::stderr).with_ansi(colour).boxed(),
        (Form::Text, true) => layer
            .with_writer(Journal)
            .with_ansi(false)
            .without_time()
            .with_level(false)
            .boxed(),
        (Form::Json, false) => layer.json().flatten_event(true).with_writer(io::stderr).boxed(),
        (Form::Json, true) => layer.json().flatten_event(true).with_writer(Journal).boxed(),
    }
}

impl Level {
    /// Writes messages of this level and above from now on.
    pub fn set(&self, level: LevelFilter) {
        // The only failure is a subscriber that is gone, and then nothing is written anyway.
        let _ = self.0.reload(level);
    }
}

/// The last words of a program that could not do what it was asked to, in one line.
pub fn last_words(words: &str) {
    let mut text = format!("{words}\n").into_bytes();
    if journal::is_listening() {
        text = journal::prefixed(journal::priority(tracing::Level::ERROR), &text);
    }
    // There is nobody left to tell when even standard error is closed.
    let _ = io::stderr().write_all(&text);
}

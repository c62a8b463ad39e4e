//! Messages for people and machines, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::util::TryInitError;

use crate::config::Log;
use crate::config::LogFormat;
use crate::config::LogLevel;

/// Lets the level be changed while the controller runs.
pub(crate) struct Level(reload::Handle<LevelFilter, Registry>);

/// Begins to write.
pub(crate) fn start(log: Log) -> Result<Level, TryInitError> {
    let (level, handle) = reload::Layer::new(filter(log.level));
    let registry = tracing_subscriber::registry().with(level);
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
    match log.format {
        LogFormat::Text => registry.with(layer.with_ansi(colour)).try_init()?,
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init()?,
    }
    Ok(Level(handle))
}

impl Level {
    /// Writes messages of this level and above from now on.
    pub(crate) fn set(&self, level: LogLevel) {
        // The only failure is a subscriber that is gone, and then nothing is written anyway.
        let _ = self.0.reload(filter(level));
    }
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}

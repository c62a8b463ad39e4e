//! Messages for people and machines: what the configuration calls their level and form.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::TryInitError;
use wattle_daemon::log;
use wattle_daemon::log::Form;

use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config::Log;
use crate::config::LogFormat;
use crate::config::LogLevel;

/// Begins to write messages to standard error.
pub fn start(settings: Log) -> Result<log::Level, TryInitError> {
    let form = match settings.format {
        LogFormat::Text => Form::Text,
        LogFormat::Json => Form::Json,
    };
    log::start(form, filter(settings.level), || SystemClock.steady())
}

/// What is written at this level.
pub const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    }
}

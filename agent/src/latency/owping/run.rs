//! From what was typed to what is printed.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::Security;

use super::Options;
use super::Outcome;
use super::PingError;
use super::Report;
use super::cli;
use super::dialogue::Means;
use super::light;
use super::light::Amount;
use super::one_way;
use super::options::Spoken;
use super::target;
use super::text;
use super::two_way;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::latency::clock_state::HostClock;
use crate::latency::sessions::Clocks;
use crate::latency::sessions::Interrupt;

/// Nothing arrived in one of the directions, or there was nobody to ask.
const LOST: u8 = 1;
/// Wrong usage, as clap says it.
const USAGE: u8 = 2;

/// Measures and prints.
pub fn main(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let options = match cli::parse(matches) {
        Ok(options) => options,
        Err(error @ (PingError::Usage(_) | PingError::PassPhrases(_))) => return usage(&error),
        Err(error) => return Err(error.into()),
    };
    let interrupt = Interrupt::new()?;
    let clocks = clocks()?;
    let outcome = match ping(&options, &clocks, &interrupt) {
        Ok(outcome) => outcome,
        Err(error @ PingError::Usage(_)) => return usage(&error),
        Err(error) => return Err(error.into()),
    };
    let report = Report::new(&outcome, &options.quantiles, SystemClock.wall());
    let printed = if options.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else {
        text::render(&report)
    };
    std::io::stdout().write_all(printed.as_bytes())?;
    Ok(ExitCode::from(if report.is_answered() { 0 } else { LOST }))
}

/// chrony may answer only at a socket of this program's own; where it cannot have one, the kernel is asked.
fn clocks() -> std::io::Result<Clocks> {
    let clock = Arc::new(SystemClock);
    let source = HostClock::start(clock.clone(), std::env::temp_dir())?;
    Ok(Clocks::new(clock, source))
}

fn usage(error: &PingError) -> anyhow::Result<ExitCode> {
    writeln!(std::io::stderr(), "wattle-agent owping: {error}")?;
    Ok(ExitCode::from(USAGE))
}

/// Measures, with the protocol that was chosen or with the first that answers.
pub fn ping(options: &Options, clocks: &Clocks, interrupt: &Interrupt) -> Result<Outcome, PingError> {
    let means = Means {
        options,
        clocks,
        interrupt,
    };
    match options.spoken {
        Some(spoken) => speak(&means, spoken),
        None => find(&means),
    }
}

fn speak(means: &Means<'_>, spoken: Spoken) -> Result<Outcome, PingError> {
    let remote = remote(means.options, spoken)?;
    match spoken {
        Spoken::Stamp => light::run(means, remote, amount(means.options)),
        Spoken::Arranged(Protocol::Owamp) => one_way::run(means, remote),
        Spoken::Arranged(Protocol::Twamp) => two_way::run(means, remote),
    }
}

fn remote(options: &Options, spoken: Spoken) -> Result<SocketAddr, PingError> {
    target::resolve(
        &options.host,
        options.port.unwrap_or(spoken.port()),
        options.family,
    )
}

const fn amount(options: &Options) -> Amount {
    Amount {
        count: options.count,
        gap: options.gap,
        patience: options.timeout,
    }
}

/// STAMP where it is answered, else OWAMP, else TWAMP; and says so. With a port of its own it can only be STAMP.
fn find(means: &Means<'_>) -> Result<Outcome, PingError> {
    if means.options.port.is_some() {
        return speak(means, Spoken::Stamp);
    }
    if matches!(means.options.security, Security::Open | Security::Authenticated) {
        let remote = remote(means.options, Spoken::Stamp)?;
        if is_answered(means, remote)? {
            return speak(means, Spoken::Stamp);
        }
        say(format_args!(
            "{remote}: nobody answers STAMP (UDP); trying OWAMP, then TWAMP"
        ));
    }
    for protocol in [Protocol::Owamp, Protocol::Twamp] {
        match speak(means, Spoken::Arranged(protocol)) {
            Err(error @ PingError::Connect { .. }) => say(format_args!("{error}")),
            outcome => return outcome,
        }
    }
    Err(PingError::Io(std::io::Error::other(format!(
        "{}: neither STAMP nor OWAMP nor TWAMP is answered there",
        means.options.host
    ))))
}

fn is_answered(means: &Means<'_>, remote: SocketAddr) -> Result<bool, PingError> {
    let mut options = means.options.clone();
    options.live = false;
    let quietly = Means {
        options: &options,
        ..*means
    };
    let outcome = light::run(&quietly, remote, Amount::PROBE)?;
    Ok(outcome.round_trips.is_some_and(|trips| !trips.delays.is_empty()))
}

fn say(what: std::fmt::Arguments<'_>) {
    // There is nobody to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "wattle-agent owping: {what}");
}

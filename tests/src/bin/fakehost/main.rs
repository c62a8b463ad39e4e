//! The command that writes a living host; `--help` says how.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use anyhow::Result;
use clap::Parser;
use wattle_tests::fakehost::Host;
use wattle_tests::fakehost::Truth;

mod events;
mod options;

use events::Event;
use options::Options;
use options::Timed;

fn main() -> Result<()> {
    let options = Options::parse();
    let events = events::watch()?;
    let mut host = Host::create(&options.dir, options.spec())?;
    live(&mut host, &options, &events)?;
    let truth = serde_json::to_string_pretty(&host.truth())?;
    writeln!(io::stdout(), "{truth}").context("cannot print the truth")
}

/// Steps the host through real time until it is to stop.
fn live(host: &mut Host, options: &Options, events: &Receiver<Event>) -> Result<()> {
    let mut faults = options.fault.clone();
    faults.sort_by_key(|timed| timed.at);
    let mut faults = faults.into_iter().peekable();
    let (start, mut elapsed) = (now(), Duration::ZERO);
    while options.duration.is_none_or(|whole| elapsed < whole) {
        let next = elapsed + options.step;
        match events.recv_timeout(next.div_f64(options.speed).saturating_sub(now() - start)) {
            Ok(Event::Line(line)) => {
                obey(host, &line)?;
                continue;
            }
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        while let Some(Timed { fault, .. }) = faults.next_if(|timed| timed.at <= elapsed) {
            host.apply(&fault)?;
        }
        host.step(options.step)?;
        elapsed = next;
        if let Some(file) = &options.truth {
            keep(file, &host.truth())?;
        }
    }
    Ok(())
}

/// A fault that was typed; a mistake in it does not end the host.
fn obey(host: &mut Host, line: &str) -> Result<()> {
    if line.trim().is_empty() {
        return Ok(());
    }
    let done = line.parse().and_then(|fault| host.apply(&fault));
    match done {
        Err(error) => writeln!(io::stderr(), "fakehost: {error:#}").context("cannot complain"),
        Ok(()) => Ok(()),
    }
}

/// A reader sees one whole truth or another.
fn keep(file: &Path, truth: &Truth) -> Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let text = serde_json::to_vec(truth)?;
    let replace = || fs::write(&beside, text).and_then(|()| fs::rename(&beside, file));
    replace().with_context(|| format!("cannot write {}", file.display()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "this command lives in real time; nothing below it asks"
)]
fn now() -> Instant {
    Instant::now()
}

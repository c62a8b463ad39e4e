//! What reaches the command while it runs.

use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;

use anyhow::Context;
use anyhow::Result;
use nix::sys::signal::SigSet;
use nix::sys::signal::Signal;

/// What has happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A line on standard input.
    Line(String),
    /// It is time to stop.
    Stop,
}

/// Watches for signals and for standard input. To be called before any thread is started, so that all of them leave the signals alone.
pub(crate) fn watch() -> Result<Receiver<Event>> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    signals.add(Signal::SIGINT);
    signals.thread_block().context("cannot block signals")?;
    let (sender, receiver) = mpsc::channel();
    let stop = sender.clone();
    thread::spawn(move || {
        // Whatever ends the wait, the host is not to live on unwatched.
        let _ = signals.wait();
        let _ = stop.send(Event::Stop);
    });
    // The sender that a thread holds for good keeps the channel open where input is not watched.
    if is_watched().unwrap_or(false) {
        thread::spawn(move || {
            for line in io::stdin().lines().map_while(io::Result::ok) {
                let _ = sender.send(Event::Line(line));
            }
            let _ = sender.send(Event::Stop);
        });
    }
    Ok(receiver)
}

/// `/dev/null` would close at once; it means that nobody is there, not that somebody left.
fn is_watched() -> io::Result<bool> {
    let stdin = io::stdin();
    let file = File::from(stdin.as_fd().try_clone_to_owned()?);
    Ok(stdin.is_terminal() || !file.metadata()?.file_type().is_char_device())
}

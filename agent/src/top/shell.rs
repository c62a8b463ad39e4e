//! The loop: readings, keys and signals in, the screen out.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::signal::raise;
use serde::Deserialize;
use serde_json::Value;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::channel;

use super::command::Options;
use super::keys;
use super::keys::Action;
use super::model::Model;
use super::reading::Reading;
use super::source::Source;
use super::source::told;
use super::terminal;
use super::terminal::Terminal;
use super::view;

/// What the thread that reads has to say.
#[derive(Debug)]
enum News {
    Source(String),
    Reading(Box<Reading>),
    Trouble(String),
}

/// Shows what there is until somebody has seen enough.
pub(super) fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let news = read(Arc::new(options))?;
    let typed = listen()?;
    let mut terminal = Terminal::open()?;
    let result = runtime.block_on(watch(&mut terminal, news, typed));
    drop(terminal);
    result
}

/// Parses what a source gave.
pub(super) fn parse(reading: Value) -> anyhow::Result<Reading> {
    Reading::deserialize(reading).map_err(|error| anyhow::anyhow!("the report is not understood: {error}"))
}

/// Reads in a thread of its own, so that an agent that hangs does not hang the screen.
fn read(options: Arc<Options>) -> std::io::Result<Receiver<News>> {
    let (news, inbox) = channel(4);
    let work = move || {
        let interval = options.settings.interval.0;
        // The end of the screen is the end of this.
        let _ = follow(&options, interval, &news);
    };
    std::thread::Builder::new()
        .name("source".to_owned())
        .spawn(work)?;
    Ok(inbox)
}

fn follow(options: &Options, interval: Duration, news: &Sender<News>) -> Option<()> {
    let mut source = loop {
        match Source::open(options) {
            Ok(source) => break source,
            Err(error) => news.blocking_send(News::Trouble(told(&error))).ok()?,
        }
        std::thread::sleep(interval);
    };
    news.blocking_send(News::Source(source.name())).ok()?;
    loop {
        let message = match source.read().and_then(parse) {
            Ok(reading) => News::Reading(Box::new(reading)),
            Err(error) => News::Trouble(format!("{}; trying again", told(&error))),
        };
        news.blocking_send(message).ok()?;
        std::thread::sleep(interval);
    }
}

/// Takes what is typed.
fn listen() -> std::io::Result<Receiver<Vec<u8>>> {
    let (typed, inbox) = channel(16);
    let work = move || {
        let mut bytes = [0; 256];
        while let Ok(count @ 1..) = std::io::stdin().lock().read(&mut bytes) {
            if typed.blocking_send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("keys".to_owned()).spawn(work)?;
    Ok(inbox)
}

/// Until a key or a signal ends it.
async fn watch(
    terminal: &mut Terminal,
    mut news: Receiver<News>,
    mut typed: Receiver<Vec<u8>>,
) -> anyhow::Result<()> {
    let ascii = !terminal::speaks_utf8(|name| std::env::var(name).ok());
    let mut model = Model::default();
    let mut resized = signal(SignalKind::window_change())?;
    let mut stopped = signal(SignalKind::from_raw(Signal::SIGTSTP as i32))?;
    let mut continued = signal(SignalKind::from_raw(Signal::SIGCONT as i32))?;
    let mut ends = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .map(signal);
    let [Ok(interrupt), Ok(terminate), Ok(hang_up)] = &mut ends else {
        anyhow::bail!("signals cannot be handled");
    };
    loop {
        terminal.show(view::draw(&model, terminal.size(), ascii))?;
        let wanted = tokio::select! {
            Some(news) = news.recv() => { take(&mut model, news); Vec::new() }
            bytes = typed.recv() => match bytes {
                Some(bytes) => keys::actions(&bytes, model.typing),
                None => return Ok(()),
            },
            _ = resized.recv() => Vec::new(),
            _ = stopped.recv() => vec![Action::Suspend],
            _ = continued.recv() => { terminal.enter()?; Vec::new() }
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            _ = hang_up.recv() => return Ok(()),
        };
        for action in wanted {
            if action == Action::Suspend {
                suspend(terminal)?;
            } else if !model.act(action) {
                return Ok(());
            }
        }
    }
}

fn take(model: &mut Model, news: News) {
    match news {
        News::Source(name) => model.source = name,
        News::Reading(reading) => model.take(*reading),
        News::Trouble(trouble) => model.fail(trouble),
    }
}

/// Gives the terminal to whoever started this, and takes it back when it is continued.
fn suspend(terminal: &mut Terminal) -> anyhow::Result<()> {
    terminal::leave();
    raise(Signal::SIGSTOP)?;
    Ok(terminal.enter()?)
}

//! The command line of `top`.

use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use super::flat;
use super::model::Model;
use super::shell;
use super::source::Source;
use super::terminal;
use crate::config::Settings;
use crate::fetch::Url;

/// Where an agent is if nobody says otherwise.
const USUAL: &str = "http://localhost:8080";
/// The password, for those who have no file for it.
const PASSWORD: &str = "WATTLE_PASSWORD";
/// A password is no longer.
const LONGEST: u64 = 4096;

const MORE: &str = "\
The agent at --url is asked every --interval. Without --url, and if nobody listens at the usual place, figures are sampled in this process
with the settings of --config and the flags below; nothing is kept or written then, and the screen says so.
A password comes from --password-file or the environment variable WATTLE_PASSWORD, never from a flag.
NO_COLOR switches colours off; where the locale is not UTF-8 only ASCII is drawn. `?` shows the keys.

Exit codes: 0 seen enough, or printed; 1 no figures could be had; 2 wrong usage, or no terminal: use --once or --json.";

/// What was asked for.
pub(super) struct Options {
    pub(super) settings: Settings,
    /// An agent that was named.
    pub(super) url: Option<Url>,
    pub(super) authorities: Option<PathBuf>,
    pub(super) sample: bool,
    user: Option<String>,
    password_file: Option<PathBuf>,
}

/// The command, but for the settings of own sampling.
pub fn command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let value = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let file = |arg: Arg| arg.value_parser(value_parser!(PathBuf));
    Command::new("top")
        .about("Show what uses the watts, like htop")
        .after_help(MORE)
        .arg(
            value("url", "URL", "The agent to ask [default: http://localhost:8080]")
                .value_parser(value_parser!(Url)),
        )
        .arg(flag("sample", "Ask no agent; sample in this process").conflicts_with("url"))
        .arg(flag("once", "Print a table and end"))
        .arg(flag(
            "json",
            "Print one JSON object with source, report and mesh, and end",
        ))
        .arg(file(value(
            "ca-file",
            "FILE",
            "Certificates in PEM of the authorities to believe, instead of those of the system",
        )))
        .arg(value("user", "NAME", "The user of the agent's web configuration"))
        .arg(file(value(
            "password-file",
            "FILE",
            "File with the user's password in its first line",
        )))
}

/// Runs it.
pub fn main(settings: Settings, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    let options = Options {
        settings,
        url: matches.get_one::<Url>("url").cloned(),
        authorities: path("ca-file"),
        sample: matches.get_flag("sample"),
        user: matches.get_one::<String>("user").cloned(),
        password_file: path("password-file"),
    };
    let (once, json) = (matches.get_flag("once"), matches.get_flag("json"));
    if once || json {
        print(&options, json)?;
    } else if terminal::is_there() {
        shell::run(options)?;
    } else {
        writeln!(
            std::io::stderr(),
            "wattle-agent: top needs a terminal: use --once or --json"
        )?;
        return Ok(ExitCode::from(2));
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads once, or twice where the first reading tells too little, and prints it.
fn print(options: &Options, json: bool) -> anyhow::Result<()> {
    let mut source = Source::open(options)?;
    let mut reading = source.read()?;
    if source.needs_two() {
        std::thread::sleep(options.settings.interval.0);
        reading = source.read()?;
    }
    let text = if json {
        serde_json::to_string(&reading)? + "\n"
    } else {
        let mut model = Model::new(source.name());
        model.take(shell::parse(reading)?);
        flat::text(&model)
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("standard output"),
    }
}

impl Options {
    /// Where to ask.
    pub(super) fn address(&self) -> anyhow::Result<Url> {
        match &self.url {
            Some(url) => Ok(url.clone()),
            None => USUAL.parse().map_err(anyhow::Error::msg),
        }
    }

    /// The header `Authorization` (RFC 7617), if there is a user.
    pub(super) fn authorization(&self) -> anyhow::Result<Option<String>> {
        let Some(user) = &self.user else {
            return Ok(None);
        };
        let password = match &self.password_file {
            Some(file) => first_line(file)?,
            None => std::env::var(PASSWORD)
                .with_context(|| format!("--user needs --password-file or {PASSWORD}"))?,
        };
        Ok(Some(format!(
            "Basic {}",
            STANDARD.encode(format!("{user}:{password}"))
        )))
    }
}

fn first_line(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(LONGEST).read_to_string(&mut text))
        .with_context(|| file.display().to_string())?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

//! The commands that ask a controller over HTTP.

mod claims;
mod hosts;
mod http;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use self::http::Http;

/// There is no such thing.
const NOT_FOUND: u8 = 3;

/// The commands and their flags.
pub(crate) fn commands() -> Vec<Command> {
    let json = || {
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print JSON")
    };
    let commands = [
        Command::new("hosts")
            .about("Show what every host has, and what is used of it")
            .arg(json()),
        Command::new("claims")
            .about("Show who has what on which host")
            .arg(json()),
        Command::new("release")
            .about("Give back all that one consumer has")
            .arg(
                Arg::new("CONSUMER")
                    .required(true)
                    .help("The consumer's UUID, as `claims` shows it"),
            ),
    ];
    commands.map(|command| command.args(connection())).into()
}

/// How the controller is reached.
fn connection() -> [Arg; 5] {
    let file = |name, value: &'static str, help| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .value_parser(value_parser!(PathBuf))
            .help(help)
    };
    [
        Arg::new("url")
            .long("url")
            .value_name("URL")
            .help("The controller; or WATTLE_CONTROLLER in the environment [default: http://127.0.0.1:8778]"),
        file(
            "token-file",
            "FILE",
            "File with the token; or the token as WATTLE_TOKEN in the environment",
        ),
        file(
            "ca-file",
            "FILE",
            "Who signed the controller's certificate, for https",
        ),
        file("cert-file", "FILE", "Certificate to show to the controller").requires("key-file"),
        file("key-file", "FILE", "The key of that certificate").requires("cert-file"),
    ]
}

/// Runs one of the commands.
pub(crate) fn run(name: &str, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut http = Http::connect(matches).await?;
        match name {
            "hosts" => hosts::run(&mut http, matches.get_flag("json")).await,
            "claims" => claims::run(&mut http, matches.get_flag("json")).await,
            "release" => {
                let consumer = matches.get_one::<String>("CONSUMER");
                claims::release(&mut http, consumer.map_or("", String::as_str)).await
            }
            other => anyhow::bail!("{other}: no such command"),
        }
    })
}

//! The commands that ask a controller over HTTP.

mod ask;
mod claims;
mod events;
mod failure;
mod hosts;
mod http;
mod plan;
mod schedule;
mod show;
mod stream;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use self::http::Http;

pub(crate) use self::failure::code;

const QUERY: &str = "What a machine needs, as Placement's queries have it: resources=VCPU:1,MEMORY_MB:256, and                      &required=TRAIT,!TRAIT or in:TRAIT,TRAIT, &member_of=AGGREGATE";

/// The commands and their flags.
pub(crate) fn commands() -> Vec<Command> {
    let host = || Arg::new("HOST").required(true).help("The host, by name or UUID");
    let commands = [
        asking(
            "schedule",
            "Choose hosts for machines and claim them; tells where each is",
        ),
        asking("simulate", "Say where machines would go, and claim nothing"),
        Command::new("hosts")
            .about("Show what every host has, what is used of it, and how it stands")
            .arg(switch("json", "Print JSON")),
        Command::new("host")
            .about("Show everything that is known of one host")
            .arg(host())
            .arg(switch("json", "Print JSON")),
        Command::new("drain")
            .about("Let a host take no new machines; what is there stays")
            .arg(host())
            .arg(text("reason", "TEXT", "Why, for people"))
            .arg(switch("maintenance", "Say that somebody works on it")),
        Command::new("undrain")
            .about("Let a host take machines again")
            .arg(host()),
        Command::new("claims")
            .about("Show who has what on which host")
            .arg(text("host", "HOST", "Only on this host"))
            .arg(text("project", "PROJECT", "Only of this project"))
            .arg(switch("json", "Print JSON")),
        Command::new("release")
            .about("Give back all that one consumer has")
            .arg(
                Arg::new("CONSUMER")
                    .required(true)
                    .help("The consumer's UUID, as `claims` shows it"),
            ),
        Command::new("plan")
            .about("Show which machines would be better off elsewhere; moves nothing")
            .args([
                text("policy", "POLICY", "What matters [default: balanced]"),
                text("max-moves", "N", "The most moves [default: 10]"),
                text(
                    "min-gain",
                    "SCORE",
                    "What a move has to gain besides what it costs [default: 0.05]",
                ),
                text(
                    "hold",
                    "SECONDS",
                    "How long a move has to be wanted before it is ready [default: 60]",
                ),
                text(
                    "cooldown",
                    "SECONDS",
                    "How long a machine stays where it has come [default: 600]",
                ),
                switch("leave-country", "Machines may go to another country"),
                switch("json", "Print JSON"),
            ]),
        Command::new("events")
            .about("Show what happens, until told to end")
            .args([
                number::<u64>("count", "N", "End after so many"),
                text("since", "ID", "Begin after this event, where that is still known"),
                switch("json", "Print JSON, one object a line"),
            ]),
    ];
    commands.map(|command| command.args(connection())).into()
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn number<T>(name: &'static str, value: &'static str, help: &'static str) -> Arg
where
    T: std::str::FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let parse = |text: &str| text.parse::<T>();
    text_of(name, value, help).value_parser(parse)
}

fn text_of(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    text(name, value, help).allow_negative_numbers(true)
}

fn asking(name: &'static str, about: &'static str) -> Command {
    let figure = number::<f64>;
    Command::new(name).about(about).arg(Arg::new("QUERY").required(true).help(QUERY)).args([
        text("policy", "POLICY", "What matters: balanced, save-energy, low-carbon, low-latency, pack, spread, or one of the configuration"),
        text("weights", "TERM=WEIGHT,…", "Weights that replace the policy's, such as watts=2,carbon=1"),
        text("consumer", "UUID", "The machine's id; repeated for several; a new one if nobody says").action(ArgAction::Append),
        number::<u16>("count", "N", "So many machines, each with a new id").conflicts_with("consumer"),
        switch("apart", "Each on a host of its own").conflicts_with("together"),
        switch("together", "All on one host"),
        text("group", "NAME", "The group in the project for which that holds, with all who came into it before [default: a new one]"),
        text("near", "HOST", "Close to this host"),
        figure("max-delay", "MS", "At most so many milliseconds away from it").requires("near"),
        figure("max-distance", "KM", "At most so many kilometres away from it").requires("near"),
        text("site", "SITE", "Only in this site; can be repeated").action(ArgAction::Append),
        text("country", "CC", "Only in this country; can be repeated").action(ArgAction::Append),
        figure("max-carbon", "G/KWH", "Only where the grid emits no more"),
        figure("max-age", "SECONDS", "Only where the facts are no older"),
        figure("power-limit", "W", "Only where the host draws no more afterwards"),
        figure("headroom", "W", "Only where so much stays free below the host's limit"),
        figure("busy-cpus", "CPUS", "How many CPUs it is expected to keep busy [default: all that it asks for]"),
        text("project", "PROJECT", "Whose it will be [default: default]"),
        text("user", "USER", "Who asks [default: default]"),
        text("kind", "KIND", "What it is, such as INSTANCE"),
        number::<u64>("seed", "N", "What decides between equals"),
        switch("explain", "Show every term of every candidate, and why other hosts are refused"),
        switch("json", "Print JSON"),
    ])
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
        let http = &mut http;
        match name {
            "schedule" | "simulate" => schedule::run(http, name, matches).await,
            "hosts" => hosts::all(http, matches).await,
            "host" => hosts::one(http, matches).await,
            "drain" | "undrain" => hosts::stand(http, name, matches).await,
            "claims" => claims::run(http, matches).await,
            "release" => claims::release(http, matches).await,
            "plan" => plan::run(http, matches).await,
            "events" => events::run(http, matches).await,
            other => anyhow::bail!("{other}: no such command"),
        }
    })
}

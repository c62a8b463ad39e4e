//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;
use clap_complete::Shell;
use wattle_daemon::WRONG_CONFIGURATION;

use crate::config;
use crate::config::KEYS;
use crate::doctor;
use crate::exposition;
use crate::latency::owping;
use crate::latency::start::Trial;
use crate::locate;
use crate::locate::Form;
use crate::locate::Target;
use crate::run;
use crate::scrape_config;
use crate::top;

const ABOUT: &str = "Knows the host's watts and whose they are, and shows it to Prometheus at :8080/metrics";

const EXAMPLES: &str = "\
Examples:
  wattle-agent                                  run with the defaults
  wattle-agent --listen 127.0.0.1:9123          run on another port
  wattle-agent doctor                           what works on this machine, what does not, what to do
  wattle-agent top                              what uses the watts, as long as you look
  wattle-agent location --opennebula            where the host stands, as OpenNebula has it
  wattle-agent owping node7                     how far away another host is, each way
  wattle-agent generate config > agent.yaml     a file with every setting explained
  wattle-agent check-config agent.yaml          is it right?

Signals: SIGHUP reads the configuration again, SIGTERM and SIGINT save the counters and end.
Exit codes: 0 ended in order, 1 could not start or a check failed, 2 wrong usage, 78 could not start
because the configuration is wrong.";

/// Runs the program; prints what went wrong, once.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    match dispatch(&matches) {
        Ok(code) => code,
        Err(error) => {
            wattle_daemon::log::last_words(&format!("wattle-agent: {error:#}"));
            let starts = matches!(matches.subcommand_name(), None | Some("run"));
            if starts && error.is::<config::ConfigError>() {
                return WRONG_CONFIGURATION.into();
            }
            ExitCode::FAILURE
        }
    }
}

/// The whole command line, from which manual and completions are made too.
pub fn command() -> Command {
    Command::new("wattle-agent")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(EXAMPLES)
        .args_conflicts_with_subcommands(true)
        .args(settings())
        .subcommand(
            Command::new("run")
                .about("Run the agent (the default)")
                .args(settings()),
        )
        .subcommand(
            Command::new("check-config")
                .about("Check a configuration file and say what its rules mean; exit 1 with one line if it is wrong")
                .arg(
                    Arg::new("FILE")
                        .required(true)
                        .value_parser(value_parser!(PathBuf))
                        .help("The file to check"),
                ),
        )
        .subcommand(
            Command::new("doctor")
                .about("Say what works on this machine, what does not, and what to do")
                .after_help("Exit codes: 0 healthy, 1 degraded, 2 unusable.")
                .arg(
                    Arg::new("json")
                        .long("json")
                        .action(ArgAction::SetTrue)
                        .help("Print JSON"),
                )
                .args(settings()),
        )
        .subcommand(top::command().args(settings()))
        .subcommand(location())
        .subcommand(owping::command())
        .subcommand(generate())
}

fn location() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let value = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("location")
        .about("Say where the host stands, and write it to OpenNebula if asked to")
        .after_help("Exit codes: 0 known, 1 not known or not written.")
        .arg(
            flag(
                "opennebula",
                "Print the value of OpenNebula's attribute GEOLOCATION",
            )
            .conflicts_with("json"),
        )
        .arg(flag("json", "Print JSON"))
        .arg(flag(
            "write",
            "Set the attribute GEOLOCATION of the host in OpenNebula, if it is another than before",
        ))
        .arg(
            value("one.endpoint", "URL", "OpenNebula's XML-RPC interface")
                .default_value("http://localhost:2633/RPC2"),
        )
        .arg(value("one.auth", "FILE", "File with user:password").default_value("/var/lib/one/.one/one_auth"))
        .arg(value(
            "one.host",
            "HOST",
            "The host's id or name in OpenNebula; the machine's name if not given",
        ))
        .arg(value(
            "one.ca-file",
            "FILE",
            "Certificates in PEM of the authorities to believe, instead of those of the system",
        ))
        .args(settings())
}

fn generate() -> Command {
    Command::new("generate")
        .about("Print documentation made from the program itself")
        .subcommand_required(true)
        .subcommand(
            Command::new("config").about("A configuration file with every key, its meaning and default"),
        )
        .subcommand(Command::new("metrics").about("The reference of all metric families, in Markdown"))
        .subcommand(scrape_config::command())
        .subcommand(Command::new("man").about("The manual page wattle-agent(1)"))
        .subcommand(
            Command::new("completions").about("Completions for a shell").arg(
                Arg::new("SHELL")
                    .required(true)
                    .value_parser(value_parser!(Shell))
                    .help("The shell"),
            ),
        )
}

/// `--config`, and a flag for every key of the configuration.
fn settings() -> Vec<Arg> {
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Configuration file in YAML; `generate config` prints one. Flags win over it.");
    let flags = KEYS.iter().map(|key| {
        let action = if key.repeatable {
            ArgAction::Append
        } else {
            ArgAction::Set
        };
        Arg::new(key.name)
            .long(key.name)
            .value_name(key.value)
            .action(action)
            .help(key.help)
    });
    std::iter::once(config).chain(flags).chain(trials()).collect()
}

fn dispatch(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    match matches.subcommand() {
        None => run::run(&given(matches)),
        Some(("run", matches)) => run::run(&given(matches)),
        Some(("check-config", matches)) => check_config(matches),
        Some(("doctor", matches)) => doctor::run(&given(matches).load()?, matches.get_flag("json")),
        Some(("top", matches)) => top::main(given(matches).load()?, matches),
        Some(("location", matches)) => locate(matches),
        Some(("owping", matches)) => owping::main(matches),
        Some(("generate", matches)) => print(matches),
        Some((other, _)) => anyhow::bail!("{other}: no such command"),
    }
}

fn locate(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let form = match (matches.get_flag("opennebula"), matches.get_flag("json")) {
        (true, _) => Form::OpenNebula,
        (_, true) => Form::Json,
        _ => Form::Text,
    };
    let target = matches
        .get_flag("write")
        .then(|| -> anyhow::Result<Target> {
            let endpoint = text("one.endpoint").unwrap_or_default();
            let endpoint = endpoint
                .parse()
                .map_err(|problem: String| anyhow::anyhow!("--one.endpoint: {problem}"))?;
            Ok(Target {
                endpoint,
                credentials: text("one.auth").unwrap_or_default().into(),
                host: text("one.host"),
                authorities: text("one.ca-file").map(PathBuf::from),
            })
        })
        .transpose()?;
    locate::run(&given(matches).load()?, form, target.as_ref())
}

/// What was typed: the file's name and the flags, to be read now and at every reload.
fn given(matches: &ArgMatches) -> run::Given {
    let flags = KEYS.iter().filter_map(|key| {
        let values: Vec<String> = matches.get_many::<String>(key.name)?.cloned().collect();
        Some((key.name, values))
    });
    run::Given {
        file: matches.get_one::<PathBuf>("config").cloned(),
        flags: flags.collect(),
        trial: trial(matches),
    }
}

/// Options that are in no help: they make a clock wrong, which only tests want.
fn trials() -> [Arg; 2] {
    ["trial.clock-shift", "trial.clock-bound"].map(|name| {
        Arg::new(name)
            .long(name)
            .hide(true)
            .allow_negative_numbers(true)
            .value_parser(value_parser!(i64))
            .value_name("NANOSECONDS")
    })
}

fn trial(matches: &ArgMatches) -> Trial {
    let nanos = |name| matches.get_one::<i64>(name).copied();
    Trial {
        shift: nanos("trial.clock-shift").unwrap_or_default(),
        bound: nanos("trial.clock-bound").map(|nanos| Duration::from_nanos(nanos.unsigned_abs())),
    }
}

fn check_config(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let file = matches.get_one::<PathBuf>("FILE").context("no file")?;
    let settings = config::load(Some(file), &[])?;
    if let Some(web) = &settings.web.config.file {
        wattle_door::WebConfig::open(Some(web))
            .with_context(|| format!("{}: web.config.file", file.display()))?;
    }
    writeln!(std::io::stdout(), "{}: fine", file.display())?;
    write!(std::io::stdout(), "{}", settings.workloads)?;
    Ok(ExitCode::SUCCESS)
}

fn print(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    match matches.subcommand() {
        Some(("config", _)) => text.extend(config::commented().into_bytes()),
        Some(("metrics", _)) => text.extend(exposition::reference().into_bytes()),
        Some(("scrape-config", matches)) => text.extend(scrape_config::generate(matches)?.into_bytes()),
        Some(("man", _)) => clap_mangen::Man::new(command()).render(&mut text)?,
        Some(("completions", matches)) => {
            let shell = *matches.get_one::<Shell>("SHELL").context("no shell")?;
            clap_complete::generate(shell, &mut command(), "wattle-agent", &mut text);
        }
        _ => anyhow::bail!("nothing to generate"),
    }
    std::io::stdout().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_key_is_a_flag_of_the_agent_and_its_value_reaches_the_settings() {
        let matches = command().get_matches_from([
            "wattle-agent",
            "--interval",
            "2s",
            "--listen",
            ":1",
            "--listen",
            ":2",
        ]);
        let settings = given(&matches).load().unwrap();
        assert_eq!(settings.interval.to_string(), "2s");
        assert_eq!(settings.listen.0, [":1", ":2"]);
    }
}

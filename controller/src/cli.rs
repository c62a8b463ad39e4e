//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;
use clap_complete::Shell;
use ring::rand::SecureRandom;
use ring::rand::SystemRandom;
use wattle_daemon::WRONG_CONFIGURATION;

use crate::client;
use crate::config;
use crate::serve;

const ABOUT: &str =
    "Decides where machines run, by watts, carbon, delay and room, says why, and keeps the claims";

const EXAMPLES: &str = "\
Examples:
  wattle-controller serve                                   serve on 127.0.0.1:8778, claims in one file
  wattle-controller serve --etcd http://127.0.0.1:2379      claims in etcd, for several controllers
  wattle-controller schedule 'resources=VCPU:2,MEMORY_MB:2048' --policy save-energy --explain
                                                            chooses a host, claims it, and says why
  wattle-controller simulate 'resources=VCPU:2' --near h1 --max-delay 2
                                                            the same without a claim
  wattle-controller hosts                                   what every host has and what is used of it
  wattle-controller drain h1 --reason 'new fans'            takes no new machines there
  wattle-controller plan --policy save-energy               which machines would be better off elsewhere
  wattle-controller claims --json                           who has what, for scripts
  wattle-controller release 6f0c…                           gives back all that one consumer has
  wattle-controller generate config > controller.yaml       a file with every setting explained

Clients find the controller by --url or WATTLE_CONTROLLER, and their token by --token-file or WATTLE_TOKEN.
Exit codes: 0 done, or placed; 1 failed, or what was asked for cannot be meant; 2 wrong usage; 3 there is no place, or no such thing;
4 the controller or its store cannot be reached; 5 the controller does not let you; 78 serve could not start because the
configuration is wrong.";

/// Runs the program; prints what went wrong, once.
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    match dispatch(&matches) {
        Ok(code) => code,
        Err(error) => {
            wattle_daemon::log::last_words(&format!("wattle-controller: {error:#}"));
            let starts = matches!(matches.subcommand_name(), Some("serve"));
            if starts && error.is::<config::ConfigError>() {
                return WRONG_CONFIGURATION.into();
            }
            ExitCode::from(client::code(&error))
        }
    }
}

/// The whole command line, from which manual and completions are made too.
pub fn command() -> Command {
    Command::new("wattle-controller")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve_command())
        .subcommand(
            Command::new("check-config")
                .about(
                    "Check a configuration file and the files it names; exit 1 with one line if one is wrong",
                )
                .arg(file("FILE", "The file to check").required(true)),
        )
        .subcommands(client::commands())
        .subcommand(generate())
}

fn serve_command() -> Command {
    Command::new("serve")
        .about("Serve the API until told to end")
        .after_help(
            "Signals: SIGHUP reads roles, policies, web configuration and log level again; SIGTERM and SIGINT answer what is under way and end.",
        )
        .arg(flag("config", "FILE", "Configuration file in YAML; `generate config` prints one. Flags win over it."))
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDR:PORT")
                .action(ArgAction::Append)
                .help("Address to listen on; can be repeated [default: 127.0.0.1:8778]"),
        )
        .arg(flag("store.file", "FILE", "File of the embedded store, for one controller [default: /var/lib/wattle-controller/store]"))
        .arg(
            Arg::new("etcd")
                .long("etcd")
                .value_name("URL")
                .action(ArgAction::Append)
                .conflicts_with("store.file")
                .help("Keep claims in etcd instead; can be repeated, once for each member"),
        )
        .arg(flag("web.config.file", "FILE", "TLS, client certificates, passwords and a rate, in the format of the Prometheus exporter toolkit"))
        .arg(flag("auth.file", "FILE", "Tokens, users and certificates with their roles; `generate token` makes one"))
        .arg(
            Arg::new("insecure")
                .long("insecure")
                .action(ArgAction::SetTrue)
                .help("Let anybody do anything from anywhere, or tokens travel in plain text"),
        )
}

fn flag(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    file(name, help).long(name).value_name(value)
}

fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_parser(value_parser!(PathBuf)).help(help)
}

fn generate() -> Command {
    let text = |name: &'static str, about: &'static str| Command::new(name).about(about);
    Command::new("generate")
        .about("Print a configuration, a token, or documentation made from the program itself")
        .subcommand_required(true)
        .subcommand(text(
            "config",
            "A configuration file with every key, its meaning and default",
        ))
        .subcommand(text("man", "The manual page wattle-controller(1)"))
        .subcommand(text(
            "token",
            "A new token, and what to write into auth.file for it",
        ))
        .subcommand(
            text("completions", "Completions for a shell").arg(
                Arg::new("SHELL")
                    .required(true)
                    .value_parser(value_parser!(Shell))
                    .help("The shell"),
            ),
        )
}

fn dispatch(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    match matches.subcommand() {
        Some(("serve", matches)) => serve::run(&given(matches)),
        Some(("check-config", matches)) => check_config(matches),
        Some(("generate", matches)) => print(matches),
        Some((name, matches)) => client::run(name, matches),
        None => anyhow::bail!("no command; see --help"),
    }
}

fn given(matches: &ArgMatches) -> serve::Given {
    let path = |name| matches.get_one::<PathBuf>(name).cloned();
    let list = |name| {
        let values = matches.get_many::<String>(name).into_iter().flatten();
        values.cloned().collect()
    };
    serve::Given {
        file: path("config"),
        listen: list("listen"),
        store: path("store.file"),
        etcd: list("etcd"),
        web: path("web.config.file"),
        roles: path("auth.file"),
        insecure: matches.get_flag("insecure"),
    }
}

fn check_config(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let file = matches.get_one::<PathBuf>("FILE").context("no file")?;
    let given = serve::Given {
        file: Some(file.clone()),
        ..serve::Given::default()
    };
    serve::check(&given.load()?).with_context(|| file.display().to_string())?;
    writeln!(std::io::stdout(), "{}: fine", file.display())?;
    Ok(ExitCode::SUCCESS)
}

fn print(matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    match matches.subcommand() {
        Some(("config", _)) => text.extend(config::SAMPLE.bytes()),
        Some(("man", _)) => clap_mangen::Man::new(command()).render(&mut text)?,
        Some(("token", _)) => text.extend(token()?.bytes()),
        Some(("completions", matches)) => {
            let shell = *matches.get_one::<Shell>("SHELL").context("no shell")?;
            clap_complete::generate(shell, &mut command(), "wattle-controller", &mut text);
        }
        _ => anyhow::bail!("nothing to generate"),
    }
    std::io::stdout().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn token() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    anyhow::ensure!(filled.is_ok(), "this host has no random numbers to offer");
    let token = config::hex(&bytes);
    let digest = config::hex(&config::digest_of(&token));
    Ok(format!(
        "# The token, for the client alone: {token}\n# For auth.file; the role is read, schedule or admin.\n\
         tokens:\n- name: somebody\n  role: read\n  sha256: {digest}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}

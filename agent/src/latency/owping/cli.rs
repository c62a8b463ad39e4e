//! What can be typed.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::builder::PossibleValuesParser;
use clap::value_parser;
use wattle_oneway::control::KeyId;
use wattle_oneway::control::Security;

use super::Options;
use super::PingError;
use super::dscp;
use super::gap;
use super::gap::Gap;
use super::options::Credentials;
use super::options::Family;
use super::options::Spoken;
use super::options::Ways;
use super::target;
use crate::latency::sessions::PassPhrases;

const EXAMPLES: &str = "\
Examples:
  wattle-agent owping node7                                  STAMP, or OWAMP or TWAMP where that is answered
  wattle-agent owping -c 1000 -i 0.01 node7                  1000 packets, 100 a second
  wattle-agent owping -D EF -s 1200 [2001:db8::7]:862        large packets of a traffic class
  wattle-agent owping --protocol owamp --direction to node7  only from here to there
  wattle-agent owping --protocol owamp --mode encrypted \\
      --key-id jan --pass-phrase-file ~/.owamp node7         on a server that wants a pass-phrase
  wattle-agent owping --json --quantiles 50,99.9 node7 | jq .

A delay is (unsync) unless both clocks claim to be synchronised: then the difference of the clocks is in it, and only jitter,
loss and order, and the round trip, mean something. The delay of a lost packet is infinite (inf; null in JSON).

Exit codes: 0 packets arrived in each direction, 1 in one of them none did or nobody answered, 2 wrong usage.";

const MODES: [(&str, Security); 4] = [
    ("open", Security::Open),
    ("authenticated", Security::Authenticated),
    ("encrypted", Security::Encrypted),
    ("mixed", Security::Mixed),
];
const WAYS: [(&str, Ways); 3] = [("both", Ways::Both), ("to", Ways::To), ("from", Ways::From)];

/// The subcommand.
pub fn command() -> Command {
    Command::new("owping")
        .about("One-way ping: delay, jitter, loss and order, each way, by OWAMP, TWAMP or STAMP")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("HOST")
                .required(true)
                .help("HOST, HOST:PORT or [ADDRESS]:PORT"),
        )
        .args(traffic())
        .args(protocol())
        .args(output())
}

fn valued(
    name: &'static str,
    short: char,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Arg {
    let arg = Arg::new(name).long(name).short(short).value_name(value);
    arg.default_value(default).help(help)
}

fn traffic() -> Vec<Arg> {
    let flag = |name, short, help| {
        Arg::new(name)
            .long(name)
            .short(short)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    vec![
        valued("count", 'c', "COUNT", "100", "Packets each way, up to 10000000")
            .value_parser(value_parser!(u32).range(1..=10_000_000)),
        valued(
            "interval",
            'i',
            "SECONDS",
            "0.1",
            "Gap between packets: random with this mean, or always this with an f behind it (0.02f)",
        ),
        valued("size", 's', "OCTETS", "0", "Padding in each packet")
            .value_parser(value_parser!(u16).range(..=9000)),
        valued(
            "dscp",
            'D',
            "DSCP",
            "0",
            "Traffic class: 0 to 63, or a name such as EF or AF41",
        ),
        valued(
            "timeout",
            'L',
            "SECONDS",
            "2",
            "A packet that takes longer is lost",
        ),
        flag("ipv4", '4', "IPv4 only").conflicts_with("ipv6"),
        flag("ipv6", '6', "IPv6 only"),
    ]
}

fn protocol() -> Vec<Arg> {
    let long = |name, value, help| Arg::new(name).long(name).value_name(value).help(help);
    let words = |words: Vec<&'static str>| PossibleValuesParser::new(words);
    vec![
        long(
            "protocol",
            "PROTOCOL",
            "What to speak: stamp (UDP 862), owamp (TCP 861) or twamp (TCP 862). Without it STAMP is tried, and if nobody answers OWAMP and TWAMP",
        )
        .value_parser(words(Spoken::ALL.map(|(name, _)| name).to_vec())),
        long("direction", "WAY", "OWAMP only: to (from here to there), from, or both")
            .default_value("both")
            .value_parser(words(WAYS.map(|(name, _)| name).to_vec())),
        long(
            "mode",
            "MODE",
            "Protection. STAMP has open and authenticated, mixed is TWAMP's",
        )
        .default_value("open")
        .value_parser(words(MODES.map(|(name, _)| name).to_vec())),
        long("key-id", "NAME", "Name of the key, for all modes but open").requires("pass-phrase-file"),
        long(
            "pass-phrase-file",
            "FILE",
            "File with lines name:pass-phrase, which others must not be able to read",
        )
        .requires("key-id")
        .value_parser(value_parser!(PathBuf)),
    ]
}

fn output() -> Vec<Arg> {
    vec![
        Arg::new("quantiles")
            .long("quantiles")
            .value_name("LIST")
            .default_value("50,90,95,99")
            .help("Percentiles to print, from 0 to 100"),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print JSON; times are in seconds"),
    ]
}

/// What was typed, read.
pub fn parse(matches: &ArgMatches) -> Result<Options, PingError> {
    let text = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let (host, port) = target::parse(text("HOST")).map_err(PingError::Usage)?;
    let gap: Gap = text("interval").parse().map_err(PingError::Usage)?;
    let json = matches.get_flag("json");
    let spoken = Spoken::ALL
        .into_iter()
        .find(|(name, _)| *name == text("protocol"));
    let ways = WAYS.into_iter().find(|(name, _)| *name == text("direction"));
    Ok(Options {
        host,
        port,
        family: match (matches.get_flag("ipv4"), matches.get_flag("ipv6")) {
            (true, _) => Some(Family::V4),
            (_, true) => Some(Family::V6),
            _ => None,
        },
        spoken: spoken.map(|(_, spoken)| spoken),
        ways: ways.map_or(Ways::Both, |(_, ways)| ways),
        count: matches.get_one("count").copied().unwrap_or(100),
        gap,
        padding: matches.get_one("size").copied().unwrap_or_default(),
        dscp: dscp::parse(text("dscp")).map_err(PingError::Usage)?,
        timeout: timeout(text("timeout"))?,
        security: security(text("mode"), matches)?,
        credentials: credentials(matches)?,
        quantiles: quantiles(text("quantiles"))?,
        json,
        live: !json && std::io::stdout().is_terminal() && std::io::stderr().is_terminal(),
    })
}

fn timeout(text: &str) -> Result<Duration, PingError> {
    let fits = |time: &Duration| (Duration::from_millis(10)..=Duration::from_secs(60)).contains(time);
    let wrong = || PingError::Usage(format!("{text:?} is no timeout from 0.01 to 60 seconds"));
    gap::seconds(text).filter(fits).ok_or_else(wrong)
}

fn security(text: &str, matches: &ArgMatches) -> Result<Security, PingError> {
    let found = MODES.into_iter().find(|(name, _)| *name == text);
    let security = found.map_or(Security::Open, |(_, security)| security);
    if security != Security::Open && !matches.contains_id("key-id") {
        let missing = format!("--mode {text} needs --key-id and --pass-phrase-file");
        return Err(PingError::Usage(missing));
    }
    Ok(security)
}

fn credentials(matches: &ArgMatches) -> Result<Option<Credentials>, PingError> {
    let name = matches.get_one::<String>("key-id");
    let Some((name, file)) = name.zip(matches.get_one::<PathBuf>("pass-phrase-file")) else {
        return Ok(None);
    };
    let all = PassPhrases::read(file)?;
    let id = KeyId::new(name).ok_or_else(|| PingError::Usage("a name has at most 80 octets".to_owned()))?;
    let missing = || PingError::Usage(format!("{}: no line begins with {name}:", file.display()));
    let secret = all.octets(&id).ok_or_else(missing)?;
    Ok(Some((id, secret.into())))
}

/// Percentages, in millionths.
fn quantiles(text: &str) -> Result<Vec<u32>, PingError> {
    let read = |part: &str| {
        let percent: f64 = part
            .trim()
            .parse()
            .ok()
            .filter(|percent| (0.0..=100.0).contains(percent))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 1000000"
        )]
        Some((percent * 1e4).round() as u32)
    };
    let wrong = || PingError::Usage(format!("{text:?} is no list of percentages such as 50,99.9"));
    text.split(',').map(|part| read(part).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Options, PingError> {
        let all = ["owping"].iter().chain(arguments).chain(&["host:8862"]);
        parse(&command().get_matches_from(all))
    }

    #[test]
    fn what_is_typed_is_what_is_done() {
        let options = read(&[
            "-c",
            "7",
            "-i",
            "0.02f",
            "-D",
            "EF",
            "-s",
            "1000",
            "-6",
            "--quantiles",
            "99.9",
        ])
        .unwrap();
        assert_eq!((options.count, options.dscp, options.padding), (7, 46, 1000));
        assert_eq!((options.port, options.family), (Some(8862), Some(Family::V6)));
        assert_eq!(options.quantiles, [999_000]);
        assert!(options.gap.is_fixed && options.spoken.is_none());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_would() {
        for (arguments, problem) in [
            (["-i", "0"], "no gap"),
            (["-D", "99"], "no DSCP"),
            (["-L", "0"], "no timeout"),
            (["--quantiles", "101"], "no list of percentages"),
            (["--mode", "encrypted"], "needs --key-id"),
        ] {
            let error = read(&arguments)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(error.contains(problem), "{arguments:?}: {error}");
        }
    }
}

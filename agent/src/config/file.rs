//! From a file and flags to settings.

use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use super::Compat;
use super::KEYS;
use super::Settings;

/// No configuration is longer.
const LIMIT: u64 = 1 << 20;

/// What is wrong with the configuration, in one line that says where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The file is longer than any configuration.
    #[error("{}: longer than {LIMIT} bytes; is this the right file?", file.display())]
    TooLong {
        /// The file.
        file: PathBuf,
    },
    /// The file says something that cannot be meant.
    #[error("{}: {problem}", place(file, *line))]
    File {
        /// The file.
        file: PathBuf,
        /// The line, where it is known.
        line: Option<usize>,
        /// The key, and what is wrong with it.
        problem: String,
    },
    /// A flag has a value that cannot be meant.
    #[error("--{flag}: {problem}")]
    Flag {
        /// The flag without its dashes.
        flag: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Values that are fine by themselves do not go together.
    #[error("{key}: {problem}")]
    Value {
        /// One of the keys.
        key: &'static str,
        /// What is wrong.
        problem: String,
    },
}

fn place(file: &Path, line: Option<usize>) -> String {
    line.map_or_else(
        || file.display().to_string(),
        |line| format!("{}:{line}", file.display()),
    )
}

/// Reads `file`, if one is given, and lets `flags` (pairs of a key's name and its values) win over it.
pub fn load(file: Option<&Path>, flags: &[(&'static str, Vec<String>)]) -> Result<Settings, ConfigError> {
    let mut settings = match file {
        Some(file) => parse(file, &read(file)?)?,
        None => Settings::default(),
    };
    for (flag, values) in flags {
        apply(&mut settings, flag, values)?;
    }
    settings.check()?;
    Ok(settings)
}

fn apply(settings: &mut Settings, flag: &'static str, values: &[String]) -> Result<(), ConfigError> {
    let Some(key) = KEYS.iter().find(|key| key.name == flag) else {
        return Ok(());
    };
    match key.name {
        "listen" => settings.listen.0.clear(),
        "latency.peers" => settings.latency.peers.clear(),
        "latency.peers-dns" => settings.latency.peers_dns.clear(),
        "latency.owamp.listen" => settings.latency.owamp.listen.clear(),
        "latency.twamp.listen" => settings.latency.twamp.listen.clear(),
        "latency.allow" => settings.latency.allow.clear(),
        "compat" => settings.compat = Compat::default(),
        "location.peers" => settings.location.peers.0.clear(),
        "workload.sockets" => settings.workload.sockets.0.clear(),
        _ => {}
    }
    for value in values {
        (key.set)(settings, value).map_err(|problem| ConfigError::Flag {
            flag: key.name,
            problem,
        })?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read {
        file: file.to_path_buf(),
        source,
    };
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(failed)?;
    opened.take(LIMIT + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LIMIT {
        return Err(ConfigError::TooLong {
            file: file.to_path_buf(),
        });
    }
    Ok(text)
}

fn parse(file: &Path, text: &str) -> Result<Settings, ConfigError> {
    serde_path_to_error::deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| {
        let line = error.inner().location().map(|location| location.line());
        let problem = describe(&error.path().to_string(), &error.inner().to_string());
        ConfigError::File {
            file: file.to_path_buf(),
            line,
            problem,
        }
    })
}

/// The whole key, and what is wrong with it. The parser itself names a part of the key for some errors.
fn describe(path: &str, text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text).replace('\n', " ");
    let problem = match text.split_once(": ") {
        Some((start, problem)) if path.starts_with(start) => problem,
        _ => &text,
    };
    if path == "." {
        problem.to_owned()
    } else {
        format!("{path}: {problem}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.yaml");
        std::fs::write(&file, text).unwrap();
        let error = load(Some(&file), &[]).unwrap_err().to_string();
        error.replace(&format!("{}/", dir.path().display()), "")
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_file_line_and_key() {
        for (text, expected) in [
            (
                "interval: 1s\nlog:\n  levle: info\n",
                "agent.yaml:3: log.levle: unknown field `levle`",
            ),
            ("listne: x\n", "agent.yaml:1: listne: unknown field `listne`"),
            ("interval: soon\n", "agent.yaml:1: interval: \"soon\" is no time"),
            (
                "limits:\n  workloads: 0\n",
                "agent.yaml:2: limits.workloads: \"0\" is no number",
            ),
            ("path: 3\n", "agent.yaml:1: path: invalid type"),
            (
                "power:\n  idle-policy: nobody\n",
                "agent.yaml:2: power.idle-policy: unknown variant `nobody`",
            ),
            ("listen: {a: b}\n", "agent.yaml:1: listen: an address or a list"),
            ("interval: [\n", "agent.yaml:"),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(expected), "{text:?}: {problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused_with_its_line_and_what_is_wrong() {
        for (rule, expected) in [
            (
                "match: {unit: a}",
                "4: workloads[1]: nothing to do: one of name, group, drop or labels is missing",
            ),
            ("name: x", "4: workloads[1]: missing field `match`"),
            (
                "match: {}\n    name: x",
                "4: workloads[1]: match: nothing to match; to mean every workload, say cgroup: .*",
            ),
            (
                "match: {unit: a}\n    name: x\n    drop: true",
                "4: workloads[1]: only one of name, group and drop can be meant",
            ),
            (
                "match: {unit: a}\n    drop: true\n    continue: true",
                "4: workloads[1]: drop: what is dropped has no labels, and no rule after it",
            ),
            (
                "match: {unit: a}\n    name: x\n    kind: vm",
                "4: workloads[1]: kind: only a group has a kind of its own",
            ),
            (
                "match: {unit: a}\n    group: x\n    kind: system",
                "6: workloads[1].kind: unknown variant `system`",
            ),
            ("match: {unit: a}\n    name: ''", "4: workloads[1]: an empty name"),
            (
                "match: {unit: a}\n    name: $1",
                "4: workloads[1]: \"$1\": no pattern of the rule has a group 1",
            ),
            (
                "match: {unit: a}\n    name: '$-'",
                "5: workloads[1].name: \"$-\": after a $ comes a group",
            ),
            (
                "match: {unit: (a), cgroup: (b)}\n    name: $1",
                "4: workloads[1]: \"$1\": several patterns have groups; name them",
            ),
            (
                "match: {unit: (?P<x>a), cgroup: (?P<x>b)}\n    name: $x",
                "4: workloads[1]: match: two patterns have a group named x",
            ),
            (
                "name: x\n    match:\n      unit: a(b",
                "6: workloads[1].match.unit: the regular expression \"a(b\" is wrong at character 2: unclosed group",
            ),
            (
                "name: x\n    match:\n      unit: a)|(b",
                "6: workloads[1].match.unit: the regular expression \"a)|(b\" is wrong at character 2: unopened group",
            ),
            (
                "name: x\n    match:\n      user: (?=a)",
                "6: workloads[1].match.user: the regular expression \"(?=a)\" is wrong at character 1: look-around",
            ),
            (
                "name: x\n    match:\n      user: ((a{1000}){1000}){1000}",
                "6: workloads[1].match.user: the regular expression \"((a{1000}){1000}){1000}\" is too large",
            ),
            (
                "name: x\n    match:\n      label:\n        colour: a",
                "7: workloads[1].match.label: no label `colour`; there are kind, name, id, runtime",
            ),
            (
                "match: {unit: a}\n    labels:\n      kind: vm",
                "6: workloads[1].labels: no label `kind` that can be set",
            ),
            (
                "match: {unit: a}\n    colour: x",
                "5: workloads[1].colour: unknown field `colour`",
            ),
            (
                "match: {comm: a}\n    name: x",
                "4: workloads[1].match.comm: unknown field `comm`",
            ),
        ] {
            let text = format!("interval: 1s\nworkloads:\n  - {{match: {{unit: x}}, name: y}}\n  - {rule}\n");
            let problem = problem(&text);
            assert!(
                problem.starts_with(&format!("agent.yaml:{expected}")),
                "{rule}: {problem}"
            );
            assert!(!problem.contains('\n'), "{problem}");
        }
        assert!(problem("workloads: {nesting: innermost}\n").starts_with("agent.yaml:1: workloads: "));
    }

    #[test]
    fn values_that_contradict_one_another_are_refused() {
        let text = "power: {estimate: {idle-watts-per-core: 9, full-load-watts-per-core: 3}}\n";
        assert!(problem(text).starts_with("power.estimate.full-load-watts-per-core: 3 is less than"));
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.yaml");
        std::fs::write(&file, "interval: 5s\nlisten: 127.0.0.1:1\nlog: {level: debug}\n").unwrap();
        let flags = [
            ("interval", vec!["2s".to_owned()]),
            ("listen", vec!["[::1]:2".to_owned(), ":3".to_owned()]),
        ];
        let settings = load(Some(&file), &flags).unwrap();
        assert_eq!(settings.interval.to_string(), "2s");
        assert_eq!(settings.listen.0, ["[::1]:2", ":3"]);
        assert_eq!(settings.log.level.to_string(), "debug");
    }

    #[test]
    fn a_wrong_flag_is_named() {
        let error = load(None, &[("interval", vec!["x".to_owned()])]).unwrap_err();
        assert!(
            error.to_string().starts_with("--interval: \"x\" is no time"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_its_reason_is_given_once() {
        let error = load(Some(Path::new("/nonexistent/agent.yaml")), &[]).unwrap_err();
        assert_eq!(
            format!("{:#}", anyhow::Error::from(error)),
            "/nonexistent/agent.yaml: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("agent.yaml");
        std::fs::write(&file, "# nothing\n").unwrap();
        assert_eq!(load(Some(&file), &[]).unwrap(), Settings::default());
    }
}

//! Files of settings, and what is wrong with one, with its line and key.

use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::Settings;

/// No file of settings is longer.
const LIMIT: u64 = 1 << 20;

/// A configuration with every key, its meaning and its default.
pub const SAMPLE: &str = include_str!("sample.yaml");

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
    /// Values that are fine by themselves do not go together, or one is out of range.
    #[error("{key}: {problem}")]
    Value {
        /// One of the keys.
        key: &'static str,
        /// What is wrong.
        problem: String,
    },
}

fn place(file: &Path, line: Option<usize>) -> String {
    let name = file.display();
    line.map_or_else(|| name.to_string(), |line| format!("{name}:{line}"))
}

/// Reads the settings from `file`, lets `change` (the flags) win over it, and checks what comes of it.
pub fn load(file: Option<&Path>, change: impl FnOnce(&mut Settings)) -> Result<Settings, ConfigError> {
    let mut settings = file.map(parsed).transpose()?.unwrap_or_default();
    change(&mut settings);
    settings.check()?;
    Ok(settings)
}

/// Reads YAML; an empty file is the default.
pub(super) fn parsed<T: DeserializeOwned + Default>(file: &Path) -> Result<T, ConfigError> {
    let text = text_of(file)?;
    let deserializer = serde_yaml::Deserializer::from_str(&text);
    let value: Option<T> = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let line = error.inner().location().map(|location| location.line());
        let path = error.path().to_string();
        wrong(file, line, described(&path, &error.inner().to_string()))
    })?;
    Ok(value.unwrap_or_default())
}

pub(super) fn wrong(file: &Path, line: Option<usize>, problem: String) -> ConfigError {
    ConfigError::File {
        file: file.to_path_buf(),
        line,
        problem,
    }
}

pub(crate) fn text_of(file: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read {
        file: file.to_path_buf(),
        source,
    };
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(failed)?;
    opened.take(LIMIT + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LIMIT {
        let problem = format!("longer than {LIMIT} bytes; is this the right file?");
        return Err(wrong(file, None, problem));
    }
    Ok(text)
}

/// The whole key, and what is wrong with it. The parser itself names a part of the key for some errors.
fn described(path: &str, text: &str) -> String {
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
        let file = dir.path().join("controller.yaml");
        std::fs::write(&file, text).unwrap();
        let error = load(Some(&file), |_| {}).unwrap_err().to_string();
        error.replace(&format!("{}/", dir.path().display()), "")
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_file_line_and_key() {
        for (text, expected) in [
            (
                "log:\n  levle: info\n",
                "controller.yaml:2: log.levle: unknown field `levle`",
            ),
            ("listne: []\n", "controller.yaml:1: listne: unknown field"),
            (
                "store:\n  etcd: {}\n",
                "controller.yaml:2: store.etcd: missing field",
            ),
            ("limits: {requests: -1}\n", "controller.yaml:1: limits.requests: "),
            ("limits: {requests: 0}\n", "limits.requests: has to be from 1"),
            ("listen: []\n", "listen: needs at least one"),
            (
                "store: {etcd: {endpoints: [], user: x}}\n",
                "store.etcd.endpoints: ",
            ),
            (
                "fleet:\n  agents: {scheme: http, tokenfile: x}\n",
                "controller.yaml:2: fleet.agents: unknown field `tokenfile`",
            ),
            (
                "fleet:\n  prometheus: {url: x, pasword-file: y}\n",
                "controller.yaml:2: fleet.prometheus: unknown field `pasword-file`",
            ),
            ("fleet: {interval: 10}\n", "controller.yaml:1: fleet.interval: "),
            (
                "fleet: {interval: 5h}\n",
                "fleet.interval: has to be from 1s to 1h",
            ),
            (
                "fleet: {targets: ['a:1'], prometheus: {url: 'http://p'}}\n",
                "fleet.prometheus: takes the place of",
            ),
            (
                "fleet: {hosts: {a: {allocation-ratios: {VCPU: 0}}}}\n",
                "fleet.hosts: the allocation ratio of VCPU",
            ),
            (
                "fleet: {providers: {traits: [nvme]}}\n",
                "fleet.providers.traits: \"nvme\" is no trait",
            ),
            (
                "store: {etcd: {endpoints: [a], user: x}}\n",
                "store.etcd.user: goes with",
            ),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(expected), "{text:?}: {problem}");
        }
    }

    #[test]
    fn the_sample_and_an_empty_file_are_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("controller.yaml");
        for text in [SAMPLE, "", "# nothing\n"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(load(Some(&file), |_| {}).unwrap(), Settings::default());
        }
    }
}

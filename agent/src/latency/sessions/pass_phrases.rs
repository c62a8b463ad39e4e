//! The file of pass-phrases.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use wattle_oneway::control::KeyId;
use wattle_oneway::control::PassPhrase;

/// No file of pass-phrases is larger.
const LARGEST: u64 = 1 << 20;
/// The permissions that nobody but the owner and the group may have, and the group none to write.
const TOO_OPEN: u32 = 0o027;

/// Pass-phrases by the names of their keys: one `name:pass-phrase` a line. Everything behind the first colon counts, blanks too. Empty
/// lines and those that begin with `#` do not.
#[derive(Clone, Default)]
pub struct PassPhrases(HashMap<KeyId, Box<[u8]>>);

/// A file of pass-phrases that cannot be used. Nothing of what is in it is shown.
#[derive(Debug, thiserror::Error)]
pub enum PassPhraseError {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Others can read or change it.
    #[error("{}: others may read or change it (mode {mode:o}); chmod 600 it", path.display())]
    TooOpen {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is too large.
    #[error("{}: larger than {LARGEST} octets", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line has not the form, or its name is there already.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl PassPhrases {
    /// Reads a file that only its owner, and its group if need be, can read.
    pub fn read(path: &Path) -> Result<Self, PassPhraseError> {
        let unreadable = |error| PassPhraseError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & TOO_OPEN != 0 {
            let path = path.to_owned();
            return Err(PassPhraseError::TooOpen { path, mode });
        }
        let mut octets = Vec::new();
        (&mut file)
            .take(LARGEST + 1)
            .read_to_end(&mut octets)
            .map_err(unreadable)?;
        if octets.len() as u64 > LARGEST {
            return Err(PassPhraseError::TooLarge {
                path: path.to_owned(),
            });
        }
        Self::parse(&octets).map_err(|(line, problem)| PassPhraseError::Line {
            path: path.to_owned(),
            line,
            problem,
        })
    }

    fn parse(octets: &[u8]) -> Result<Self, (usize, &'static str)> {
        let mut all = HashMap::new();
        for (index, line) in octets.split(|octet| *octet == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let wrong = |problem| (index + 1, problem);
            let (id, secret) = parse_line(line).map_err(wrong)?;
            if all.insert(id, secret.into()).is_some() {
                return Err(wrong("this name is there already"));
            }
        }
        Ok(Self(all))
    }

    /// The pass-phrase of this name.
    pub fn get(&self, id: &KeyId) -> Option<PassPhrase> {
        self.octets(id).map(PassPhrase::new)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a server of control connections wants them.
    pub fn to_store(&self) -> HashMap<KeyId, PassPhrase> {
        let pairs = self.0.iter();
        pairs
            .map(|(id, secret)| (*id, PassPhrase::new(secret.clone())))
            .collect()
    }

    /// The octets of this name's pass-phrase, for protocols with keys of another form.
    pub fn octets(&self, id: &KeyId) -> Option<&[u8]> {
        self.0.get(id).map(|secret| &**secret)
    }
}

impl fmt::Debug for PassPhrases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

fn parse_line(line: &[u8]) -> Result<(KeyId, &[u8]), &'static str> {
    let colon = line.iter().position(|octet| *octet == b':');
    let Some((name, [_, secret @ ..])) = colon.and_then(|colon| line.split_at_checked(colon)) else {
        return Err("no colon; write name:pass-phrase");
    };
    let name = str::from_utf8(name).map_err(|_| "the name is not UTF-8")?;
    let id = KeyId::new(name).ok_or("the name is longer than 80 octets or has a zero octet")?;
    match (name, secret) {
        ("", _) => Err("the name is missing"),
        (_, []) => Err("the pass-phrase is missing"),
        _ => Ok((id, secret)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.as_file()
            .set_permissions(PermissionsExt::from_mode(mode))
            .unwrap();
        file
    }

    #[test]
    fn each_line_is_a_name_and_all_behind_the_colon() {
        let file = file("# for tests\n\njan:open sesame: now \r\npiet:x\n", 0o600);
        let all = PassPhrases::read(file.path()).unwrap();
        assert!(all.get(&KeyId::new("jan").unwrap()).is_some());
        assert!(all.get(&KeyId::new("joris").unwrap()).is_none());
        assert_eq!(
            all.octets(&KeyId::new("jan").unwrap()),
            Some(&b"open sesame: now "[..])
        );
        assert!(!format!("{all:?}").contains("sesame"));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o644, 0o620, 0o602] {
            let error = PassPhrases::read(file("jan:x\n", mode).path()).unwrap_err();
            assert!(
                matches!(error, PassPhraseError::TooOpen { .. }),
                "{mode:o}: {error}"
            );
        }
        assert!(PassPhrases::read(file("jan:x\n", 0o640).path()).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        for (text, problem) in [
            ("jan secret\n", "no colon"),
            (":secret\n", "the name is missing"),
            ("jan:\n", "the pass-phrase is missing"),
            ("jan:secret\njan:secret\n", ":2: this name is there already"),
        ] {
            let error = PassPhrases::read(file(text, 0o600).path())
                .unwrap_err()
                .to_string();
            assert!(error.contains(problem) && !error.contains("secret\n"), "{error}");
        }
    }
}

//! What packets are signed with: secrets out of a file.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use wattle_oneway::stamp::Key;
use wattle_oneway::stamp::KeyRing;

/// No key is longer, in octets.
const LONGEST: usize = 4096;
/// A shorter one could be guessed.
const SHORTEST: usize = 16;
/// The one that signs, and one that is accepted too while keys are changed.
const MOST: usize = 2;

/// The secrets of a file, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    signs: Vec<u8>,
    is_accepted: Option<Vec<u8>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl Secrets {
    /// Reads a file with a key in each line: the first signs, and a second is accepted too.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let (octets, mode) = octets(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
        if mode & 0o004 != 0 {
            tracing::warn!(file = %file.display(), "everybody can read the key; chmod 640 it");
        }
        Self::parse(&octets).map_err(|problem| anyhow::anyhow!("{}: {problem}", file.display()))
    }

    fn parse(octets: &[u8]) -> Result<Self, String> {
        let lines = octets.split(|octet| *octet == b'\n');
        let keys: Vec<_> = lines
            .map(<[u8]>::trim_ascii_end)
            .filter(|line| !line.is_empty())
            .collect();
        let is_key = |line: &&[u8]| (SHORTEST..=LONGEST).contains(&line.len());
        if keys.is_empty() || !keys.iter().all(is_key) {
            return Err(format!(
                "a key is a line of {SHORTEST} to {LONGEST} octets; make one with: head -c 32 /dev/urandom | base64"
            ));
        }
        if keys.len() > MOST {
            return Err(format!(
                "more than {MOST} keys: one that signs and one that is accepted too"
            ));
        }
        let mut keys = keys.into_iter().map(<[u8]>::to_vec);
        Ok(Self {
            signs: keys.next().unwrap_or_default(),
            is_accepted: keys.next(),
        })
    }

    /// As sessions and the reflector want them.
    pub fn ring(&self) -> KeyRing {
        let signs = Key::new(&self.signs);
        let Some(other) = &self.is_accepted else {
            return KeyRing::new(signs);
        };
        let mut ring = KeyRing::new(Key::new(other));
        ring.rotate(signs);
        ring
    }
}

fn octets(file: &Path) -> std::io::Result<(Vec<u8>, u32)> {
    let mut octets = Vec::new();
    let opened = File::open(file)?;
    let mode = opened.metadata()?.permissions().mode();
    // One octet more than can be right is enough to see that it is wrong.
    let most = (MOST + 1) * (LONGEST + 2);
    opened.take(most as u64).read_to_end(&mut octets)?;
    Ok((octets, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789abcdef-old";
    const NEW: &str = "0123456789abcdef-new";

    #[test]
    fn a_file_has_one_key_or_two() {
        let parse = |text: &str| Secrets::parse(text.as_bytes());
        let one = parse(OLD).unwrap();
        assert_eq!(parse(&format!("{OLD}\r\n\n")).unwrap(), one);
        let two = parse(&format!("{NEW}\n{OLD}\n")).unwrap();
        assert_eq!((two.signs, two.is_accepted), (NEW.into(), Some(OLD.into())));
        assert_eq!(format!("{one:?}"), "Secrets");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for text in [
            "",
            "\n\n",
            "short",
            &format!("{OLD}\nshort"),
            &format!("{OLD}\n{NEW}\n{OLD}"),
        ] {
            let problem = Secrets::parse(text.as_bytes()).unwrap_err();
            assert!(!problem.contains(OLD) && !problem.contains("short"), "{problem}");
        }
        assert!(Secrets::parse("x".repeat(5000).as_bytes()).is_err());
    }
}

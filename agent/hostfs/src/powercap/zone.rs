//! What a zone is and what it counts.

use std::fmt;

use crate::ParseError;
use crate::text;

/// The kernel's zone names have less than 20 bytes.
const NAME_BYTES: usize = 64;

/// The part of the machine whose energy a zone counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ZoneKind {
    /// A whole CPU package, or one die of it.
    Package,
    /// The cores of a package; inside `Package`.
    Core,
    /// The integrated graphics or other parts outside the cores; inside `Package`.
    Uncore,
    /// Memory; outside `Package` on servers, inside it on some client machines.
    Dram,
    /// The platform, packages and memory included. Some boards give it nothing to count.
    Psys,
    /// A zone whose name says none of these.
    Other,
}

impl ZoneKind {
    /// The word for it in labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Core => "core",
            Self::Uncore => "uncore",
            Self::Dram => "dram",
            Self::Psys => "psys",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ZoneKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One energy counter and what it says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The name of its directory, `intel-rapl:0:1`: unique on a host.
    pub id: Box<str>,
    /// The control type, `intel-rapl` or `intel-rapl-mmio`.
    pub control: Box<str>,
    /// What it counts.
    pub kind: ZoneKind,
    /// Its `name` file, `package-0` or `dram`.
    pub name: Box<str>,
    /// The socket, from its own name or that of the zone that holds it. None where neither tells, as for a lone `psys`.
    pub socket: Option<u32>,
    /// The die, where a package has several.
    pub die: Option<u32>,
    /// Where the counter starts again from 0. Zero if the kernel did not say: such a counter cannot be followed
    /// through a wrap.
    pub max_energy_range_uj: u64,
    /// The most it can draw according to its constraints, to tell a plausible reading from a reset.
    pub max_power_uw: Option<u64>,
    /// Whether power limits are in force. It explains a counter that stands at 0 and is no reason to leave the zone
    /// out: many machines count without limiting.
    pub enabled: Option<bool>,
}

/// What the `name` file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ZoneName {
    pub(super) text: Box<str>,
    pub(super) kind: ZoneKind,
    pub(super) socket: Option<u32>,
    pub(super) die: Option<u32>,
}

impl ZoneName {
    /// Understands `package-1`, `package-1-die-0`, `psys`, `psys-1` and the plain names.
    pub(super) fn parse(file: &[u8]) -> Result<Self, ParseError> {
        let name = file.trim_ascii();
        let printable = !name.is_empty() && name.len() <= NAME_BYTES && name.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(name).ok().filter(|_| printable);
        let text = text.ok_or_else(|| ParseError::new("the name of a zone", file))?;
        let mut parts = text.split('-');
        let kind = kind(parts.next().unwrap_or_default());
        let numbered = matches!(kind, ZoneKind::Package | ZoneKind::Psys);
        let socket = parts.next().filter(|_| numbered).and_then(number);
        let die = parts
            .next()
            .filter(|&word| word == "die")
            .and_then(|_| parts.next())
            .and_then(number);
        Ok(Self {
            text: text.into(),
            kind,
            socket,
            die: die.filter(|_| socket.is_some()),
        })
    }
}

fn kind(word: &str) -> ZoneKind {
    match word {
        "package" => ZoneKind::Package,
        "core" => ZoneKind::Core,
        "uncore" => ZoneKind::Uncore,
        "dram" => ZoneKind::Dram,
        "psys" => ZoneKind::Psys,
        _ => ZoneKind::Other,
    }
}

fn number(word: &str) -> Option<u32> {
    text::digits(word.as_bytes())?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_tell_kind_socket_and_die() {
        let table = [
            ("package-0\n", "package", Some(0), None),
            ("package-1-die-1\n", "package", Some(1), Some(1)),
            ("package-x", "package", None, None),
            ("package", "package", None, None),
            ("core\n", "core", None, None),
            ("uncore\n", "uncore", None, None),
            ("dram\n", "dram", None, None),
            ("psys\n", "psys", None, None),
            ("psys-1\n", "psys", Some(1), None),
            ("package-99999999999-die-0", "package", None, None),
            ("socket-3", "other", None, None),
        ];
        for (file, kind, socket, die) in table {
            let name = ZoneName::parse(file.as_bytes()).unwrap();
            assert_eq!(
                (name.kind.as_str(), name.socket, name.die),
                (kind, socket, die),
                "{file:?}"
            );
            assert_eq!(&*name.text, file.trim_end());
        }
    }

    #[test]
    fn a_name_that_could_not_stand_in_a_label_is_refused() {
        let long = [b'a'; NAME_BYTES + 1];
        for bad in [&b""[..], b"\n", b"two words", b"\xff\xfe", b"a\0b", &long] {
            assert!(
                ZoneName::parse(bad).is_err(),
                "{:?}",
                String::from_utf8_lossy(bad)
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_a_panic(bytes: Vec<u8>) {
            let _ = ZoneName::parse(&bytes);
        }
    }
}

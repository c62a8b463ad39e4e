//! Under which key each record of the ledger lies.

use std::fmt;
use std::fmt::Write;

use super::record;
use super::record::NameRecord;
use super::uuid::Uuid;

const PROVIDERS: &str = "providers/";
const PROVIDER_NAMES: &str = "provider-names/";
const CONSUMERS: &str = "consumers/";
const CLASSES: &str = "classes/";
const TRAITS: &str = "traits/";
const GROUPS: &str = "groups/";

/// The prefixes under which the ledger keeps everything it has.
pub const PREFIXES: [&str; 6] = [PROVIDERS, PROVIDER_NAMES, CONSUMERS, CLASSES, TRAITS, GROUPS];

/// A key of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// A provider: what it has, and who uses how much of it.
    Provider(Uuid),
    /// Whose a provider's name is, so that two controllers never give it twice.
    ProviderName(&'a str),
    /// A consumer: whose it is, and where it is.
    Consumer(&'a str),
    /// A resource class that somebody made.
    Class(&'a str),
    /// A trait that somebody made.
    Trait(&'a str),
    /// A group of machines: what it is, and where its members are. By its [path](group_path).
    Group(&'a str),
}

impl<'a> Key<'a> {
    /// Reads a key; `None` if it is not one of the ledger's. Names are left as they are written there.
    pub(super) fn parse(key: &'a str) -> Option<Self> {
        if let Some(uuid) = key.strip_prefix(PROVIDERS) {
            return Uuid::canonical(uuid).map(Self::Provider);
        }
        let (room, name) = key.split_at(key.find('/')? + 1);
        match room {
            PROVIDER_NAMES => Some(Self::ProviderName(name)),
            CONSUMERS => Some(Self::Consumer(name)),
            CLASSES => Some(Self::Class(name)),
            TRAITS => Some(Self::Trait(name)),
            GROUPS => Some(Self::Group(name)),
            _ => None,
        }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(uuid) => write!(f, "{PROVIDERS}{uuid}"),
            Self::ProviderName(name) => write!(f, "{PROVIDER_NAMES}{}", escaped(name)),
            Self::Consumer(id) => write!(f, "{CONSUMERS}{id}"),
            Self::Class(name) => write!(f, "{CLASSES}{name}"),
            Self::Trait(name) => write!(f, "{TRAITS}{name}"),
            Self::Group(path) => write!(f, "{GROUPS}{path}"),
        }
    }
}

/// What stands in a group's key: names are the clients' own, and the same name in another project is another group.
pub(super) fn group_path(project: &str, name: &str) -> String {
    format!("{}/{}", escaped(project), escaped(name))
}

/// How many bytes the key of a group has.
pub fn group_key_bytes(project: &str, name: &str) -> usize {
    GROUPS.len() + group_path(project, name).len()
}

/// The key of the record that this one only points to: what has to be read as well to know what it says.
pub fn pointed_to(key: &str, value: &[u8]) -> Option<String> {
    let Some(Key::ProviderName(_)) = Key::parse(key) else {
        return None;
    };
    let NameRecord { provider } = record::read(value).ok()?;
    Some(Key::Provider(provider).to_string())
}

/// Percent-encodes all but RFC 3986's unreserved characters: a provider's name may hold anything.
pub(crate) fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::Key;
    use crate::inventory::Uuid;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let uuid = Uuid::from_bits(7);
        for key in [
            Key::Provider(uuid),
            Key::ProviderName("host-1.example"),
            Key::Consumer("c"),
            Key::Class("CUSTOM_A"),
            Key::Trait("CUSTOM_B"),
            Key::Group("p/a%2Fb"),
        ] {
            assert_eq!(Key::parse(&key.to_string()), Some(key));
        }
        assert_eq!(Key::parse("leases/1"), None);
        assert_eq!(Key::parse("providers/x"), None);
        let odd = Key::ProviderName("a/b é").to_string();
        assert_eq!(odd, "provider-names/a%2Fb%20%C3%A9");
        assert_eq!(super::group_path("p/q", "a b"), "p%2Fq/a%20b");
        assert_eq!(super::group_key_bytes("p/q", "a b"), "groups/p%2Fq/a%20b".len());
    }
}

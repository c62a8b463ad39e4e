//! What is to be measured, and how.

use std::time::Duration;

use wattle_oneway::control::KeyId;
use wattle_oneway::control::Protocol;
use wattle_oneway::control::Security;

use super::gap::Gap;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    /// STAMP, and TWAMP Light, which need no connection.
    Stamp,
    /// OWAMP or TWAMP, with a control connection.
    Arranged(Protocol),
}

impl Spoken {
    pub(super) const ALL: [(&'static str, Self); 3] = [
        ("stamp", Self::Stamp),
        ("owamp", Self::Arranged(Protocol::Owamp)),
        ("twamp", Self::Arranged(Protocol::Twamp)),
    ];

    pub(super) fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(_, spoken)| *spoken == self);
        found.map_or("", |(name, _)| name)
    }

    pub(super) const fn port(self) -> u16 {
        match self {
            Self::Stamp => 862,
            Self::Arranged(protocol) => protocol.port(),
        }
    }
}

/// Which IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// Which directions OWAMP measures. The others cannot but measure both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    Both,
    To,
    From,
}

/// The name of the key, and the pass-phrase.
pub(super) type Credentials = (KeyId, Box<[u8]>);

/// Everything that can be chosen.
#[derive(Clone)]
pub struct Options {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) family: Option<Family>,
    /// Nothing: whatever answers.
    pub(super) spoken: Option<Spoken>,
    pub(super) ways: Ways,
    pub(super) count: u32,
    pub(super) gap: Gap,
    pub(super) padding: u16,
    pub(super) dscp: u8,
    pub(super) timeout: Duration,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    /// In millionths.
    pub(super) quantiles: Vec<u32>,
    pub(super) json: bool,
    /// Whether progress is shown.
    pub(super) live: bool,
}

impl Options {
    pub(super) const fn security_name(&self) -> &'static str {
        match self.security {
            Security::Open => "open",
            Security::Authenticated => "authenticated",
            Security::Encrypted => "encrypted",
            Security::Mixed => "mixed",
        }
    }
}

use core::time::Duration;

use crate::control::KeyId;
use crate::control::Modes;
use crate::control::PassPhrase;
use crate::control::Protocol;
use crate::control::Security;

/// What a client is to do.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The protection wished for; without it the client does not go on.
    pub security: Security,
    /// Whose secret, and the secret: needed for every protection.
    pub credentials: Option<(KeyId, PassPhrase)>,
    /// Features that are used where the server offers them: [`Modes::SYMMETRICAL_SIZE`], [`Modes::PTP_TIMESTAMPS`].
    pub features: Modes,
    /// Most rounds of key derivation that are done because a server wants them.
    pub most_rounds: u32,
    /// How long an answer may take.
    pub answer_wait: Duration,
    /// Most records of a fetch that are taken, 25 octets each.
    pub most_records: u32,
}

impl ClientConfig {
    /// A client without any protection.
    pub const fn open(protocol: Protocol) -> Self {
        Self {
            protocol,
            security: Security::Open,
            credentials: None,
            features: Modes::NONE,
            most_rounds: 1 << 17,
            answer_wait: Duration::from_secs(60),
            most_records: 1 << 22,
        }
    }

    /// A client that proves that it knows a secret.
    pub fn protected(protocol: Protocol, security: Security, id: KeyId, secret: PassPhrase) -> Self {
        Self {
            security,
            credentials: Some((id, secret)),
            ..Self::open(protocol)
        }
    }
}

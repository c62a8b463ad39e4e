use core::num::NonZeroU32;
use core::time::Duration;
use std::sync::Arc;

use crate::control::KeyStore;
use crate::control::Modes;
use crate::control::Policy;
use crate::control::Protocol;

/// What a server does, for all of its connections.
#[derive(Clone)]
pub struct ServerConfig {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// What is offered. [`Modes::NONE`] sends clients away.
    pub modes: Modes,
    /// Rounds of key derivation: a power of two, at least 1024.
    pub rounds: NonZeroU32,
    /// How long a client may take to answer the greeting.
    pub set_up_wait: Duration,
    /// How long a client may be silent when no test is going on (RFC 5357's SERVWAIT).
    pub serv_wait: Duration,
    /// Where pass-phrases are looked up.
    pub keys: Arc<dyn KeyStore>,
    /// What is allowed.
    pub policy: Arc<dyn Policy>,
}

impl ServerConfig {
    /// A server that offers all that its protocol has, and waits as long as the documents say.
    pub fn new(protocol: Protocol, keys: Arc<dyn KeyStore>, policy: Arc<dyn Policy>) -> Self {
        let modes = Modes::OPEN.with(Modes::AUTHENTICATED).with(Modes::ENCRYPTED);
        Self {
            protocol,
            modes: match protocol {
                Protocol::Owamp => modes,
                Protocol::Twamp => modes.with(Modes::MIXED).with(Modes::SYMMETRICAL_SIZE),
            },
            rounds: const { NonZeroU32::new(2048).expect("not zero") },
            set_up_wait: Duration::from_secs(60),
            serv_wait: Duration::from_secs(900),
            keys,
            policy,
        }
    }
}

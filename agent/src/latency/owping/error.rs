//! Why there are no figures.

use std::io;
use std::net::SocketAddr;

use wattle_oneway::control::Accept;
use wattle_oneway::control::CommandError;
use wattle_oneway::control::ControlError;

use crate::latency::sessions::PassPhraseError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// What was typed makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The file of pass-phrases cannot be used.
    #[error(transparent)]
    PassPhrases(#[from] PassPhraseError),
    /// The name has no address.
    #[error("{host}: no such host: {error}")]
    Resolve {
        /// The name.
        host: String,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Nobody listens there.
    #[error("{address}: no {protocol}: {error}")]
    Connect {
        /// Where.
        address: SocketAddr,
        /// What was to be spoken.
        protocol: &'static str,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The server refused a session.
    #[error("{address}: the server refused the session {way}: {accept}")]
    Refused {
        /// The server.
        address: SocketAddr,
        /// Which session.
        way: &'static str,
        /// Its answer.
        accept: Accept,
    },
    /// The server does not begin.
    #[error("{address}: the server does not start the sessions: {accept}")]
    NotStarted {
        /// The server.
        address: SocketAddr,
        /// Its answer.
        accept: Accept,
    },
    /// The server received packets and does not say which.
    #[error("{address}: the server does not give its records: {accept}")]
    NotFetched {
        /// The server.
        address: SocketAddr,
        /// Its answer.
        accept: Accept,
    },
    /// The control connection ended.
    #[error("{address}: the control connection ended: {error}")]
    Control {
        /// The server.
        address: SocketAddr,
        /// Why.
        #[source]
        error: ControlError,
    },
    /// A command came when none is possible, as when the server speaks out of turn.
    #[error("{0}")]
    Command(#[from] CommandError),
    /// A socket failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The user had enough before there was anything to show.
    #[error("interrupted")]
    Interrupted,
}

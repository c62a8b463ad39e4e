use crate::Timestamp;
use crate::control::Accept;
use crate::control::ControlError;
use crate::control::FetchedSession;
use crate::control::Modes;
use crate::control::SessionRequest;
use crate::control::StopSessions;

/// What happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// The server takes commands.
    Ready {
        /// What was agreed.
        modes: Modes,
        /// When the server began to run.
        start_time: Timestamp,
    },
    /// A session was accepted: as it was asked for, with the server's port and, unless this side receives, its name.
    Accepted(SessionRequest),
    /// A session was refused.
    Refused(SessionRequest, Accept),
    /// Test packets may fly.
    Started,
    /// The server does not start the sessions.
    NotStarted(Accept),
    /// The server sends no more test packets, and tells what it sent (OWAMP only).
    Stopped(StopSessions),
    /// The records asked for.
    Fetched(Box<FetchedSession>),
    /// The server does not give the records.
    NotFetched(Accept),
    /// The connection is over.
    Closed(ControlError),
}

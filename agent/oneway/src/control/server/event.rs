use crate::control::Accept;
use crate::control::ControlError;
use crate::control::FetchSession;
use crate::control::KeyId;
use crate::control::Modes;
use crate::control::SentSession;
use crate::control::SessionRequest;

/// What happened on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The client has chosen a mode, and proved to know its key.
    Connected {
        /// What was agreed.
        modes: Modes,
        /// Whose key.
        key_id: Option<KeyId>,
    },
    /// A session is asked for that the policy allows. Answer with [`ControlServer::accept`](super::ControlServer::accept) or
    /// [`ControlServer::refuse`](super::ControlServer::refuse).
    Requested(SessionRequest),
    /// The policy refused a session.
    Refused(SessionRequest, Accept),
    /// All accepted sessions begin: test packets may fly.
    Started,
    /// The client stops. In OWAMP, what it says about the sessions it was sending; this side has to answer with
    /// [`ControlServer::stop`](super::ControlServer::stop) if it has not stopped yet.
    Stopped(Accept, Vec<SentSession>),
    /// Records are asked for. Answer with [`ControlServer::answer_fetch`](super::ControlServer::answer_fetch).
    FetchRequested(FetchSession),
    /// The connection is over, and so are its sessions.
    Closed(ControlError),
}
